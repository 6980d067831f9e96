const KEPT = 32;
const LEAST_MS = 60;
const MOST_MS = 800;
const SPARE_MS = 20;
const LATE_SHARE = 0.9;

/**
 * How long before its slot a call has to be begun: claiming and connecting take time, and a slot
 * whose call is not at the gate is lost.
 */
export class LeadTime {
  #tookMs: number[] = [];

  /** A call needed so long from its ticket to the gate. */
  took(ms: number): void {
    this.#tookMs.push(ms);
    if (this.#tookMs.length > KEPT) this.#tookMs.shift();
  }

  /** What nine in ten of the last calls needed, and a little more. */
  get ms(): number {
    const sorted = this.#tookMs.toSorted((a, b) => a - b);
    const most = sorted[Math.ceil(sorted.length * LATE_SHARE) - 1] ?? 0;
    return Math.min(MOST_MS, Math.max(LEAST_MS, most + SPARE_MS));
  }
}
