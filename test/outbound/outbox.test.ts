import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { RegistryUnavailable, SchemaNotRegistered } from "../../src/avro/registry-errors.ts";
import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import type { OutgoingRecord, PublishEnd } from "../../src/kafka/outgoing-record.ts";
import { Outbox } from "../../src/outbound/outbox.ts";
import { anOutcome } from "./an-outcome.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** An outbox between a registry and a publisher whose answers the test sets. */
function setUp() {
  const controller = new AbortController();
  const state = {
    published: [] as (OutgoingRecord & { topic: string })[],
    encoded: [] as RerunOutcome[],
    registryTrouble: null as Error | null,
    ends: [] as PublishEnd[],
    idsAsked: 0,
    publisherHealth: null as string | null,
    abort: (reason: Error) => controller.abort(reason),
  };
  const outbox = new Outbox({
    publisher: {
      publish: async (topic, record) => {
        state.published.push({ topic, ...record });
        return state.ends.shift() ?? { kind: "published" };
      },
      health: () => state.publisherHealth,
    },
    registry: {
      idOf: async () => {
        state.idsAsked += 1;
        if (state.registryTrouble !== null) throw state.registryTrouble;
        return 7;
      },
      encode: async (id, value) => {
        if (state.registryTrouble !== null) throw state.registryTrouble;
        state.encoded.push(value as RerunOutcome);
        return Buffer.from([id]);
      },
    },
    topic: "rerun.outcomes",
    schema: { subject: "rerun.outcomes-value", text: "{}" },
    signal: controller.signal,
  });
  return { outbox, state };
}

it("sends the outcome under its request's id, and is done when it is acknowledged", async () => {
  const { outbox, state } = setUp();
  await outbox.publish(anOutcome());
  expect(state.published).toEqual([
    {
      topic: "rerun.outcomes",
      key: "r-1",
      value: Buffer.from([7]),
      headers: { "rerun-request-id": "r-1", "rerun-status": "REJECTED" },
    },
  ]);
  expect(state.encoded).toMatchObject([{ requestId: "r-1", dispatcher: "pod-1 0.1.0" }]);
});

it("asks for the schema's id once", async () => {
  const { outbox, state } = setUp();
  await Promise.all([outbox.publish(anOutcome()), outbox.publish(anOutcome())]);
  await outbox.publish(anOutcome());
  expect(state.idsAsked).toBe(1);
});

describe("waits", () => {
  it.each([
    ["the registry is away", new RegistryUnavailable("no route"), "no route"],
    ["the schema is not registered", new SchemaNotRegistered("not registered"), "not registered"],
  ])("while %s, and says so", async (_, trouble, told) => {
    const { outbox, state } = setUp();
    state.registryTrouble = trouble;
    let isDone = false;
    const publishing = outbox.publish(anOutcome()).then(() => (isDone = true));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(isDone).toBe(false);
    expect(outbox.health()).toContain(told);

    state.registryTrouble = null;
    await vi.advanceTimersByTimeAsync(5_000);
    await publishing;
    expect(outbox.health()).toBeNull();
    expect(state.published).toHaveLength(1);
  });

  it("until it is told to stop", async () => {
    const { outbox, state } = setUp();
    state.registryTrouble = new RegistryUnavailable("no route");
    const ending = outbox.publish(anOutcome()).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    state.abort(new Error("drained"));
    expect(await ending).toEqual(new Error("drained"));
  });
});

describe("an outcome that the topic does not take", () => {
  const tooLarge: PublishEnd = { kind: "too-large", message: "message too large" };
  const targets = [{ target: "1", status: "FAILED" as const, message: "because" }];

  it("goes without what its targets said", async () => {
    const { outbox, state } = setUp();
    state.ends.push(tooLarge);
    await outbox.publish(anOutcome({ targets }));
    expect(state.encoded.map((wire) => wire.targets)).toEqual([
      targets,
      [{ target: "1", status: "FAILED", message: null }],
    ]);
  });

  it("waits, visibly, until it does", async () => {
    const { outbox, state } = setUp();
    state.ends.push(tooLarge, tooLarge, tooLarge);
    const publishing = outbox.publish(anOutcome());
    await vi.advanceTimersByTimeAsync(0);
    expect(outbox.health()).toContain("max.message.bytes");
    await vi.advanceTimersByTimeAsync(30_000);
    await publishing;
    expect(outbox.health()).toBeNull();
    expect(state.published).toHaveLength(4);
  });
});

it("is a bug, and not waited for, when a value does not fit the schema", async () => {
  const { outbox, state } = setUp();
  state.registryTrouble = new TypeError('invalid "string": 5');
  await expect(outbox.publish(anOutcome())).rejects.toThrow(TypeError);
});

it("is as healthy as its way to Kafka", () => {
  const { outbox, state } = setUp();
  expect(outbox.health()).toBeNull();
  state.publisherHealth = "cannot publish";
  expect(outbox.health()).toBe("cannot publish");
});
