/** The most instants in any half-open window of this length. */
export function mostIn(windowMs: number, instants: readonly number[]): number {
  const sorted = instants.toSorted((a, b) => a - b);
  let from = 0;
  let most = 0;
  sorted.forEach((at, index) => {
    while ((sorted[from] ?? at) <= at - windowMs) from += 1;
    most = Math.max(most, index - from + 1);
  });
  return most;
}
