import { LastNeeds } from "./last-needs.ts";

const LEAST_MS = 60;
const MOST_MS = 800;
const SPARE_MS = 20;
const KEPT = 64;
const SHARE = 0.98;

/**
 * How long before its slot a call has to be begun: claiming and connecting take time, and a slot
 * whose call is not at the gate is lost.
 */
export class LeadTime {
  readonly #needs = new LastNeeds(KEPT);

  /** A call needed so long from its ticket to the gate. */
  took(ms: number): void {
    this.#needs.note(ms);
  }

  /** What all but one of the last 64 calls needed, and a little more. */
  get ms(): number {
    const { sorted } = this.#needs;
    const most = sorted[Math.ceil(sorted.length * SHARE) - 1] ?? 0;
    return Math.min(MOST_MS, Math.max(LEAST_MS, most + SPARE_MS));
  }
}
