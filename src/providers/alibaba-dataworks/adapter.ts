import type { Agent } from "node:http";
import { accessProblemOf } from "../../domain/access.ts";
import type { AsyncJob, CallEnd, JobReading } from "../../domain/call-end.ts";
import type { OperationName } from "../../domain/operation.ts";
import type { Provider, RerunCall, Wire, WireTerms } from "../../domain/provider.ts";
import { endOfFailure } from "../alibaba-failure.ts";
import { AlibabaSdk, type AlibabaSdkOptions } from "../alibaba-sdk.ts";
import { endOfAnswer, formOf } from "./rerun-task-instances.ts";

const VERSION = "2024-05-18";

/** Alibaba DataWorks: RerunTaskInstances, which answers at once for every instance. */
export class AlibabaDataWorks implements Provider {
  readonly kind = "alibaba-dataworks";
  readonly operations: readonly OperationName[] = ["DataWorksRerunTaskInstances"];
  readonly reads: readonly string[] = [];
  readonly #wire: Wire<Agent>;
  readonly #sdk: AlibabaSdk;

  private constructor(wire: Wire<Agent>, sdk: AlibabaSdk) {
    this.#wire = wire;
    this.#sdk = sdk;
  }

  /** Rejects when the vendor's client would not send through the wire. */
  static async open(
    options: AlibabaSdkOptions & { readonly wire: Wire<Agent> },
  ): Promise<AlibabaDataWorks> {
    return new AlibabaDataWorks(options.wire, await AlibabaSdk.open(options));
  }

  async rerun(call: RerunCall, terms: WireTerms): Promise<CallEnd> {
    const { operation } = call;
    if (operation.kind !== "DataWorksRerunTaskInstances") {
      throw new Error(`alibaba-dataworks cannot call ${operation.kind}`);
    }
    const carried = await this.#wire.carry(terms, async (agent) =>
      this.#sdk.request(agent, {
        action: "RerunTaskInstances",
        version: VERSION,
        method: "POST",
        form: formOf(operation),
      }),
    );
    return carried.kind === "failed"
      ? endOfFailure(carried)
      : endOfAnswer(carried.value, call.targets);
  }

  /** DataWorks starts no jobs, so there is none to read. */
  async readJob(job: AsyncJob): Promise<JobReading> {
    return Promise.reject(new Error(`alibaba-dataworks starts no jobs, asked for ${job.jobId}`));
  }

  async checkAccess(terms: WireTerms): Promise<string | null> {
    const carried = await this.#wire.carry(terms, async (agent) =>
      this.#sdk.request(agent, {
        action: "GetTaskInstance",
        version: VERSION,
        method: "GET",
        query: { Id: "1" },
      }),
    );
    return carried.kind === "returned" ? null : accessProblemOf(endOfFailure(carried));
  }
}
