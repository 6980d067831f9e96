import type { AccessTrouble } from "../../domain/access.ts";
import type { CallEnd } from "../../domain/call-end.ts";
import type { Doubt, Evidence, TargetFinding } from "../../domain/evidence.ts";
import type { Following, Progress } from "../../domain/following.ts";
import type { DmsRerunTaskFlowInstance, OperationName } from "../../domain/operation.ts";
import type { Provider, ReadTurns, RerunCall, WireTerms } from "../../domain/provider.ts";
import { AlibabaProduct } from "../alibaba-product.ts";
import type { AlibabaSdk } from "../alibaba-sdk.ts";
import type { Asker } from "../ask.ts";
import { judgeRun, readMarks } from "./evidence.ts";
import { followRun } from "./follow.ts";
import { endOfAnswer, reRunTaskFlowInstance } from "./rerun-task-flow-instance.ts";
import { LIST_TASK_FLOW_INSTANCE, listTaskFlowInstance } from "./task-flow-instance.ts";

export interface AlibabaDmsOptions {
  readonly asker: Asker;
  readonly sdk: AlibabaSdk;
  /** Milliseconds since the epoch: tells among which days' records to look. */
  readonly now?: () => number;
}

/** Alibaba DMS: ReRunTaskFlowInstance, which answers at once. */
export class AlibabaDms implements Provider {
  readonly kind = "alibaba-dms";
  readonly operations: readonly OperationName[] = ["DmsRerunTaskFlowInstance"];
  readonly reads = [LIST_TASK_FLOW_INSTANCE];
  readonly accessRead = LIST_TASK_FLOW_INSTANCE;
  readonly #product: AlibabaProduct;
  readonly #now: () => number;

  constructor({ asker, sdk, now = Date.now }: AlibabaDmsOptions) {
    this.#product = new AlibabaProduct({ asker, sdk, version: "2018-11-01" });
    this.#now = now;
  }

  /** Every operation that makes sense can be sent. */
  objection(): null {
    return null;
  }

  async rerun(call: RerunCall, terms: WireTerms): Promise<CallEnd> {
    const action = reRunTaskFlowInstance(operationOf(call));
    const { claimId, targets } = call;
    return this.#product.rerun(claimId, action, terms, (answer) => endOfAnswer(answer, targets));
  }

  /** The call starts no job: only its run can be followed. */
  async follow(following: Following, turns: ReadTurns): Promise<Progress> {
    const operation = operationOf(following.call);
    return followRun(this.#product, { following, operation }, turns);
  }

  /** The instance itself shows that it runs again, if DMS runs it under the same id. */
  leavesTraces(): boolean {
    return true;
  }

  async readBefore(call: RerunCall, turns: ReadTurns): Promise<Evidence> {
    const wanted = { operation: operationOf(call), atMs: this.#now() };
    return readMarks(this.#product, wanted, turns);
  }

  async judge(doubt: Doubt, turns: ReadTurns): Promise<readonly TargetFinding[]> {
    const operation = operationOf(doubt.call);
    const calledAt = this.#now() - doubt.writtenAgoMs;
    return judgeRun(this.#product, { doubt, operation, calledAt }, turns);
  }

  async checkAccess(terms: WireTerms): Promise<AccessTrouble | null> {
    const nobodys = { dagId: "1", tenantId: null };
    return this.#product.accessTrouble(listTaskFlowInstance(nobodys, null, 1), terms);
  }
}

function operationOf({ operation }: RerunCall): DmsRerunTaskFlowInstance {
  if (operation.kind === "DmsRerunTaskFlowInstance") return operation;
  throw new Error(`alibaba-dms cannot call ${operation.kind}`);
}
