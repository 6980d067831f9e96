import { rm } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ownEnvironment } from "../../dev/stack/own-environment.ts";
import { type Stack, startStack } from "../../dev/stack/stack.ts";
import type { JournalLog } from "../../src/journal/journal-log.ts";
import { createKafka } from "../../src/kafka/client.ts";
import { aCheckpointStore, aCheckpointTopic, asText } from "../kafka/a-checkpoint-store.ts";
import { aJournal, aJournalTopic, buffers, Followed, positions } from "../kafka/a-journal.ts";
import { aLog } from "../kafka/a-log.ts";
import { connectTo, untilLed } from "../kafka/real-topics.ts";

/** These tests break what they use, so it is never a stack that the environment points to. */
const env = {
  ...ownEnvironment(),
  RERUN_STACK_BROKERS: "",
  RERUN_STACK_REGISTRY_URL: "",
};
const patience = { timeout: 50_000, interval: 20 };

let stack: Stack;
beforeAll(async () => {
  const brokerConfig = {
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
  };
  stack = await startStack({ env, parts: ["kafka"], brokerConfig });
});
afterAll(async () => stack.stop());

async function aFollowedJournal(requestTimeoutMs?: number) {
  const connection = await connectTo(stack.brokers);
  const topic = await aJournalTopic(connection, { partitions: 2 });
  const kafka = createKafka(connection.config, aLog(), 2);
  const { journal, failures } = aJournal(kafka, topic, requestTimeoutMs);
  const followed = new Followed();
  await journal.follow(positions(0, 0), followed.handlers);
  return { ...connection, topicName: topic, journal, failures, followed };
}

/** Repeats an append until it is acknowledged, as the journal does. */
async function persist(journal: JournalLog, partition: number, value: string): Promise<void> {
  const append = async () =>
    journal.append(partition, "lane", buffers(value)).then(
      () => true,
      () => false,
    );
  await expect.poll(append, patience).toBe(true);
}

/** What was read, without the repeats that a lost acknowledgement brings. */
function distinct(followed: Followed, partition: number) {
  return [...new Set(followed.values(partition))];
}

function countUp(offsets: readonly number[]) {
  return offsets.map((_, n) => n);
}

/** Only where no other test's readers come and go meanwhile can groups be told by their number. */
describe("a broker that nobody else uses", () => {
  it("is left without a consumer group by a journal that is followed", async () => {
    const { admin, journal, followed } = await aFollowedJournal();
    await persist(journal, 0, "one");
    await expect.poll(() => followed.values(0), patience).toEqual(["one"]);
    expect(await admin.listGroups()).toEqual({ groups: [] });
    await journal.close(5_000);
    expect(await admin.listGroups()).toEqual({ groups: [] });
  });

  it("is left without a consumer group by checkpoints that are followed", async () => {
    const connection = await connectTo(stack.brokers);
    const topic = await aCheckpointTopic(connection);
    const { store } = aCheckpointStore(connection.kafka, topic);
    await store.load();
    const writes: string[] = [];
    store.follow((key) => void writes.push(key));
    await store.write("a", Buffer.from("1"));
    await expect.poll(() => writes, patience).toEqual(["a"]);
    expect(await connection.admin.listGroups()).toEqual({ groups: [] });
    await store.close(5_000);
    expect(await connection.admin.listGroups()).toEqual({ groups: [] });
  });
});

describe("a broker that is killed and comes back", { timeout: 180_000 }, () => {
  it("makes the journal read on where it was, each record once", async () => {
    const { journal, followed } = await aFollowedJournal();
    const expected: string[] = [];
    for (const round of [1, 2]) {
      const values = [`before ${round}`, `through ${round}`];
      await persist(journal, 0, values[0]!);
      await expect.poll(() => followed.values(0), patience).toContain(values[0]);
      await stack.kafka.kill();
      await Promise.all([stack.kafka.start(), persist(journal, 0, values[1]!)]);
      expected.push(...values);
      await expect.poll(() => distinct(followed, 0), patience).toEqual(expected);
    }
    const fetches = followed.fetches;
    await expect.poll(() => followed.fetches, patience).toBeGreaterThan(fetches);
    expect(journal.health()).toBeNull();
    expect(followed.offsets(0)).toEqual(countUp(followed.offsets(0)));
    expect(followed.gaps).toEqual([]);
  });

  it("makes checkpoints be followed on where they were", async () => {
    const connection = await connectTo(stack.brokers);
    const topic = await aCheckpointTopic(connection);
    const kafka = createKafka(connection.config, aLog(), 2);
    const { store } = aCheckpointStore(kafka, topic);
    await store.write("a", Buffer.from("1"));
    expect(asText(await store.load())).toEqual([["a", "1"]]);
    const writes: [string, Buffer | null][] = [];
    store.follow((...write) => void writes.push(write));
    await store.write("a", Buffer.from("2"));
    await expect.poll(() => writes.length, patience).toBe(1);
    await stack.kafka.kill();
    await expect(store.write("a", null)).rejects.toThrow();
    await stack.kafka.start();
    await untilLed(connection.admin, topic);
    const other = aCheckpointStore(kafka, topic).store;
    await other.write("b", Buffer.from("3"));
    await expect
      .poll(() => asText(writes), patience)
      .toEqual([
        ["a", "2"],
        ["b", "3"],
      ]);
  });

  it("is told as a gap when it lost what was read before", async () => {
    const { journal, followed, topicName } = await aFollowedJournal();
    await journal.append(1, "lane", buffers("one", "two", "three"));
    await expect.poll(() => followed.values(1), patience).toHaveLength(3);
    await stack.kafka.kill();
    const port = stack.brokers[0]!.split(":")[1]!;
    const partition = join(stack.folder!, `kafka-${port}`, "data", `${topicName}-1`);
    await rm(partition, { recursive: true });
    await stack.kafka.start();
    await expect.poll(() => followed.gaps, patience).toEqual([[1, 3n, 0n]]);
    expect(journal.health()).toMatch(/is not read any more/);
  });
});

describe("a broker that hangs", { timeout: 180_000 }, () => {
  it("is told by the health and by appends, and read on when it goes on", async () => {
    const { journal, followed } = await aFollowedJournal(1_000);
    await persist(journal, 0, "before");
    await expect.poll(() => followed.values(0), patience).toEqual(["before"]);
    stack.kafka.freeze();
    // A stop signal takes its time on a busy machine: some appends may still get through.
    const refusals: unknown[] = [];
    const append = async () =>
      journal.append(0, "lane", buffers("stuck")).catch((error: unknown) => refusals.push(error));
    await expect.poll(async () => append().then(() => refusals.length), patience).toBe(1);
    expect(String(refusals[0])).toMatch(/^NoAnswer: no answer to a write to t-.* for 1000 ms$/);
    await expect
      .poll(() => journal.health(), patience)
      .toMatch(/ for \d+ s: no answer to a fetch of t-.* from broker 1 for 3000 ms$/);
    const { fetches } = followed;
    stack.kafka.thaw();
    await persist(journal, 0, "after");
    await expect.poll(() => distinct(followed, 0), patience).toContain("after");
    await expect.poll(() => journal.health(), patience).toBeNull();
    expect(followed.fetches).toBeGreaterThan(fetches);
    expect(followed.offsets(0)).toEqual(countUp(followed.offsets(0)));
    expect(followed.gaps).toEqual([]);
  });
});
