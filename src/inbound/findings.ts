/** Shared by every request that has none, since 200,000 of them may wait. */
export const NO_STRINGS: readonly string[] = Object.freeze([]);
/** Shared by every request that has none. */
export const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({});

/** Enough to find the mistake; a list of 10,000 empty ids needs no 10,000 sentences. */
const MAX_TOLD = 20;
const MAX_QUOTED = 80;

/** What was found wrong with one record: with its structure, and with its sense. */
export class Findings {
  #structure: string | null = null;
  #faults: string[] | null = null;
  #faultCount = 0;

  /** The value has not the type that the schema gives it. Only the first is told. */
  mismatch(path: string, expected: string, found: unknown): void {
    this.#structure ??= `${path} is ${describe(found)}, not ${expected}`;
  }

  /** The value has the right type and makes no sense. */
  fault(sentence: string): void {
    this.#faultCount += 1;
    this.#faults ??= [];
    if (this.#faults.length < MAX_TOLD) this.#faults.push(sentence);
  }

  /** What is wrong with the structure, or null. */
  get structure(): string | null {
    return this.#structure;
  }

  /** All faults in one message, or null. */
  get faults(): string | null {
    if (this.#faults === null) return null;
    const untold = this.#faultCount - this.#faults.length;
    return this.#faults.join("; ") + (untold > 0 ? `; and ${untold} more` : "");
  }
}

/** A foreign text for a message: quoted, and cut when it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}

function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `of type ${typeof value}`;
}
