import type { AsyncJob } from "../../domain/call-end.ts";
import type { Operation } from "../../domain/operation.ts";
import type { ReadEnd, ReadTurns } from "../../domain/provider.ts";
import type { Asker, Send } from "../ask.ts";
import { GET_ASYNC_JOB, getAsyncJob, type JobReading, jobReadingOf } from "./async-job.ts";
import {
  LIST_EXECUTIONS,
  listExecutions,
  newestRoundOf,
  type Round,
} from "./instance-executions.ts";
import type { RunReading } from "./run-reading.ts";
import type { WedataAction, WedataRequest } from "./sdk.ts";
import {
  GET_TASK_INSTANCE,
  getTaskInstance,
  instanceReadingOf,
  scheduleInstanceReadingOf,
} from "./task-instance.ts";
import { GET_WORKFLOW_RUN, getWorkflowRun, workflowRunReadingOf } from "./workflow-run.ts";

/** The operations of WeData. */
export type WedataOperation = Extract<Operation, { readonly kind: `Tencent${string}` }>;

/** The actions of all reads. */
export const READS: readonly string[] = [
  GET_ASYNC_JOB,
  GET_TASK_INSTANCE,
  LIST_EXECUTIONS,
  GET_WORKFLOW_RUN,
];

/** What reading the targets of a call takes. */
export interface ReadParts {
  readonly operation: WedataOperation;
  readonly reads: WedataReads;
  readonly turns: ReadTurns;
}

/** Reads WeData, one thing at a time, each when it is its turn. */
export class WedataReads {
  readonly #asker: Asker;
  readonly #request: WedataRequest;

  constructor({ asker, request }: { readonly asker: Asker; readonly request: WedataRequest }) {
    this.#asker = asker;
    this.#request = request;
  }

  async job(job: AsyncJob, turns: ReadTurns): Promise<ReadEnd<JobReading>> {
    return this.#read(turns, getAsyncJob(job), jobReadingOf);
  }

  /** How the runs of a target stand, by the read that fits the operation. */
  async run(
    operation: WedataOperation,
    target: string,
    turns: ReadTurns,
  ): Promise<ReadEnd<RunReading>> {
    const { projectId } = operation;
    switch (operation.kind) {
      case "TencentRerunTaskInstances": {
        const action = getTaskInstance("2025-08-06", projectId, target);
        return this.#read(turns, action, instanceReadingOf);
      }
      case "TencentRerunScheduleInstances": {
        const action = getTaskInstance("2021-08-20", projectId, target);
        return this.#read(turns, action, scheduleInstanceReadingOf);
      }
      case "TencentRerunTriggerWorkflowRun":
        return this.#read(turns, getWorkflowRun(projectId, target), workflowRunReadingOf);
    }
  }

  /** The newest round of a task instance, by 2025-08-06. */
  async newestRound(projectId: string, target: string, turns: ReadTurns): Promise<ReadEnd<Round>> {
    return this.#read(turns, listExecutions(projectId, target), newestRoundOf);
  }

  async #read<T>(
    turns: ReadTurns,
    action: WedataAction,
    parse: (answer: unknown) => T | null,
  ): Promise<ReadEnd<T>> {
    const send: Send<unknown> = async (agent, keys) => this.#request(agent, keys, action);
    return this.#asker.read(turns, action.action, send, parse);
  }
}
