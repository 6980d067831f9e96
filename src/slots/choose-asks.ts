import type { SureTime } from "./broker-clock.ts";
import type { OwnSlots } from "./own-slots.ts";
import { nextWant, type Want } from "./slot-demand.ts";
import type { SlotAsk } from "./slot-ledger.ts";
import { TOTAL } from "./slot-record.ts";
import type { SlotSchedule } from "./slot-schedule.ts";
import { SLOT_TERMS } from "./slot-terms.ts";
import type { SlotUses } from "./slot-uses.ts";

export interface AskingParts {
  readonly key: string;
  readonly wants: readonly Want[];
  readonly slots: OwnSlots;
  readonly uses: SlotUses;
  readonly schedule: SlotSchedule;
  readonly time: SureTime;
  /** How long the slots should be valid. */
  readonly validityMs: number;
  /** Monotonic milliseconds. */
  readonly now: number;
}

/** What is asked for in one go, noted as asked, and when more of what is wanted can be asked for. */
export interface Asking {
  readonly asks: readonly SlotAsk[];
  readonly waitMs: number;
}

/** Slots are asked for when they start within so long. */
const HORIZON_MS = 1200;

/** Asks for all that is wanted and would be granted soon. Uses up the wants. */
export function chooseAsks(parts: AskingParts): Asking {
  const { key, wants, slots, uses, schedule, time, validityMs, now } = parts;
  const isShared = uses.limits()[TOTAL] !== undefined;
  const asks: SlotAsk[] = [];
  let waitMs = Infinity;
  for (;;) {
    const want = nextWant(wants, slots.having, isShared);
    if (want === undefined) return { asks, waitMs };
    const { use } = want;
    const { start, sharedStart, isGranted } = schedule.project(key, use, time.hi);
    // Where those that are asked for with it will stand is not known before they are read back.
    const ahead = start + asks.length * uses.gapMs(use.traffic);
    if (isGranted && ahead <= time.hi + HORIZON_MS) {
      const id = slots.ask(use, validityMs, now);
      asks.push({ ...use, id, limits: uses.limitsOf(use), validityMs });
      want.count = uses.isAlone(use) ? 0 : want.count - 1;
    } else {
      const heldBackMs = start - SLOT_TERMS.validityMs - sharedStart;
      waitMs = Math.min(waitMs, Math.max(ahead - time.hi - HORIZON_MS, heldBackMs, 1));
      want.count = 0;
    }
  }
}
