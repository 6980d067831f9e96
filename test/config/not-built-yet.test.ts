import { describe, expect, it } from "vitest";
import { NOT_BUILT_YET } from "../../src/config/not-built-yet.ts";
import { aConfig, configOf, onlyProblemOf } from "./parsing.ts";

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
const ASKED: Readonly<Record<string, string>> = {};

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

  it("does not hide typing errors within its sections", () => {
    expect(onlyProblemOf(aConfig({ root: "throttle: { scoep: group }" }))).toMatchObject({
      path: "throttle.scoep",
      found: "an unknown key",
      expected: "only scope; did you mean scope?",
    });
  });
});
