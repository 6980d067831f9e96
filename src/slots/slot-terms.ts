/**
 * The constants of the shared rate limit, in milliseconds. All replicas must reckon with the same
 * ones: whoever changes one changes `SLOT_VERSION` too.
 */
export interface SlotTerms {
  /**
   * How long a slot that was reserved ahead may be used at the least: its author says how long, up to
   * `mostValidityMs`. Each millisecond costs throughput, for all slots after it.
   */
  readonly validityMs: number;
  /** No longer than `atOnceMs`, on which the hold depends. */
  readonly mostValidityMs: number;
  /** How long a slot that is due at once may be used, so that an idle request can wait for its ack. */
  readonly atOnceMs: number;
  /** What a sliding second is kept longer: check → wire took up to 0.6 ms on a calm host, 20 once. */
  readonly marginMs: number;
  /** A slot that would start later than this after its record is void. */
  readonly leadMs: number;
  /**
   * How long after the start of a new time scale every slot of the old one is surely over, whatever
   * either scale said: the lead, the longest validity, and 101 ms for stamps that are floored and go
   * backwards.
   */
  readonly holdMs: number;
}

/** Version of what slot records mean. */
export const SLOT_VERSION = 1;

/** What version 1 reckons with: 20 a second become 19.51, or 17.70 where everybody is very late. */
export const SLOT_TERMS: SlotTerms = {
  validityMs: 15,
  mostValidityMs: 120,
  atOnceMs: 150,
  marginMs: 10,
  leadMs: 1500,
  holdMs: 1751,
};

/** For how long a limit counts that any record named, in time of the log. */
export const LIMIT_COUNTS_MS = 10_000;

/**
 * Silence of the log after which nothing that stands before it counts: slots are over, and so are
 * the limits that were named.
 */
export function silenceMs(terms: SlotTerms): number {
  return LIMIT_COUNTS_MS + terms.holdMs + 1000 + terms.marginMs;
}
