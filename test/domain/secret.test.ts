import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/domain/secret.ts";

describe("a secret", () => {
  const secret = new Secret("hunter2");

  it.each([
    ["a template", `a ${String(secret)}`],
    ["JSON", JSON.stringify({ secret })],
    ["inspection", inspect({ deep: { secret } })],
    ["inspection of what is hidden", inspect(secret, { showHidden: true, depth: null })],
    ["its fields", JSON.stringify(Object.entries(secret))],
    ["an error", String(new Error("told", { cause: secret }).cause)],
  ])("is not told by %s", (_name, text) => {
    expect(text).not.toContain("hunter2");
  });

  it("is told to who asks for it", () => {
    expect(secret.reveal()).toBe("hunter2");
  });
});
