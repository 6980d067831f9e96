import { setMaxListeners } from "node:events";
import type { Evidence } from "../domain/evidence.ts";

/** One reading before a call, under way or ended. */
export class Reading {
  /** Resolves when it has ended, called off or not; rejects only on a bug. */
  readonly ended: Promise<void>;
  /** Monotonic milliseconds; `Infinity` while it is under way. */
  endedAt = Infinity;
  /** Null while it is under way. */
  evidence: Evidence | null = null;
  readonly #abort = new AbortController();

  constructor(read: (signal: AbortSignal) => Promise<Evidence>, now: () => number) {
    // Each of its reads listens to it, and a request may have hundreds of targets.
    setMaxListeners(0, this.#abort.signal);
    this.ended = read(this.#abort.signal).then((evidence) => {
      this.evidence = evidence;
      this.endedAt = now();
    });
  }

  /** Nobody wants it any more. */
  callOff(): void {
    this.#abort.abort();
  }
}
