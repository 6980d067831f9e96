import { pause } from "./pause.ts";

/** Whoever waited is told that it was stopped: what is left undone is no failure. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";

  constructor() {
    super("the dispatcher is stopping");
  }
}

/** What is done every now and then until it is stopped. */
export class Repeated {
  readonly #stop = new AbortController();

  /** Also stops when the signal aborts. */
  constructor(signal: AbortSignal) {
    signal.addEventListener("abort", () => this.stop(), { once: true });
    if (signal.aborted) this.stop();
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Does it every `ms` milliseconds, one after the other; a failure waits for the next time. */
  every(ms: number, work: () => Promise<void>): void {
    void (async () => {
      while (await pause(ms, this.#stop.signal)) await work().catch(() => undefined);
    })();
  }

  /** Waits; rejects with a `StoppedError` when it is stopped meanwhile. */
  async pause(ms: number): Promise<void> {
    if (!(await pause(ms, this.#stop.signal))) throw new StoppedError();
  }

  stop(): void {
    this.#stop.abort();
  }
}
