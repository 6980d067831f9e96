import fc from "fast-check";
import { expect, it } from "vitest";

import { shorten } from "../../src/outbound/shorten.ts";

it("leaves alone what is short enough", () => {
  expect(shorten("12345", 5)).toBe("12345");
});

it("shows that something was cut", () => {
  expect(shorten("123456", 5)).toBe("1234…");
});

it("never gives more than asked, nor half a character", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "ü", "😀"), maxLength: 40 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 20 }), (whole, max) => {
      const short = shorten(whole, max);
      expect(short.length).toBeLessThanOrEqual(max);
      expect(Buffer.from(short).toString()).toBe(short);
    }),
  );
});
