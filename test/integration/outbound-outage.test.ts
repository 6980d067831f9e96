import { beforeAll, expect, it, onTestFinished, vi } from "vitest";

import { ownEnvironment } from "../../dev/stack/own-environment.ts";
import { startStack, type Stack } from "../../dev/stack/stack.ts";
import { createKafka } from "../../src/kafka/client.ts";
import type { PublishEnd } from "../../src/kafka/outgoing-record.ts";
import { RecordPublisher } from "../../src/kafka/publisher.ts";
import { aLog } from "../kafka/a-log.ts";
import { connectTo } from "../kafka/real-topics.ts";

let stack: Stack;

beforeAll(async () => {
  // One that may be frozen and killed, whatever broker the other tests share.
  stack = await startStack({
    parts: ["kafka"],
    env: { ...ownEnvironment(), RERUN_STACK_BROKERS: "" },
  });
  return async () => stack.stop();
});

it.each<[string, () => Promise<void> | void, () => Promise<void> | void]>([
  ["frozen", () => stack.kafka.freeze(), () => stack.kafka.thaw()],
  ["killed", async () => stack.kafka.kill(), async () => stack.kafka.start()],
])(
  "while the broker is %s records wait visibly, and none is lost",
  async (_, takeAway, bringBack) => {
    const connection = await connectTo(stack.brokers, { requestTimeoutMs: 3_000 });
    const topic = await connection.topic();
    const controller = new AbortController();
    const log = aLog();
    const publisher = new RecordPublisher({
      ...{ kafka: createKafka(connection.config, log), log, signal: controller.signal },
    });
    onTestFinished(() => controller.abort());
    const publish = async (value: string) =>
      publisher.publish(topic, { key: "k", value: Buffer.from(value), headers: {} });

    await publish("before");
    await takeAway();
    const waiting: Promise<PublishEnd>[] = [];
    // A stop signal takes its time on a busy machine: some records may still get through.
    await vi.waitFor(
      () => {
        waiting.push(publish(`during ${waiting.length}`));
        expect(publisher.health() ?? "").toContain(topic);
      },
      { timeout: 60_000 },
    );
    await bringBack();
    const ends = await Promise.all(waiting);
    expect(ends.filter(({ kind }) => kind !== "published")).toEqual([]);
    await publish("after");
    expect(publisher.health()).toBeNull();
    await publisher.close();

    // What was acknowledged stands there in order; what was not may stand there more than once.
    const written = (await connection.records(topic)).map(({ value }) => value?.toString());
    expect([...new Set(written)]).toEqual([
      "before",
      ...waiting.map((_, index) => `during ${index}`),
      "after",
    ]);
  },
  180_000,
);
