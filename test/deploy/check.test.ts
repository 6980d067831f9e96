import { describe, expect, it } from "vitest";

import { exitCodeOf, lineOf, runChecks } from "../../dev/check-deploy/check.ts";

/** A teller that remembers its lines. */
function aTeller() {
  const lines: string[] = [];
  const tell = (...line: Parameters<typeof lineOf>) => void lines.push(lineOf(...line));
  return { lines, tell };
}

const MISSING = { title: "objects are valid", why: "no python3 on the PATH" };

describe("the exit code of checks", () => {
  it("is 0 when everything was run and holds", () => {
    expect(exitCodeOf(0, [], { allowMissing: false, tell: aTeller().tell })).toBe(0);
  });

  it("is 1 when something could not be run, and says what", () => {
    const { lines, tell } = aTeller();
    expect(exitCodeOf(0, [MISSING], { allowMissing: false, tell })).toBe(1);
    expect(lines).toEqual(["not run objects are valid: no python3 on the PATH\n"]);
  });

  it("is 0 when that is allowed, and still says what", () => {
    const { lines, tell } = aTeller();
    expect(exitCodeOf(0, [MISSING], { allowMissing: true, tell })).toBe(0);
    expect(lines).toHaveLength(1);
  });

  it("is 1 when something does not hold, whatever is allowed", () => {
    expect(exitCodeOf(1, [], { allowMissing: true, tell: aTeller().tell })).toBe(1);
  });
});

it("tells each check, and goes on after one that does not hold", async () => {
  const { lines, tell } = aTeller();
  const run = async () => Promise.resolve("four");
  const fail = async () => Promise.reject(new Error("three"));
  const checks = [
    { title: "first", run: fail },
    { title: "second", run },
  ];
  expect(await runChecks(checks, tell)).toBe(1);
  expect(lines).toEqual(["FAILED  first: three\n", "ok      second: four\n"]);
});
