const REDACTED = "[redacted]";

/**
 * A credential that cannot be printed by accident: logs, JSON, templates and inspection show
 * `[redacted]`. `reveal()` is its one exit.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The credential itself. Hand it straight to the library that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
