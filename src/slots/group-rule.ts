import type { RulingLimit } from "../lanes/adaptive-limit.ts";
import type { SlotLedger } from "./slot-ledger.ts";
import { CALLS } from "./slot-record.ts";

export interface GroupRuleParts {
  readonly key: string;
  readonly ledger: Pick<SlotLedger, "schedule" | "time">;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** What the log says of one key for everybody: the limit that rules, and a pause of the provider. */
export class GroupRule {
  readonly #parts: GroupRuleParts;
  #seen = Infinity;
  #fellAt = -Infinity;

  constructor(parts: GroupRuleParts) {
    this.#parts = parts;
  }

  /** The limit of all calls; `Infinity` while it is not known. */
  get limit(): RulingLimit {
    return { perSecond: this.#perSecond(), fellAt: this.#fellAt };
  }

  /** Instant in the brokers' time before which nothing may leave. */
  get pausedUntil(): number {
    const { key, ledger } = this.#parts;
    return ledger.schedule?.pausedUntil(key) ?? -Infinity;
  }

  /** The log was read on. */
  changed(): void {
    const perSecond = this.#perSecond();
    if (perSecond < this.#seen && this.#seen !== Infinity) this.#fellAt = this.#parts.now();
    this.#seen = perSecond;
  }

  #perSecond(): number {
    const { key, ledger } = this.#parts;
    const time = ledger.time();
    if (time === null) return Infinity;
    return ledger.schedule?.limitOf(key, CALLS, time.hi) ?? Infinity;
  }
}
