const WINDOW_MS = 1000;

/**
 * The highest number of calls that began within any sliding second, since the process started.
 *
 * A second holds its first instant and not its last: two calls exactly 1000 ms apart are not in one.
 */
export class CallStarts {
  #recent: number[] = [];
  #max = 0;

  get maxPerSecond(): number {
    return this.#max;
  }

  /** Counts a call; instants come from one monotonic clock, in milliseconds. */
  add(instantMs: number): void {
    this.#recent = this.#recent.filter((earlier) => earlier > instantMs - WINDOW_MS);
    this.#recent.push(instantMs);
    this.#max = Math.max(this.#max, this.#recent.length);
  }
}
