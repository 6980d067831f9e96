/**
 * The known name that a mistyped one most likely stands for, or undefined when none is near.
 * Upper and lower case, dashes and underscores count as equal.
 */
export function closestName(typed: string, known: readonly string[]): string | undefined {
  const plain = simplified(typed);
  const ranked = known
    .map((name) => ({ name, distance: editDistance(plain, simplified(name)) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best === undefined) return undefined;
  return best.distance <= Math.ceil(best.name.length / 3) ? best.name : undefined;
}

/** Bounded: a pasted novel is no typing error, and the comparison is quadratic. */
function simplified(name: string): string {
  return name.slice(0, 64).toLowerCase().replaceAll(/[-_]/g, "");
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [i, left] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, right] of Array.from(b).entries()) {
      const replaced = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
