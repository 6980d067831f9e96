/**
 * A regular expression, without anchors, for the decimal numbers from `min` to `max`: JSON Schema
 * cannot compare the number within a text such as `25s`.
 */
export function numberPattern(min: number, max: number): string {
  return alternatives(stretches(min, max).map(({ from, to }) => digitsOf(from, to)));
}

/** A group of alternatives; one alone needs none. */
export function alternatives(patterns: readonly string[]): string {
  return patterns.length === 1 ? patterns.join("") : `(${patterns.join("|")})`;
}

/** Stretches of numbers of equal length whose ends differ in full digits behind the first difference. */
function stretches(min: number, max: number): readonly { from: string; to: string }[] {
  const found: { from: string; to: string }[] = [];
  for (let from = min; from <= max;) {
    const to = endOf(from, max);
    found.push({ from: String(from), to: String(to) });
    from = to + 1;
  }
  return found;
}

/** The largest end of a stretch that begins here: 10^n steps that keep to one digit's change. */
function endOf(from: number, max: number): number {
  let end = from;
  for (let step = 1; from % step === 0 && step <= max; step *= 10) {
    for (let digit = 9; digit >= 1; digit--) {
      const to = Math.floor(from / (step * 10)) * step * 10 + digit * step + step - 1;
      const isLonger = to > end && to <= max && String(to).length === String(from).length;
      if (isLonger) end = to;
    }
  }
  return end;
}

/** One class per digit. */
function digitsOf(from: string, to: string): string {
  return Array.from(from)
    .map((digit, index) => {
      const last = to[index] ?? digit;
      return digit === last ? digit : `[${digit}-${last}]`;
    })
    .join("")
    .replaceAll(/(\[0-9\])\1+/g, (run) => `[0-9]{${run.length / "[0-9]".length}}`);
}
