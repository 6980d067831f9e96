import { describe, expect, it } from "vitest";
import { Punctuality } from "../../src/slots/punctuality.ts";
import { SLOT_TERMS } from "../../src/slots/slot-terms.ts";

const { validityMs, mostValidityMs } = SLOT_TERMS;

/** After so many slots nothing older counts. */
const MANY = 64;

function repeat(times: number, act: () => void): void {
  for (let i = 0; i < times; i++) act();
}

describe("how long slots should be valid", () => {
  it("is the least as long as nobody was late", () => {
    const punctuality = new Punctuality(SLOT_TERMS);
    expect(punctuality.validityMs).toBe(validityMs);

    repeat(MANY, () => punctuality.left(4));
    expect(punctuality.validityMs).toBe(validityMs);
  });

  it("is enough for those for whom it is worth it, not for a single one that was very late", () => {
    const punctuality = new Punctuality(SLOT_TERMS);
    repeat(MANY, () => punctuality.left(31.5));
    punctuality.left(110);
    expect(punctuality.validityMs).toBe(35);

    // Seven in 64 are missed for want of 75 ms, which would cost as many percent.
    repeat(6, () => punctuality.left(110));
    expect(punctuality.validityMs).toBe(110);
  });

  it("grows from miss to miss, up to the most", () => {
    const punctuality = new Punctuality(SLOT_TERMS);
    const grown: number[] = [];
    repeat(4, () => {
      punctuality.missed();
      grown.push(punctuality.validityMs);
    });

    expect(grown).toStrictEqual([30, 60, mostValidityMs, mostValidityMs]);
  });

  it("falls again when nobody is late any more", () => {
    const punctuality = new Punctuality(SLOT_TERMS);
    repeat(4, () => punctuality.missed());
    repeat(MANY, () => punctuality.left(2));

    expect(punctuality.validityMs).toBe(validityMs);
  });
});
