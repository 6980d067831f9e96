/**
 * What the contract names and this version does not do. Building it means deleting its row here.
 *
 * A file that asks for one of these is refused with the explanation: nothing is silently ignored.
 */
export interface NotBuiltYet {
  /** `[]` stands for any item of a list. */
  readonly path: string;
  /** The values that ask for nothing, the one that `check` shows first. Absent asks for nothing. */
  readonly off: readonly [OffValue, ...OffValue[]];
  readonly because: string;
}

/** A value that switches something off. */
export type OffValue = null | string | number | readonly [] | Readonly<Record<string, never>>;

/** Keys that are not built yet. */
export const NOT_BUILT_YET: readonly NotBuiltYet[] = [];

/** Spells a concrete path like the tables do: `providers[3].kind` becomes `providers[].kind`. */
export function patternOf(path: string): string {
  return path.replaceAll(/\[\d+\]/g, "[]");
}

/** The rows directly within the mapping at `path`, by key, and the mappings that hold others. */
export function notBuiltWithin(path: string): {
  readonly rows: ReadonlyMap<string, NotBuiltYet>;
  readonly sections: ReadonlySet<string>;
} {
  const prefix = path === "" ? "" : `${patternOf(path)}.`;
  const rows = new Map<string, NotBuiltYet>();
  const sections = new Set<string>();
  for (const row of NOT_BUILT_YET) {
    if (!row.path.startsWith(prefix)) continue;
    const [key = "", ...deeper] = row.path.slice(prefix.length).split(".");
    if (deeper.length === 0) rows.set(key, row);
    else sections.add(key.replace("[]", ""));
  }
  return { rows, sections };
}
