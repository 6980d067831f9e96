import { describe, expect, it } from "vitest";
import { aConfig, configOf, onlyProblemOf } from "./parsing.ts";

const DAY = 86_400_000;

/** The guards of the only connection. */
function guardsOf(root: string, provider?: string) {
  return configOf(aConfig({ root, ...(provider === undefined ? {} : { provider }) })).providers[0]
    ?.guards;
}

describe("guards", () => {
  it.each(["", "guards: {}", "guards: null", "guards: { budget: null, maxChain: null }"])(
    "are off with %j",
    (root) => {
      expect(guardsOf(root)).toBeUndefined();
    },
  );

  it("of the file are every connection's", () => {
    const all = "guards: { budget: { reruns: 2, per: 12h }, coolDown: 5m, maxChain: 0 }";

    expect(guardsOf(all)).toStrictEqual({
      ...{ budget: { reruns: 2, perMs: DAY / 2 }, coolDownMs: 300_000, maxChain: 0 },
    });
  });

  it("that are named without their numbers have the usual ones", () => {
    expect(guardsOf("guards: { budget: {} }")).toStrictEqual({
      ...{ budget: { reruns: 3, perMs: DAY }, coolDownMs: null, maxChain: null },
    });
  });

  it("are overridden key by key, and switched off one by one", () => {
    const all = "guards: { budget: { reruns: 2, per: 12h }, coolDown: 5m, maxChain: 1 }";
    const own = "guards: { budget: { reruns: 9 }, coolDown: null }";

    expect(guardsOf(all, own)).toStrictEqual({
      ...{ budget: { reruns: 9, perMs: DAY / 2 }, coolDownMs: null, maxChain: 1 },
    });
    expect(
      guardsOf(all, "guards: { budget: null, coolDown: null, maxChain: null }"),
    ).toBeUndefined();
  });

  it.each([
    ["guards: { budget: 3 }", "guards.budget", "a mapping of keys"],
    ["guards: { budget: { reruns: 0 } }", "guards.budget.reruns", "a whole number from 1"],
    ["guards: { budget: { per: 100d } }", "guards.budget.per", "a duration from 1s to 2160h"],
    ["guards: { coolDown: 5 }", "guards.coolDown", "a duration from 1s to 2160h"],
    ["guards: { maxChain: -1 }", "guards.maxChain", "a whole number from 0 to 100"],
    ["guards: { coolDwn: 5m }", "guards.coolDwn", "did you mean coolDown?"],
  ])("are refused with their place: %s", (root, path, expected) => {
    const problem = onlyProblemOf(aConfig({ root }));

    expect(problem.path).toBe(path);
    expect(problem.expected).toContain(expected);
  });
});
