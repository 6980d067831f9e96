import { describe, expect, it } from "vitest";

import type { Step } from "../../src/kafka/tail-position.ts";
import { UnbrokenPosition } from "../../src/kafka/unbroken-position.ts";
import { aFetched, aMessage, messages } from "./a-fetched.ts";

function readFrom(next: bigint, range: { low: bigint; high: bigint }): UnbrokenPosition {
  const position = new UnbrokenPosition(next);
  expect(position.restart(range)).toBeNull();
  return position;
}

function offsets(step: Step): readonly string[] {
  expect(step.kind).toBe("read");
  return step.kind === "read" ? step.messages.map(({ offset }) => offset) : [];
}

describe("a position in an unbroken log", () => {
  it("takes what follows, once, and leaves out what a batch has before it", () => {
    const position = readFrom(5n, { low: 0n, high: 9n });
    expect(position.fetchFrom).toBe(5n);
    expect(offsets(position.take(aFetched(9, messages(3, 4, 5, 6))))).toEqual(["5", "6"]);
    expect(offsets(position.take(aFetched(9, messages(5, 6, 7, 8))))).toEqual(["7", "8"]);
    expect(position.fetchFrom).toBe(9n);
  });

  it("tells a record that is missing at the beginning or in the middle of an answer", () => {
    const early = readFrom(5n, { low: 0n, high: 9n });
    expect(early.take(aFetched(9, messages(6, 7)))).toEqual({
      ...{ kind: "gap", expected: 5n, found: 6n },
    });
    const late = readFrom(5n, { low: 0n, high: 9n });
    expect(late.take(aFetched(9, messages(5, 6, 8)))).toEqual({
      ...{ kind: "gap", expected: 7n, found: 8n },
    });
  });

  it("steps over the marks of transactions, which are no records and no gap", () => {
    const position = readFrom(0n, { low: 0n, high: 4n });
    const answer = [
      ...messages(0),
      aMessage(1, { isControlRecord: true }),
      ...messages(2),
      aMessage(3, { isControlRecord: true }),
    ];
    expect(offsets(position.take(aFetched(4, answer)))).toEqual(["0", "2"]);
    expect(position.isCaughtUp).toBe(true);
  });

  it("is caught up once it has all that the broker has told of, ever", () => {
    const position = readFrom(0n, { low: 0n, high: 4n });
    expect(position.isCaughtUp).toBe(false);
    position.take(aFetched(2, messages(0, 1)));
    expect(position).toMatchObject({ isCaughtUp: false, lag: 2n });
    position.take(aFetched(4, messages(2, 3)));
    expect(position).toMatchObject({ isCaughtUp: true, lag: 0n });
    position.take(aFetched(6, messages(4)));
    expect(position).toMatchObject({ isCaughtUp: false, lag: 1n });
  });

  it("is not caught up by an answer without records, when the log goes on", () => {
    const position = readFrom(0n, { low: 0n, high: 4n });
    position.take(aFetched(4, []));
    expect(position.isCaughtUp).toBe(false);
  });

  it("tells a log that begins later or ends earlier than where it is", () => {
    expect(new UnbrokenPosition(5n).restart({ low: 6n, high: 9n })).toEqual({
      ...{ kind: "gap", expected: 5n, found: 6n },
    });
    expect(new UnbrokenPosition(5n).restart({ low: 0n, high: 4n })).toEqual({
      ...{ kind: "gap", expected: 5n, found: 4n },
    });
    expect(new UnbrokenPosition(5n).restart({ low: 5n, high: 5n })).toBeNull();
  });
});

describe("reading that begins again", () => {
  function readOnce(): UnbrokenPosition {
    const position = readFrom(0n, { low: 0n, high: 3n });
    position.take(aFetched(3, messages(0, 1, 2)));
    return position;
  }

  it("asks for the last record once more, does not hand it over, and goes on", () => {
    const position = readOnce();
    expect(position.restart({ low: 0n, high: 5n })).toBeNull();
    expect(position.fetchFrom).toBe(2n);
    expect(offsets(position.take(aFetched(5, messages(1, 2, 3, 4))))).toEqual(["3", "4"]);
    expect(position.isCaughtUp).toBe(true);
  });

  it("is not caught up before it has seen that record, though nothing is missing", () => {
    const position = readOnce();
    position.restart({ low: 0n, high: 3n });
    expect(position.isCaughtUp).toBe(false);
    position.take(aFetched(3, messages(2)));
    expect(position.isCaughtUp).toBe(true);
  });

  it.each([
    ["another value", aMessage(2, { value: "other" })],
    ["no value", aMessage(2, { value: null })],
    ["another time", aMessage(2, { timestamp: "1001" })],
    ["another offset", aMessage(3)],
  ])("tells a log that has %s there", (_, other) => {
    const position = readOnce();
    position.restart({ low: 0n, high: 9n });
    expect(position.take(aFetched(9, [other]))).toEqual({
      ...{ kind: "gap", expected: 3n, found: 2n },
    });
  });

  it("takes what comes next for the beginning when the last record has expired", () => {
    const position = readOnce();
    expect(position.restart({ low: 3n, high: 4n })).toBeNull();
    expect(position.fetchFrom).toBe(3n);
    expect(offsets(position.take(aFetched(4, messages(3))))).toEqual(["3"]);
  });
});
