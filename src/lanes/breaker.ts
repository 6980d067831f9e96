import type { BreakerConfig } from "../config/config.ts";

/** Whether calls go: all of them, none, or a single one that is to find out. */
export type BreakerState = "closed" | "open" | "probing";

/**
 * Keeps calls from a provider that fails, and finds out with single ones whether it is back.
 *
 * ```
 * closed ──so many failures in a row──▶ open ──openFor──▶ probing
 *   ▲                                    ▲                 │  │
 *   │                                    └──── failed ─────┘  │
 *   └───────────────────── answered ──────────────────────────┘
 * ```
 *
 * Any answer closes it, also one to a call from before it opened. Whether a probe is on its way is
 * known by the one who makes the calls (`Hold`).
 */
export class Breaker {
  readonly #config: BreakerConfig | null;
  readonly #now: () => number;
  #failures = 0;
  #isOpen = false;
  #message = "";
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

  /** How it came to open and what went wrong last, for people. */
  get message(): string {
    return `${this.#failures} calls in a row failed, the last one: ${this.#message}`;
  }

  /** A call found nobody, or got no answer that tells anything. */
  failed(message: string, wasProbe: boolean): void {
    this.#failures += 1;
    this.#message = message;
    if (this.#config === null) return;
    // What was called before it opened may end late, and must not put off the probe.
    if (this.#isOpen && !wasProbe) return;
    if (!this.#isOpen && this.#failures < this.#config.failures) return;
    this.#isOpen = true;
    this.wait();
  }

  /** The provider said something, whatever it was. */
  answered(): void {
    this.#failures = 0;
    this.#isOpen = false;
  }

  /** A probe told nothing: the next one is due as after any other. */
  wait(): void {
    this.#probeAt = this.#now() + (this.#config?.openForMs ?? 0);
  }
}
