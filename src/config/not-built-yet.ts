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

const NO_GUARDS = "reruns are not limited per target or chain yet";

/** Keys that are not built yet. */
export const NOT_BUILT_YET: readonly NotBuiltYet[] = [
  {
    path: "kafka.topics.slots",
    off: [null],
    because: "each process paces its own calls until the shared rate limit is built",
  },
  {
    path: "kafka.topics.control",
    off: [null],
    because: "lanes cannot be paused or limited from outside yet",
  },
  {
    path: "providers[].breaker",
    off: [null],
    because: "a failing provider is retried call by call; there is no breaker",
  },
  {
    path: "providers[].coalesce.maxInstances",
    off: [1],
    because: "requests are not joined yet: each goes in a call of its own",
  },
  { path: "providers[].guards.budget", off: [null], because: NO_GUARDS },
  { path: "providers[].guards.coolDown", off: [null], because: NO_GUARDS },
  { path: "providers[].guards.maxChain", off: [null], because: NO_GUARDS },
  {
    path: "providers[].holdWindows",
    off: [null, []],
    because: "lanes are not held by the clock yet",
  },
  { path: "guards.budget", off: [null], because: NO_GUARDS },
  { path: "guards.coolDown", off: [null], because: NO_GUARDS },
  { path: "guards.maxChain", off: [null], because: NO_GUARDS },
  {
    path: "throttle.scope",
    off: ["instance"],
    because: "each process keeps the limit for itself; run one, or divide callsPerSecond",
  },
];

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
