import { describe, expect, it } from "vitest";

import { CompactedPosition } from "../../src/kafka/compacted-position.ts";
import type { Step } from "../../src/kafka/tail-position.ts";
import { aFetched, aMessage, messages } from "./a-fetched.ts";

function readAll(range: { low: bigint; high: bigint }): CompactedPosition {
  const position = new CompactedPosition();
  position.restart(range);
  return position;
}

function offsets(step: Step): readonly string[] {
  return step.kind === "read" ? step.messages.map(({ offset }) => offset) : [];
}

describe("a position in a compacted log", () => {
  it("takes what is left, whatever is missing between, and nothing twice", () => {
    const position = readAll({ low: 2n, high: 20n });
    expect(position.fetchFrom).toBe(2n);
    expect(offsets(position.take(aFetched(20, messages(5, 9))))).toEqual(["5", "9"]);
    expect(offsets(position.take(aFetched(20, messages(9, 19))))).toEqual(["19"]);
    expect(position).toMatchObject({ fetchFrom: 20n, isCaughtUp: true, lag: 0n });
  });

  it("goes on behind a batch whose last records are gone", () => {
    const position = readAll({ low: 0n, high: 20n });
    position.take(aFetched(20, [aMessage(3, { batchEnd: 12 })]));
    expect(position.fetchFrom).toBe(13n);
    position.take(aFetched(20, [aMessage(3, { batchEnd: 12 })]));
    expect(position.fetchFrom).toBe(13n);
  });

  it("is caught up when nothing is left up to the end", () => {
    const position = readAll({ low: 0n, high: 20n });
    position.take(aFetched(20, messages(3)));
    expect(position.isCaughtUp).toBe(false);
    position.take(aFetched(20, []));
    expect(position.isCaughtUp).toBe(true);
  });

  it("is not caught up by what it knew before reading began again", () => {
    const position = readAll({ low: 0n, high: 20n });
    position.take(aFetched(20, []));
    position.restart({ low: 0n, high: 20n });
    expect(position.isCaughtUp).toBe(false);
  });

  it("begins anew in a log that does not have the position", () => {
    const position = readAll({ low: 0n, high: 20n });
    position.take(aFetched(20, messages(19)));
    position.restart({ low: 0n, high: 20n });
    expect(position.fetchFrom).toBe(20n);
    position.restart({ low: 0n, high: 3n });
    expect(position.fetchFrom).toBe(0n);
    position.restart({ low: 2n, high: 3n });
    expect(position.fetchFrom).toBe(2n);
  });

  it("leaves out the marks of transactions", () => {
    const position = readAll({ low: 0n, high: 2n });
    const answer = [...messages(0), aMessage(1, { isControlRecord: true })];
    expect(offsets(position.take(aFetched(2, answer)))).toEqual(["0"]);
  });
});
