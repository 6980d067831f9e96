import { setMaxListeners } from "node:events";

/** Waiting until the journal shows something about a request. */
export class EntryWaits {
  readonly #signal: AbortSignal;
  readonly #checks = new Map<string, Set<() => void>>();

  /** Ends all waiting when the signal aborts. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    // Whoever waits listens, and any number may.
    setMaxListeners(0, signal);
  }

  /**
   * Resolves when `holds` does; it is asked now and whenever the request moved. Rejects with the
   * signal's reason when that aborts first.
   */
  async until(key: string, holds: () => boolean): Promise<void> {
    if (holds()) return;
    let check: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      check = () => {
        if (holds()) resolve();
      };
    });
    const checks = this.#checks.get(key) ?? new Set();
    this.#checks.set(key, checks.add(check));
    try {
      await this.unlessEnded(held);
    } finally {
      checks.delete(check);
      if (checks.size === 0 && this.#checks.get(key) === checks) this.#checks.delete(key);
    }
  }

  /** The request's state changed. */
  moved(key: string): void {
    for (const check of this.#checks.get(key) ?? []) check();
  }

  /** What `work` gives, or a rejection with the signal's reason. */
  async unlessEnded<T>(work: Promise<T>): Promise<T> {
    const signal = this.#signal;
    signal.throwIfAborted();
    return new Promise<T>((resolve, reject) => {
      const end = () => reject(signal.reason as Error); // whoever aborts gives an Error
      signal.addEventListener("abort", end, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
    });
  }
}
