import { crc32 } from "node:zlib";

/** 4 MB; a million targets make one foreign target in five look known. */
const CELLS = 2 ** 22;
const FULL = 255;

/**
 * Counts targets without keeping them, so that it can be said of most that they are not among them.
 * Takes no memory while it is empty.
 */
export class TargetCounts {
  #cells = new Uint8Array(0);

  add(targets: readonly string[]): void {
    if (this.#cells.length === 0) this.#cells = new Uint8Array(CELLS);
    for (const cell of cellsOf(targets)) {
      const count = this.#cells[cell] ?? 0;
      if (count < FULL) this.#cells[cell] = count + 1;
    }
  }

  /** As many as were added. What was counted to the full is not counted down any more. */
  remove(targets: readonly string[]): void {
    if (this.#cells.length === 0) return;
    for (const cell of cellsOf(targets)) {
      const count = this.#cells[cell] ?? 0;
      if (count > 0 && count < FULL) this.#cells[cell] = count - 1;
    }
  }

  /** False: surely none of them is in there. */
  mayHave(targets: readonly string[]): boolean {
    return this.#cells.length > 0 && cellsOf(targets).some((cell) => (this.#cells[cell] ?? 0) > 0);
  }

  /** Nothing is in there any more. */
  clear(): void {
    this.#cells = new Uint8Array(0);
  }
}

function cellsOf(targets: readonly string[]): readonly number[] {
  return targets.map((target) => crc32(target) % CELLS);
}
