import { describe, expect, it } from "vitest";
import type { DeadLetterReason } from "../../src/domain/dead-letter-reason.ts";
import { LateDeadLetters, type LateDeadLettersParts } from "../../src/inbound/late-dead-letters.ts";
import type { KafkaRecord } from "../../src/kafka/record.ts";
import { StoppedError } from "../../src/lifecycle/repeated.ts";

const SOURCE = { topic: "requests", partition: 2, offset: 7n };
const RECORD: KafkaRecord = {
  ...SOURCE,
  ...{ timestamp: "1700000000000", key: null, value: Buffer.from("bytes"), headers: {} },
};

/** With a dead-letter topic that takes what is sent to it, unless told. */
function aDesk(overrides: Partial<LateDeadLettersParts> = {}) {
  const seen = {
    sent: [] as string[],
    counted: [] as DeadLetterReason[],
    complete: [] as bigint[],
  };
  const late = new LateDeadLetters({
    read: async () => Promise.resolve(RECORD),
    deadLetters: {
      deadLetter: async ({ value }, reason, message) => {
        seen.sent.push(`${reason}: ${message} (${value?.toString() ?? "no bytes"})`);
        return Promise.resolve({ kind: "published" });
      },
    },
    metrics: { deadLettered: (reason) => void seen.counted.push(reason) },
    pause: async () => Promise.resolve(),
    complete: ({ offset }) => void seen.complete.push(offset),
    log: { error: () => undefined },
    ...overrides,
  });
  return { late, seen };
}

const stopped = async () => Promise.reject(new StoppedError());

describe("a dead letter of a record that was taken before", () => {
  it("has the bytes that stand in the topic, and completes the record", async () => {
    const { late, seen } = aDesk();
    await late.conflict(SOURCE, "the id is known");

    expect(seen).toStrictEqual({
      sent: ["conflicting-request-id: the id is known (bytes)"],
      counted: ["conflicting-request-id"],
      complete: [7n],
    });
  });

  it("tells that the bytes are gone when retention has deleted them", async () => {
    const { late, seen } = aDesk({ read: async () => Promise.resolve(null) });
    await late.conflict(SOURCE, "the id is known");

    expect(seen.sent).toStrictEqual([
      "conflicting-request-id: the id is known (its bytes were deleted by retention) (no bytes)",
    ]);
  });

  it("is left to whoever reads the record again when the dispatcher ends before it is read", async () => {
    const { late, seen } = aDesk({ read: stopped });

    await expect(late.conflict(SOURCE, "the id is known")).resolves.toBeUndefined();
    expect(seen).toStrictEqual({ sent: [], counted: [], complete: [] });
  });

  it("is left likewise when the dispatcher ends while the topic does not take it", async () => {
    const deadLetter = async () =>
      Promise.resolve({ kind: "too-large", message: "too large" } as const);
    const { late, seen } = aDesk({ deadLetters: { deadLetter }, pause: stopped });

    await expect(late.gone(SOURCE)).resolves.toBeUndefined();
    expect([seen.counted, seen.complete]).toStrictEqual([[], []]);
  });

  it("hides no other failure", async () => {
    const read = async () => Promise.reject(new Error("a bug"));

    await expect(aDesk({ read }).late.conflict(SOURCE, "x")).rejects.toThrow("a bug");
  });
});
