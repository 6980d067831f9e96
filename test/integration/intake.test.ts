import { CompressionCodecs, CompressionTypes } from "kafkajs";
import { afterEach, describe, expect, inject, test, vi } from "vitest";

import { startStack } from "../../dev/stack/stack.ts";
import { ownEnvironment } from "../../dev/stack/own-environment.ts";
import { DeadLetters } from "../../src/outbound/dead-letters.ts";
import { createKafka } from "../../src/kafka/client.ts";
import { RecordPublisher } from "../../src/kafka/publisher.ts";
import { FakeDecoder } from "../inbound/fakes.ts";
import {
  aClient,
  aWorld,
  committedOf,
  createTopic,
  Inbound,
  messages,
  PATIENCE,
  produce,
} from "../inbound/on-a-broker.ts";
import { RecordingLog } from "../inbound/recording-log.ts";

const cleanups: (() => Promise<void>)[] = [];

function anInbound(...args: ConstructorParameters<typeof Inbound>): Inbound {
  const inbound = new Inbound(...args);
  cleanups.push(async () => inbound.stop());
  return inbound;
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A world with a requests topic of its own. */
async function aWorldOf(partitions: number, brokers = inject("brokers")) {
  const config = aWorld(brokers);
  await createTopic(config, config.topics.requests, partitions);
  const source = (offset: bigint, partition = 0) => ({
    topic: config.topics.requests,
    partition,
    offset,
  });
  return { config, source };
}

describe("offsets", () => {
  test("are committed up to the lowest unfinished one, whatever finishes first", async () => {
    const { config, source } = await aWorldOf(1);
    await produce(config, messages(0, 4));
    const inbound = anInbound(config);
    inbound.start();
    await vi.waitFor(() => expect(inbound.desk.received).toHaveLength(4), PATIENCE);
    inbound.intake.complete(source(3n));
    inbound.intake.complete(source(1n));
    await vi.waitFor(async () => expect(await committedOf(config)).toEqual({ 0: "0" }), PATIENCE);
    inbound.intake.complete(source(0n));
    await vi.waitFor(async () => expect(await committedOf(config)).toEqual({ 0: "2" }), PATIENCE);
    inbound.intake.complete(source(2n));
    await vi.waitFor(async () => expect(await committedOf(config)).toEqual({ 0: "4" }), PATIENCE);
    expect(inbound.intake.lag().get(0)).toBe(0n);
  });

  test("are committed a last time before the end, and the next one begins there", async () => {
    const { config, source } = await aWorldOf(1);
    await produce(config, messages(0, 3));
    const inbound = anInbound(config);
    inbound.start();
    await vi.waitFor(() => expect(inbound.desk.received).toHaveLength(3), PATIENCE);
    await inbound.intake.drain();
    inbound.intake.complete(source(0n));
    expect(await inbound.intake.finalCommit()).toBe(true);
    await inbound.consumer.stop(5_000);
    expect(await committedOf(config)).toEqual({ 0: "1" });

    const next = anInbound(config);
    next.start();
    await vi.waitFor(() => expect(next.desk.received).toEqual([1n, 2n]), PATIENCE);
  });
});

test("memory is bounded: the partition pauses, its heartbeats go on, and it resumes", async () => {
  const { config, source } = await aWorldOf(1);
  await produce(config, messages(0, 40, 50_000));
  const inbound = anInbound(config, { maxWaiting: 10 });
  const beats = new Set<number | null>();
  let most = 0;
  inbound.start();
  await vi.waitFor(() => {
    beats.add(inbound.consumer.lastHeartbeatAt);
    most = Math.max(most, inbound.intake.openCount);
    expect(beats.size).toBeGreaterThan(5);
  }, PATIENCE);
  expect(inbound.intake.full).toBe(true);
  expect(inbound.epoch).toBe(1);
  // A fetch brings 262,144 bytes of one partition, five such records.
  expect(most).toBeLessThanOrEqual(10 + 5);

  for (let offset = 0n; offset < 40n; offset++) {
    await vi.waitFor(() => expect(inbound.desk.received).toContain(offset), PATIENCE);
    inbound.intake.complete(source(offset));
  }
  expect(inbound.desk.received).toEqual(Array.from({ length: 40 }, (_, i) => BigInt(i)));
  await vi.waitFor(async () => expect(await committedOf(config)).toEqual({ 0: "40" }), PATIENCE);
});

describe("a partition that cannot go on leaves the others alone", () => {
  test("while the registry is away", async () => {
    const { config } = await aWorldOf(2);
    const decoder = new FakeDecoder();
    let isAway = true;
    const inbound = anInbound(config, {
      decoder: {
        decode: async (record, receivedAt) =>
          record.partition === 0 && isAway
            ? { kind: "unavailable", message: "refused" }
            : decoder.decode(record, receivedAt),
      },
    });
    inbound.start();
    await produce(config, messages(0, 5));
    await vi.waitFor(() => expect(inbound.intake.blocked()).toHaveLength(1), PATIENCE);
    await produce(config, [...messages(0, 5), ...messages(1, 20)]);
    await vi.waitFor(() => expect(inbound.desk.places).toContain("1/19"), PATIENCE);
    expect(inbound.desk.places).toHaveLength(20);
    isAway = false;
    await vi.waitFor(() => expect(inbound.desk.places).toContain("0/9"), PATIENCE);
    expect(inbound.intake.blocked()).toEqual([]);
  });

  test("while a dead letter is too large for its topic", async () => {
    const { config } = await aWorldOf(2);
    await createTopic(config, config.topics.deadLetters, 1, { "max.message.bytes": "2000" });
    const decoder = new FakeDecoder();
    const log = new RecordingLog();
    const abandon = new AbortController();
    const publisher = new RecordPublisher({
      kafka: createKafka(config, log),
      log,
      signal: abandon.signal,
    });
    cleanups.push(async () => {
      abandon.abort();
      await publisher.close();
    });
    const topic = config.topics.deadLetters;
    const inbound = anInbound(config, {
      deadLetters: new DeadLetters({ publisher, topic, dispatcher: "test" }),
      decoder: {
        decode: async (record, receivedAt) =>
          record.partition === 0
            ? { kind: "dead-letter", reason: "undecodable", message: "garbage" }
            : decoder.decode(record, receivedAt),
      },
    });
    inbound.start();
    await produce(config, [
      ...messages(0, 1, 100),
      ...messages(0, 1, 5_000),
      ...messages(0, 1, 100),
    ]);
    await vi.waitFor(() => expect(inbound.intake.blocked()).toHaveLength(1), PATIENCE);
    expect(inbound.intake.blocked()[0]?.why).toContain("offset 1: too large");
    await produce(config, messages(1, 20));
    await vi.waitFor(() => expect(inbound.desk.places).toContain("1/19"), PATIENCE);
    await vi.waitFor(
      async () => expect(await committedOf(config)).toEqual({ 0: "1", 1: "0" }),
      PATIENCE,
    );
  });
});

test("it waits for its topic and for nothing else, and says so", async () => {
  const config = aWorld(inject("brokers"));
  const inbound = anInbound(config);
  inbound.start();
  await vi.waitFor(() => expect(inbound.consumer.health()).toContain("does not host"), PATIENCE);
  await createTopic(config, config.topics.requests, 1);
  await produce(config, messages(0, 1));
  await vi.waitFor(() => expect(inbound.desk.received).toEqual([0n]), PATIENCE);
  expect(inbound.consumer.health()).toBeNull();
  expect(inbound.deaths).toEqual([]);
});

test("it dies of what kafkajs dies of: a codec that throws", async () => {
  const { config } = await aWorldOf(1);
  const producer = aClient(config).producer();
  await producer.connect();
  await producer.send({
    topic: config.topics.requests,
    compression: CompressionTypes.GZIP,
    messages: messages(0, 1),
  });
  await producer.disconnect();
  const gzip = CompressionCodecs[CompressionTypes.GZIP];
  cleanups.push(async () => void (CompressionCodecs[CompressionTypes.GZIP] = gzip));
  CompressionCodecs[CompressionTypes.GZIP] = () => ({
    compress: async () => Promise.reject(new Error("not used")),
    decompress: async () => Promise.reject(new TypeError("codec is not a function")),
  });
  const inbound = anInbound(config);
  inbound.start();
  await vi.waitFor(() => expect(inbound.deaths).toHaveLength(1), PATIENCE);
  expect(inbound.deaths[0]?.message).toContain("codec is not a function");
  expect(inbound.log.events).toContain("fatal consumer.died");
  expect(inbound.consumer.health()).toContain("died");
});

test("it goes on after the broker was killed and came back", { timeout: 180_000 }, async () => {
  const env = { ...ownEnvironment(), RERUN_STACK_BROKERS: "" };
  const stack = await startStack({ parts: ["kafka"], env });
  cleanups.push(async () => stack.stop());
  const { config, source } = await aWorldOf(1, stack.brokers);
  await produce(config, messages(0, 2));
  const inbound = anInbound(config);
  inbound.start();
  await vi.waitFor(() => expect(inbound.desk.received).toHaveLength(2), PATIENCE);

  await stack.kafka.kill();
  await vi.waitFor(() => expect(inbound.consumer.health()).not.toBeNull(), PATIENCE);
  inbound.intake.complete(source(0n));
  inbound.intake.complete(source(1n));
  await stack.kafka.start();
  await produce(config, messages(0, 2));

  const longer = { timeout: 90_000, interval: 100 };
  await vi.waitFor(() => expect(inbound.desk.received).toContain(3n), longer);
  await vi.waitFor(async () => expect(await committedOf(config)).toEqual({ 0: "2" }), longer);
  expect(inbound.consumer.health()).toBeNull();
  expect(inbound.deaths).toEqual([]);
  expect(inbound.desk.received).toEqual([0n, 1n, 2n, 3n]);
});
