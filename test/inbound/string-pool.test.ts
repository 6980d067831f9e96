import { expect, test } from "vitest";

import { StringPool } from "../../src/inbound/string-pool.ts";

test("always gives a string equal to the one asked for, also past its limit", () => {
  const pool = new StringPool(2);
  const texts = ["a", "b", "c", "a", "x".repeat(10_000), "b"];
  expect(texts.map((text) => pool.intern(text))).toEqual(texts);
});
