import type { OperationName } from "../domain/operation.ts";
import type { Traffic } from "../lanes/send-gate.ts";
import type { SlotLedger } from "./slot-ledger.ts";
import {
  DAY,
  type Limits,
  operationWindow,
  ownWindowsOf,
  type SlotUse,
  sharedWindowsOf,
} from "./slot-record.ts";
import { SLOT_TERMS } from "./slot-terms.ts";

export interface SlotUsesParts {
  readonly key: string;
  readonly ledger: Pick<SlotLedger, "schedule" | "time">;
  /** All operations of the connections that share the key. */
  readonly operations: readonly OperationName[];
  /** What this process lives by now, of every window; `read:` windows only of those that it reads. */
  readonly limits: () => Limits;
}

/** What the slots of one key may be used for: which operations may use each other's. */
export class SlotUses {
  readonly #parts: SlotUsesParts;

  constructor(parts: SlotUsesParts) {
    this.#parts = parts;
  }

  /** What this process lives by now, of every window. */
  limits(): Limits {
    return this.#parts.limits();
  }

  /** The use of a call's slot. Operations without a limit of their own share theirs. */
  of(operation: OperationName): SlotUse {
    const { operations } = this.#parts;
    const isOne = this.isLimited(operation) || !operations.includes(operation);
    const names = isOne ? [operation] : operations.filter((one) => !this.isLimited(one));
    return { traffic: "call", names };
  }

  /** Whether the operation has a limit of its own, here or by what another replica lives by. */
  isLimited(operation: OperationName): boolean {
    const { key, ledger, limits } = this.#parts;
    const window = operationWindow(operation);
    if (limits()[window] !== undefined) return true;
    const at = ledger.time()?.hi ?? -Infinity;
    return (ledger.schedule?.limitOf(key, window, at) ?? null) !== null;
  }

  /** Whether a second one in the same batch could be held back by a limit of its own. */
  isAlone({ traffic, names }: SlotUse): boolean {
    if (traffic === "read") return true;
    return names.some((name) => this.#parts.limits()[operationWindow(name)] !== undefined);
  }

  /** What this process lives by, of the windows that count a use. */
  limitsOf(use: SlotUse): Limits {
    const names = [...sharedWindowsOf(use), ...ownWindowsOf(use), DAY];
    const told = Object.entries(this.#parts.limits()).filter(([name]) => names.includes(name));
    return Object.fromEntries(told);
  }

  /** How far apart slots of the same traffic lie at the least, as this process knows. */
  gapMs(traffic: Traffic): number {
    return this.#gapOf(sharedWindowsOf({ traffic }));
  }

  /** How far apart slots of one use lie at the least, as this process knows. */
  ownGapMs(use: SlotUse): number {
    return this.#gapOf([...sharedWindowsOf(use), ...ownWindowsOf(use)]);
  }

  /**
   * How far ahead everybody's slots are reserved already: one that has a limit of its own stands behind
   * them, so that several are reserved when it is this pace that holds it up.
   */
  sharedAheadMs(use: SlotUse): number {
    const { key, ledger } = this.#parts;
    const now = ledger.time()?.hi ?? -Infinity;
    const { sharedStart = now } = ledger.schedule?.project(key, use, now) ?? {};
    return this.isAlone(use) ? sharedStart - now : 0;
  }

  #gapOf(windows: readonly string[]): number {
    const limits = this.#parts.limits();
    const perSecond = Math.min(...windows.map((window) => limits[window] ?? Infinity));
    const { marginMs, validityMs } = SLOT_TERMS;
    return perSecond === Infinity ? 0 : (1000 + marginMs + validityMs) / perSecond;
  }
}
