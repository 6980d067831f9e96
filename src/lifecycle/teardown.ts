/**
 * Remembers what was opened and how it is closed.
 *
 * Whoever opens something defers its close in the same breath. `close` works newest first, each
 * once, all of them even if one fails, and then throws one `AggregateError` of what failed.
 */
export class Teardown {
  readonly #closers: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];

  defer(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close });
  }

  async close(): Promise<void> {
    const failures: Error[] = [];
    for (let next = this.#closers.pop(); next !== undefined; next = this.#closers.pop()) {
      try {
        await next.close();
      } catch (cause) {
        failures.push(new Error(`closing ${next.name} failed`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "not everything could be closed");
  }
}
