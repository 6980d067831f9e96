import { describe, expect, it } from "vitest";
import { NOT_BUILT_YET } from "../../src/config/not-built-yet.ts";
import { aConfig, configOf, onlyProblemOf, pathsOf } from "./parsing.ts";

/** A config with one value put at a path of the table. */
function withValue(path: string, value: string): string {
  const [first = "", ...rest] = path.split(".");
  const nested = (keys: readonly string[]) =>
    keys.reduceRight((inner, key) => `${key}: ${inner === value ? inner : `{ ${inner} }`}`, value);
  return first === "providers[]"
    ? aConfig({ provider: nested(rest) })
    : aConfig({ root: nested([first, ...rest]) });
}

/** What somebody who reads the contract might ask for. */
const ASKED: Readonly<Record<string, string>> = {
  "kafka.topics.slots": "rerun.slots",
  "kafka.topics.control": "rerun.control",
  "providers[].breaker": "{ failures: 5, openFor: 30s }",
  "providers[].coalesce.maxInstances": "2",
  "providers[].guards.budget": "{ reruns: 3, per: 24h }",
  "providers[].guards.coolDown": "5m",
  "providers[].guards.maxChain": "1",
  "providers[].holdWindows": '[{ cron: "0 22 * * *", duration: 2h }]',
  "guards.budget": "{ reruns: 3, per: 24h }",
  "guards.coolDown": "5m",
  "guards.maxChain": "1",
  "throttle.scope": "group",
};

describe("what is not built yet", () => {
  it("is tested here for every row of the table", () => {
    expect(Object.keys(ASKED).toSorted()).toEqual(NOT_BUILT_YET.map(({ path }) => path).toSorted());
  });

  it.each(NOT_BUILT_YET)("is refused with its explanation at $path", ({ path, because }) => {
    const problem = onlyProblemOf(withValue(path, ASKED[path] ?? ""));
    expect(problem.path).toBe(path.replace("[]", "[0]"));
    expect(problem.expected).toContain(`not built yet: ${because}`);
  });

  it.each(NOT_BUILT_YET.flatMap(({ path, off }) => off.map((value) => [path, value] as const)))(
    "may be written down as off: %s: %j",
    (path, value) => {
      expect(configOf(withValue(path, JSON.stringify(value)))).toEqual(configOf(aConfig()));
    },
  );

  it.each(["guards: {}", "guards: null", "guards: { budget: null, coolDown: null }"])(
    "asks for nothing with %s",
    (root) => {
      expect(configOf(aConfig({ root }))).toEqual(configOf(aConfig()));
    },
  );

  it("is counted key by key", () => {
    const root = "guards: { budget: { reruns: 1 }, coolDown: 5m }, throttle: { scope: group }";
    expect(pathsOf(aConfig({ root }))).toEqual([
      "guards.budget",
      "guards.coolDown",
      "throttle.scope",
    ]);
  });

  it("does not hide typing errors within its sections", () => {
    expect(onlyProblemOf(aConfig({ root: "guards: { coolDwn: 5m }" }))).toMatchObject({
      path: "guards.coolDwn",
      found: "an unknown key",
      expected: "only budget, coolDown, maxChain; did you mean coolDown?",
    });
  });
});
