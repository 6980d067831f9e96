/** The time of the brokers, between two bounds. */
export interface SureTime {
  readonly lo: number;
  readonly hi: number;
}

/** What one exchange with the brokers told: they stamped something between two own instants. */
export interface ClockSample {
  /** Own monotonic milliseconds. */
  readonly sentAt: number;
  readonly receivedAt: number;
  /** Time of the brokers, in whole milliseconds. */
  readonly stamp: number;
}

interface Bound {
  readonly at: number;
  /** Brokers' time minus own time, at least and at the most. */
  readonly lo: number;
  readonly hi: number;
}

/** Two clocks drift apart by so much at the most. */
const DRIFT = 200 / 1_000_000;
/** Samples are put together for so long; the newest is kept however old it is. */
const KEPT_MS = 10_000;
/** A sample that lies further outside shows that a clock was set; less is covered by the margin. */
const STEP_MS = 5;

/**
 * Knows what time it is for the brokers, from exchanges with them and the own monotonic clock.
 *
 * No clocks need to agree: what is not known makes the own slots narrower and nothing else.
 */
export class BrokerClock {
  /** By when they came; none that a later one makes superfluous. */
  #bounds: Bound[] = [];
  #firstAt: number | null = null;

  /** Takes a sample; `step`: the brokers' clock was set, and what was known before is forgotten. */
  note({ sentAt, receivedAt, stamp }: ClockSample): "fits" | "step" {
    const sample = { at: receivedAt, lo: stamp - receivedAt, hi: stamp + 1 - sentAt };
    const known = this.#boundsAt(receivedAt);
    if (known !== null && (sample.lo > known.hi + STEP_MS || sample.hi < known.lo - STEP_MS)) {
      this.forget();
      this.#add(sample);
      return "step";
    }
    const isApart = known !== null && (sample.lo > known.hi || sample.hi < known.lo);
    if (isApart) this.#bounds = [];
    this.#add(sample);
    return "fits";
  }

  /** When it is for the brokers at the own instant `now`; null: nothing is known. */
  at(now: number): SureTime | null {
    const bounds = this.#boundsAt(now);
    return bounds === null ? null : { lo: now + bounds.lo, hi: now + bounds.hi };
  }

  /** When the first sample of this time scale came; null: none did. */
  get firstAt(): number | null {
    return this.#firstAt;
  }

  /** When the last sample came; null: none did. */
  get lastAt(): number | null {
    return this.#bounds.at(-1)?.at ?? null;
  }

  /** A new time scale: nothing is known of it. */
  forget(): void {
    this.#bounds = [];
    this.#firstAt = null;
  }

  #add(bound: Bound): void {
    this.#firstAt ??= bound.at;
    const oldest = bound.at - KEPT_MS;
    this.#bounds = this.#bounds.filter((one) => one.at >= oldest && !isNoBetter(one, bound));
    this.#bounds.push(bound);
  }

  #boundsAt(now: number): { readonly lo: number; readonly hi: number } | null {
    const newest = this.#bounds.at(-1);
    if (newest === undefined) return null;
    let [lo, hi] = [-Infinity, Infinity];
    for (const bound of this.#bounds) {
      const drift = Math.abs(now - bound.at) * DRIFT;
      lo = Math.max(lo, bound.lo - drift);
      hi = Math.min(hi, bound.hi + drift);
    }
    if (lo <= hi) return { lo, hi };
    // They contradict each other by a little: the newest one is right.
    const drift = Math.abs(now - newest.at) * DRIFT;
    return { lo: newest.lo - drift, hi: newest.hi + drift };
  }
}

/** Whether an earlier bound says nothing that the later one does not say, from then on. */
function isNoBetter(earlier: Bound, later: Bound): boolean {
  const drift = (later.at - earlier.at) * DRIFT;
  return drift >= 0 && earlier.lo - drift <= later.lo && earlier.hi + drift >= later.hi;
}
