import type { AccessTrouble } from "../../domain/access.ts";
import type { CallEnd } from "../../domain/call-end.ts";
import type { Doubt, Evidence, TargetFinding } from "../../domain/evidence.ts";
import type { Following, Progress } from "../../domain/following.ts";
import type { OperationName } from "../../domain/operation.ts";
import type { Provider, ReadTurns, RerunCall, WireTerms } from "../../domain/provider.ts";
import { AlibabaProduct } from "../alibaba-product.ts";
import type { AlibabaSdk } from "../alibaba-sdk.ts";
import type { Asker } from "../ask.ts";
import { judgeRuns, readMarks } from "./evidence.ts";
import { followRuns } from "./follow.ts";
import { LIST_OPERATION_LOGS } from "./operation-logs.ts";
import { endOfAnswer, rerunTaskInstances } from "./rerun-task-instances.ts";
import { GET_TASK_INSTANCE, getTaskInstance, LIST_TASK_INSTANCES } from "./task-instance.ts";

export interface AlibabaDataWorksOptions {
  readonly asker: Asker;
  readonly sdk: AlibabaSdk;
  /** Milliseconds since the epoch: tells on which day an operation log begins. */
  readonly now?: () => number;
}

/** Alibaba DataWorks: RerunTaskInstances, which answers at once for every instance. */
export class AlibabaDataWorks implements Provider {
  readonly kind = "alibaba-dataworks";
  readonly operations: readonly OperationName[] = ["DataWorksRerunTaskInstances"];
  readonly reads = [GET_TASK_INSTANCE, LIST_TASK_INSTANCES, LIST_OPERATION_LOGS];
  readonly accessRead = GET_TASK_INSTANCE;
  readonly #product: AlibabaProduct;
  readonly #now: () => number;

  constructor({ asker, sdk, now = Date.now }: AlibabaDataWorksOptions) {
    this.#product = new AlibabaProduct({ asker, sdk, version: "2024-05-18" });
    this.#now = now;
  }

  /** Every operation that makes sense can be sent. */
  objection(): null {
    return null;
  }

  async rerun({ claimId, operation, targets }: RerunCall, terms: WireTerms): Promise<CallEnd> {
    if (operation.kind !== "DataWorksRerunTaskInstances") {
      throw new Error(`${this.kind} cannot call ${operation.kind}`);
    }
    const action = rerunTaskInstances(operation);
    return this.#product.rerun(claimId, action, terms, (answer) => endOfAnswer(answer, targets));
  }

  /** The call starts no job: only its runs can be followed. */
  async follow(following: Following, turns: ReadTurns): Promise<Progress> {
    return followRuns(this.#product, following, turns);
  }

  /** Every instance that runs is named in the call, and counts its runs. */
  leavesTraces(): boolean {
    return true;
  }

  async readBefore(call: RerunCall, turns: ReadTurns): Promise<Evidence> {
    return readMarks(this.#product, call, turns);
  }

  async judge(doubt: Doubt, turns: ReadTurns): Promise<readonly TargetFinding[]> {
    return judgeRuns(doubt, { product: this.#product, turns, now: this.#now });
  }

  async checkAccess(terms: WireTerms): Promise<AccessTrouble | null> {
    return this.#product.accessTrouble(getTaskInstance("1"), terms);
  }
}
