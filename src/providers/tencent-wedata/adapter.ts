import { type AccessTrouble, accessTroubleOf } from "../../domain/access.ts";
import type { CallEnd, FailedEnd } from "../../domain/call-end.ts";
import type { Doubt, Evidence, TargetFinding } from "../../domain/evidence.ts";
import { endsInOrder, type Following, openTargets, type Progress } from "../../domain/following.ts";
import type { Operation, OperationName } from "../../domain/operation.ts";
import type { Provider, ReadTurns, RerunCall, WireTerms } from "../../domain/provider.ts";
import type { Asker } from "../ask.ts";
import { endOfStart, GET_ASYNC_JOB, getAsyncJob } from "./async-job.ts";
import { judgeTargets, readMarks, runsItsTargets } from "./evidence.ts";
import { followJob } from "./follow-job.ts";
import { followRuns } from "./follow-runs.ts";
import { READS, type WedataOperation, WedataReads } from "./reads.ts";
import { endOfBatch, rerunScheduleInstances } from "./rerun-schedule-instances.ts";
import { rerunTaskInstances } from "./rerun-task-instances.ts";
import { rerunTriggerWorkflowRun } from "./rerun-trigger-workflow-run.ts";
import type { WedataAction, WedataRequest } from "./sdk.ts";
import { succeeded, taken } from "./taken.ts";

export interface TencentWedataOptions {
  readonly asker: Asker;
  readonly request: WedataRequest;
  /** Milliseconds since the epoch; the system's clock unless given. */
  readonly now?: () => number;
}

/** Tencent WeData: the reruns of both API versions, the jobs that they start, and their evidence. */
export class TencentWedata implements Provider {
  readonly kind = "tencent-wedata";
  readonly operations: readonly OperationName[] = [
    "TencentRerunTaskInstances",
    "TencentRerunScheduleInstances",
    "TencentRerunTriggerWorkflowRun",
  ];
  readonly reads = READS;
  readonly accessRead = GET_ASYNC_JOB;
  readonly #asker: Asker;
  readonly #request: WedataRequest;
  readonly #now: () => number;
  readonly #reads: WedataReads;

  constructor(options: TencentWedataOptions) {
    this.#asker = options.asker;
    this.#request = options.request;
    this.#now = options.now ?? Date.now;
    this.#reads = new WedataReads(options);
  }

  objection(operation: Operation): string | null {
    const action = actionOf(wedataOperation(operation));
    return typeof action === "string" ? action : null;
  }

  async rerun(call: RerunCall, terms: WireTerms): Promise<CallEnd> {
    const operation = operationOf(call);
    const action = actionOf(operation);
    if (typeof action === "string") return notSent(action);
    const asked = await this.#asker.ask(terms, async (agent, keys) =>
      this.#request(agent, keys, action),
    );
    if (asked.kind === "failed") return asked.end;
    return operation.kind === "TencentRerunScheduleInstances"
      ? endOfBatch(asked.value, call.targets, operation.rerunScope)
      : endOfStart(asked.value, operation.projectId);
  }

  async follow(following: Following, turns: ReadTurns): Promise<Progress> {
    const { call, job, until, ended } = following;
    const operation = operationOf(call);
    const parts = { operation, reads: this.#reads, turns };
    if (job !== null) return followJob(following, job, parts, this.#now());
    if (until === "submitted" || !runsItsTargets(operation)) {
      const ends = [...ended, ...openTargets(following).map(succeeded)];
      return taken(following, operation, endsInOrder(call.targets, ends), "answer");
    }
    return followRuns(following, parts);
  }

  leavesTraces(call: RerunCall): boolean {
    return runsItsTargets(operationOf(call));
  }

  async readBefore(call: RerunCall, turns: ReadTurns): Promise<Evidence> {
    return readMarks(call.targets, { operation: operationOf(call), reads: this.#reads, turns });
  }

  async judge(doubt: Doubt, turns: ReadTurns): Promise<readonly TargetFinding[]> {
    return judgeTargets(doubt, { operation: operationOf(doubt.call), reads: this.#reads, turns });
  }

  async checkAccess(terms: WireTerms): Promise<AccessTrouble | null> {
    const nobodys = getAsyncJob({ jobId: "access-check", scope: { projectId: "0" } });
    const asked = await this.#asker.ask(terms, async (agent, keys) =>
      this.#request(agent, keys, nobodys),
    );
    return asked.kind === "answered" ? null : accessTroubleOf(asked.end);
  }
}

/** The call's operation, which is WeData's, or a bug. */
function operationOf({ operation }: RerunCall): WedataOperation {
  return wedataOperation(operation);
}

function wedataOperation(operation: Operation): WedataOperation {
  switch (operation.kind) {
    case "TencentRerunTaskInstances":
    case "TencentRerunScheduleInstances":
    case "TencentRerunTriggerWorkflowRun":
      return operation;
    default:
      throw new Error(`tencent-wedata cannot call ${operation.kind}`);
  }
}

/** What is sent for an operation; a text says why it cannot be sent. */
function actionOf(operation: WedataOperation): WedataAction | string {
  switch (operation.kind) {
    case "TencentRerunTaskInstances":
      return rerunTaskInstances(operation);
    case "TencentRerunScheduleInstances":
      return rerunScheduleInstances(operation);
    case "TencentRerunTriggerWorkflowRun":
      return rerunTriggerWorkflowRun(operation);
  }
}

function notSent(why: string): FailedEnd {
  const trace = { providerRequestId: null, providerErrorCode: null };
  return { kind: "refused", notPermitted: false, message: `nothing was sent: ${why}`, ...trace };
}
