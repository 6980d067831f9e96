import type { BreakerConfig } from "../config/config.ts";

/** Whether calls go: all of them, none, or a single one that is to find out. */
export type BreakerState = "closed" | "open" | "probing";

/** So many times `openFor` lie between two probes at the most. */
const MOST_TIMES_LONGER = 8;

/** How a call failed. */
export interface FailedCall {
  readonly wasProbe: boolean;
  /** It may have run. */
  readonly isUnclear: boolean;
}

/**
 * Keeps calls from a provider that fails, and finds out with single ones whether it is back.
 *
 * ```
 * closed ──so many failures in a row──▶ open ──openFor──▶ sounding ──said anything──▶ probing
 *   ▲                                    ▲                   │                         │  │
 *   │                                    ├──── silent ───────┘                         │  │
 *   │                                    └──── failed ─────────────────────────────────┘  │
 *   └───────────────────── answered ──────────────────────────────────────────────────────┘
 * ```
 *
 * A call that ends in silence may have run and is not repeated, so something harmless is asked before
 * a call is risked, and the next one is risked later after each that ended without a clear answer.
 *
 * Any answer to a call closes it, also one to a call from before it opened. Whether a probe is on its
 * way is known by the one who makes the calls (`Hold`).
 */
export class Breaker {
  readonly #config: BreakerConfig | null;
  readonly #now: () => number;
  #failures = 0;
  #isOpen = false;
  #message = "";
  /** What the last sounding met; null: it was answered, or there was none. */
  #silence: string | null = null;
  #isSounded = false;
  #unclearProbes = 0;
  #probeAt = 0;

  /** Null: it never opens. `now` gives monotonic milliseconds. */
  constructor(config: BreakerConfig | null, now: () => number) {
    this.#config = config;
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Monotonic instant from which a probe may go; 0 when closed. */
  get probeAt(): number {
    return this.#isOpen ? this.#probeAt : 0;
  }

  /** Whether something harmless has to be asked before a call may probe. */
  get soundsFirst(): boolean {
    return this.#isOpen && !this.#isSounded;
  }

  /** How it came to open and what went wrong last, for people. */
  get message(): string {
    const silence = this.#silence === null ? "" : `; nor was a read answered: ${this.#silence}`;
    return `${this.#failures} calls in a row failed, the last one: ${this.#message}${silence}`;
  }

  /** A call found nobody, or (`isUnclear`) got no answer that tells anything: it may have run. */
  failed(message: string, { wasProbe, isUnclear }: FailedCall): void {
    this.#failures += 1;
    this.#message = message;
    if (this.#config === null) return;
    // What was called before it opened may end late, and must not put off the probe.
    if (this.#isOpen && !wasProbe) return;
    if (!this.#isOpen && this.#failures < this.#config.failures) return;
    if (this.#isOpen && isUnclear) this.#unclearProbes += 1;
    this.#isOpen = true;
    this.wait();
  }

  /** The provider said something, whatever it was. */
  answered(): void {
    this.#failures = 0;
    this.#isOpen = false;
    this.#unclearProbes = 0;
    this.#silence = null;
  }

  /** Something harmless was asked; `silence`: what was wrong when nothing was said. */
  sounded(silence: string | null): void {
    // An answer to an older call came first.
    if (!this.#isOpen) return;
    this.#silence = silence;
    if (silence === null) this.#isSounded = true;
    else this.wait();
  }

  /** A probe told nothing: the next one is due as after any other. */
  wait(): void {
    const factor = Math.min(MOST_TIMES_LONGER, 2 ** this.#unclearProbes);
    this.#probeAt = this.#now() + factor * (this.#config?.openForMs ?? 0);
    this.#isSounded = false;
  }
}
