import { describe, expect, it } from "vitest";
import { Punctuality } from "../../src/slots/punctuality.ts";
import { SLOT_TERMS } from "../../src/slots/slot-terms.ts";

const { validityMs, mostValidityMs } = SLOT_TERMS;

/** After so many slots nothing older counts. */
const MANY = 128;

function repeat(times: number, act: () => void): void {
  for (let i = 0; i < times; i++) act();
}

describe("how long slots should be valid", () => {
  it("is the least as long as nobody was late, or a single one was", () => {
    const punctuality = new Punctuality(SLOT_TERMS);
    expect(punctuality.validityMs).toBe(validityMs);

    repeat(MANY, () => punctuality.wasLate(4));
    punctuality.wasLate(40);
    expect(punctuality.validityMs).toBe(validityMs);
  });

  it("is enough for those for whom it is worth it", () => {
    const punctuality = new Punctuality(SLOT_TERMS);
    repeat(MANY, () => punctuality.wasLate(31.5));
    punctuality.wasLate(110);
    expect(punctuality.validityMs).toBe(35);

    // Nine in 128 that are missed for want of 75 ms cost more than that for all.
    repeat(7, () => punctuality.wasLate(110));
    expect(punctuality.validityMs).toBe(35);
    punctuality.wasLate(110);
    expect(punctuality.validityMs).toBe(110);
  });

  it("grows from the second that is missed for a few milliseconds, and not for what is missed by far", () => {
    const punctuality = new Punctuality(SLOT_TERMS);
    const grown = [1, 2, 3].map(() => {
      punctuality.wasLate(29);
      return punctuality.validityMs;
    });
    expect(grown).toStrictEqual([validityMs, 30, 30]);

    repeat(MANY, () => punctuality.wasLate(mostValidityMs));
    expect(punctuality.validityMs).toBe(mostValidityMs);
    repeat(MANY, () => punctuality.wasLate(300));
    expect(punctuality.validityMs).toBe(validityMs);
  });

  it("falls again when nobody is late any more", () => {
    const punctuality = new Punctuality(SLOT_TERMS);
    repeat(20, () => punctuality.wasLate(100));
    repeat(MANY, () => punctuality.wasLate(2));

    expect(punctuality.validityMs).toBe(validityMs);
  });
});
