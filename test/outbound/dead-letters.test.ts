import { expect, it } from "vitest";

import type { OutgoingRecord, PublishEnd } from "../../src/kafka/outgoing-record.ts";
import type { KafkaRecord } from "../../src/kafka/record.ts";
import { DeadLetters } from "../../src/outbound/dead-letters.ts";

function aRecord(overrides: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    topic: "rerun.requests",
    partition: 3,
    offset: 9007199254740993n,
    timestamp: "1700000000000",
    key: Buffer.from([0xff, 0]),
    value: Buffer.from([1, 2, 3]),
    headers: {},
    ...overrides,
  };
}

/** Where dead letters go in these tests. */
function setUp(end: PublishEnd = { kind: "published" }) {
  const published: (OutgoingRecord & { topic: string })[] = [];
  const deadLetters = new DeadLetters({
    publisher: {
      publish: async (topic, record) => {
        published.push({ topic, ...record });
        return end;
      },
    },
    topic: "dlq",
    dispatcher: "pod-1 0.1.0",
  });
  return { deadLetters, published };
}

it("keeps key, value and headers, and says why and where from", async () => {
  const { deadLetters, published } = setUp();
  const headers = { one: Buffer.from([9]), many: [Buffer.from("a"), Buffer.from("b")] };
  const record = aRecord({ headers });
  expect(await deadLetters.deadLetter(record, "undecodable", "bad bytes")).toEqual({
    kind: "published",
  });

  expect(published).toEqual([
    {
      topic: "dlq",
      key: record.key,
      value: record.value,
      headers: {
        ...headers,
        "dlq-reason": "undecodable",
        "dlq-message": "bad bytes",
        "dlq-source-topic": "rerun.requests",
        "dlq-source-partition": "3",
        "dlq-source-offset": "9007199254740993",
        "dlq-source-timestamp": "1700000000000",
        "dlq-time": expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        "dlq-redrives": "0",
        "dlq-dispatcher": "pod-1 0.1.0",
      },
    },
  ]);
});

it("keeps a tombstone and a missing key as they are", async () => {
  const { deadLetters, published } = setUp();
  await deadLetters.deadLetter(aRecord({ key: null, value: null }), "empty", "a tombstone");
  expect(published[0]).toMatchObject({ key: null, value: null });
});

it("replaces what an earlier time in the topic left, and counts on", async () => {
  const { deadLetters, published } = setUp();
  const stale = {
    "dlq-reason": Buffer.from("empty"),
    "dlq-source-offset": [Buffer.from("1"), Buffer.from("2")],
    "dlq-note": "by hand",
    "dlq-redrives": Buffer.from("4"),
  };
  await deadLetters.deadLetter(aRecord({ headers: stale }), "wrong-schema", "other");

  const { headers } = published[0]!;
  expect(headers["dlq-reason"]).toBe("wrong-schema");
  expect(headers["dlq-source-offset"]).toBe("9007199254740993");
  expect(headers["dlq-redrives"]).toBe("5");
  expect(headers).not.toHaveProperty("dlq-note");
});

it.each(["", "-1", "many", "99999999999999999999"])(
  "counts from one when the count it came with is %j",
  async (count) => {
    const { deadLetters, published } = setUp();
    await deadLetters.deadLetter(aRecord({ headers: { "dlq-redrives": count } }), "empty", "");
    expect(published[0]!.headers["dlq-redrives"]).toBe("1");
  },
);

it("stays within the room that the dead-letter topic has, whatever there is to say", async () => {
  const { deadLetters, published } = setUp();
  await deadLetters.deadLetter(aRecord(), "undecodable", "失".repeat(1_000_000));
  const bytes = Buffer.byteLength(JSON.stringify(published[0]!.headers));
  expect(bytes).toBeLessThan(64 * 1024);
});

it("tells the caller when the topic does not take the record", async () => {
  const { deadLetters } = setUp({ kind: "too-large", message: "no" });
  const end = await deadLetters.deadLetter(aRecord(), "undecodable", "");
  expect(end).toEqual({ kind: "too-large", message: "no" });
});
