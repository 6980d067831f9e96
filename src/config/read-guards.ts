import type { BudgetLimit, GuardLimits } from "../domain/guard-limits.ts";
import type { Section } from "./section.ts";

/** The keys of `guards`, here and in a provider connection. */
export const GUARD_KEYS = ["budget", "coolDown", "maxChain"] as const;

/** Every guard is off. */
export const NO_GUARDS: GuardLimits = { budget: null, coolDownMs: null, maxChain: null };

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The past that guards look at is remembered for as long. */
const WINDOW = { min: 1000, max: 90 * DAY_MS };

/** Reads `guards`: a key that is absent is as in `outer`, null switches that guard off. */
export function readGuards(guards: Section, outer: GuardLimits): GuardLimits {
  const read = <T>(key: (typeof GUARD_KEYS)[number], inherited: T, given: () => T): T | null => {
    if (guards.place(key).value === undefined) return inherited;
    return guards.isGiven(key) ? given() : null;
  };
  return {
    budget: read("budget", outer.budget, () => readBudget(guards, outer.budget)),
    coolDownMs: read("coolDown", outer.coolDownMs, () =>
      guards.duration("coolDown", { default: 5 * MINUTE_MS, ...WINDOW }),
    ),
    maxChain: read("maxChain", outer.maxChain, () =>
      guards.integer("maxChain", { default: 1, min: 0, max: 100 }),
    ),
  };
}

/** Whether any of them is on. */
export function hasGuards({ budget, coolDownMs, maxChain }: GuardLimits): boolean {
  return budget !== null || coolDownMs !== null || maxChain !== null;
}

function readBudget(guards: Section, outer: BudgetLimit | null): BudgetLimit {
  const budget = guards.section("budget", ["reruns", "per"]);
  const { reruns = 3, perMs = DAY_MS } = outer ?? {};
  return {
    reruns: budget.integer("reruns", { default: reruns, min: 1, max: 100_000 }),
    perMs: budget.duration("per", { default: perMs, ...WINDOW }),
  };
}
