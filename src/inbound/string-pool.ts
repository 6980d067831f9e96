/** How many different strings are kept before the pool starts anew. */
const DEFAULT_LIMIT = 4096;
/** Longer strings repeat too rarely to be worth a place. */
const MAX_LENGTH = 256;

/**
 * Gives equal strings one place in memory: every waiting request names its provider, and 200,000
 * of them name the same few.
 */
export class StringPool {
  readonly #strings = new Map<string, string>();
  readonly #limit: number;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /** A string equal to `text`: the same object each time, as long as the pool remembers it. */
  intern(text: string): string {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    if (text.length > MAX_LENGTH) return text;
    // Forgetting everything costs a few copies; choosing what to forget would cost on every call.
    if (this.#strings.size >= this.#limit) this.#strings.clear();
    this.#strings.set(text, text);
    return text;
  }
}
