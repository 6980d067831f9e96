import type { Agent } from "node:http";
import { accessProblemOf } from "../../domain/access.ts";
import type { AsyncJob, CallEnd, JobReading } from "../../domain/call-end.ts";
import type { OperationName } from "../../domain/operation.ts";
import type { Provider, RerunCall, Wire, WireTerms } from "../../domain/provider.ts";
import { GET_ASYNC_JOB, parametersOfJob, readingOf } from "./async-job.ts";
import { endOfFailure } from "./failure.ts";
import { endOfAnswer, parametersOf, RERUN_TASK_INSTANCES } from "./rerun-task-instances.ts";
import { openWedata, type WedataOptions, type WedataRequest } from "./sdk.ts";

/** Tencent WeData: RerunTaskInstancesAsync and the job that it starts. */
export class TencentWedata implements Provider {
  readonly kind = "tencent-wedata";
  readonly operations: readonly OperationName[] = ["TencentRerunTaskInstances"];
  readonly reads: readonly string[] = [GET_ASYNC_JOB];
  readonly #wire: Wire<Agent>;
  readonly #request: WedataRequest;

  constructor(options: WedataOptions & { readonly wire: Wire<Agent> }) {
    this.#wire = options.wire;
    this.#request = openWedata(options);
  }

  async rerun(call: RerunCall, terms: WireTerms): Promise<CallEnd> {
    const { operation } = call;
    if (operation.kind !== "TencentRerunTaskInstances") {
      throw new Error(`tencent-wedata cannot call ${operation.kind}`);
    }
    const carried = await this.#wire.carry(terms, async (agent) =>
      this.#request(agent, RERUN_TASK_INSTANCES, parametersOf(operation)),
    );
    return carried.kind === "failed"
      ? endOfFailure(carried)
      : endOfAnswer(carried.value, operation);
  }

  async readJob(job: AsyncJob, call: RerunCall, terms: WireTerms): Promise<JobReading> {
    const carried = await this.#wire.carry(terms, async (agent) =>
      this.#request(agent, GET_ASYNC_JOB, parametersOfJob(job)),
    );
    if (carried.kind === "returned") return readingOf(carried.value, call.targets);
    const { kind, message } = { message: "", ...endOfFailure(carried) };
    return { kind: "unreadable", result: kind, message };
  }

  async checkAccess(terms: WireTerms): Promise<string | null> {
    const nobodys = { jobId: "access-check", scope: { projectId: "0" } };
    const carried = await this.#wire.carry(terms, async (agent) =>
      this.#request(agent, GET_ASYNC_JOB, parametersOfJob(nobodys)),
    );
    return carried.kind === "returned" ? null : accessProblemOf(endOfFailure(carried));
  }
}
