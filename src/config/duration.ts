const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

/** The longest time that a Node timer can wait; a longer one would fire at once. */
export const LONGEST_DURATION_MS = 2 ** 31 - 1;

/**
 * Milliseconds of a duration in the config's spelling (`250ms`, `5s`, `10m`, `24h`), or undefined
 * for anything else: a bare number, a fraction, a sign, blanks, more than `longestMs`. Only what no
 * timer ever waits for may be longer than a timer can wait.
 */
export function parseDuration(
  text: string,
  longestMs: number = LONGEST_DURATION_MS,
): number | undefined {
  const match = /^(\d{1,10})(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const unit = UNITS.find(([name]) => name === match[2])?.[1] ?? Number.NaN;
  const milliseconds = Number(match[1]) * unit;
  return milliseconds <= longestMs ? milliseconds : undefined;
}

/** The config's spelling of whole milliseconds, in the largest unit that loses nothing. */
export function formatDuration(milliseconds: number): string {
  const [name, unit] = UNITS.find(
    ([, size]) => milliseconds >= size && milliseconds % size === 0,
  ) ?? ["ms", 1];
  return `${milliseconds / unit}${name}`;
}
