import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { type Admin, ConfigResourceTypes, Kafka, logLevel } from "kafkajs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

import { ownEnvironment } from "../../dev/stack/own-environment.ts";
import { type Stack, startStack } from "../../dev/stack/stack.ts";
import { createTopic as createLedTopic } from "../kafka/real-topics.ts";
import { hasEnded } from "../stack/has-ended.ts";
import { produceForeign } from "../support/foreign-producer.ts";

const patience = { timeout: 30_000, interval: 100 };

/** These tests break what they use, so it is never a stack that the environment points to. */
const env = {
  ...ownEnvironment(),
  RERUN_STACK_BROKERS: "",
  RERUN_STACK_REGISTRY_URL: "",
};

async function withAdmin<T>(brokers: string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 2 } }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function createTopic(brokers: string[], topic: string): Promise<void> {
  await withAdmin(brokers, async (admin) => createLedTopic(admin, { topic, numPartitions: 1 }));
}

async function topicsOf(brokers: string[]): Promise<string[]> {
  return withAdmin(brokers, async (admin) => admin.listTopics());
}

async function listSubjects(registryUrl: string, timeoutMs = 10_000): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(`${registryUrl}/subjects`, { signal });
  return response.json();
}

describe("the stack shared by the integration tests", () => {
  it("has a broker that takes topics", async () => {
    await createTopic(inject("brokers"), "stack-shared");
    expect(await topicsOf(inject("brokers"))).toContain("stack-shared");
  });

  it("has a registry that takes schemas", async () => {
    const response = await fetch(`${inject("registryUrl")}/subjects/stack-shared-value/versions`, {
      method: "POST",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: JSON.stringify({ schema: JSON.stringify({ type: "string" }) }),
    });
    expect(response.status).toBe(200);
    expect(await listSubjects(inject("registryUrl"))).toContain("stack-shared-value");
  });
});

describe("the handles of a stack", () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({
      env,
      brokerConfig: { "message.max.bytes": "3000000" },
      // Longer than any test: only a part that ends by itself lets a test go on.
      stopTimeoutMs: 600_000,
    });
  });
  afterAll(async () => stack.stop());

  it("bring a killed broker back with its topics, at the same address", async () => {
    await createTopic(stack.brokers, "survives-kill");
    const before = stack.kafka.pid;
    await stack.kafka.kill();
    expect(stack.kafka.pid).toBeUndefined();
    await expect(topicsOf(stack.brokers)).rejects.toThrow();
    await stack.kafka.start();
    expect(stack.kafka.pid).not.toBe(before);
    expect(await topicsOf(stack.brokers)).toContain("survives-kill");
  });

  it("refuse to start what runs", async () => {
    await expect(stack.kafka.start()).rejects.toThrow("kafka is running already");
    expect(await topicsOf(stack.brokers)).toEqual(expect.any(Array));
  });

  it("stop a frozen registry and start it again", async () => {
    stack.registry.freeze();
    await expect(listSubjects(stack.registryUrl, 500)).rejects.toThrow();
    await stack.registry.stop();
    expect(stack.registry.pid).toBeUndefined();
    await stack.registry.start();
    expect(await listSubjects(stack.registryUrl)).toEqual([]);
  });

  it("freeze and thaw the registry", async () => {
    stack.registry.freeze();
    await expect(listSubjects(stack.registryUrl, 500)).rejects.toThrow();
    stack.registry.thaw();
    expect(await listSubjects(stack.registryUrl)).toEqual([]);
  });

  it("pass broker configs on", async () => {
    const described = await withAdmin(stack.brokers, async (admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          { type: ConfigResourceTypes.BROKER, name: "1", configNames: ["message.max.bytes"] },
        ],
      }),
    );
    expect(described.resources[0]?.configEntries[0]?.configValue).toBe("3000000");
  });

  it.each([
    ["none", 0],
    ["gzip", 1],
    ["snappy", 2],
    ["lz4", 3],
    ["zstd", 4],
  ] as const)("hold what a foreign producer wrote with %s", async (codec, number) => {
    const topic = `foreign-${codec}`;
    await createTopic(stack.brokers, topic);
    const lines = Array.from({ length: 500 }, (_, n) => `line ${n} ${"again and ".repeat(20)}`);
    await produceForeign({ brokers: stack.brokers, topic, codec, lines });
    const offsets = await withAdmin(stack.brokers, async (admin) => admin.fetchTopicOffsets(topic));
    expect(offsets).toMatchObject([{ low: "0", high: "500" }]);
    expect(await codecOfFirstBatch(stack, topic)).toBe(number);
  });
});

/** Kafka's record batch, version 2: the lowest three bits of `attributes`, a 16-bit number at 21. */
async function codecOfFirstBatch(stack: Stack, topic: string): Promise<number> {
  const port = stack.brokers[0]!.split(":")[1]!;
  const segment = `kafka-${port}/data/${topic}-0/00000000000000000000.log`;
  const file = await open(join(stack.folder!, segment));
  const { buffer } = await file.read(Buffer.alloc(23), 0, 23, 0);
  await file.close();
  return buffer.readInt16BE(21) & 0b111;
}

describe("npm run stack", () => {
  let stack: ChildProcess;
  let ready: { brokers: string[]; registryUrl: string; folder: string; pids: number[] };
  beforeEach(async () => {
    stack = spawn(process.execPath, ["--import", "tsx", "dev/stack/main.ts", "--json"], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface(stack.stdout!), "line")) as [string];
    ready = JSON.parse(line) as typeof ready;
  });
  afterEach(async () => {
    stack.kill("SIGKILL");
    await rm(ready.folder, { recursive: true, force: true });
  });

  it("prints where both parts answer, and leaves nothing when it is told to end", async () => {
    expect(await topicsOf(ready.brokers)).toEqual([]);
    expect(await listSubjects(ready.registryUrl)).toEqual([]);
    stack.kill("SIGTERM");
    expect(await once(stack, "exit")).toEqual([0, null]);
    expect(await Promise.all(ready.pids.map(hasEnded))).toEqual([true, true]);
    expect(existsSync(ready.folder)).toBe(false);
  });

  it("takes both parts along when it is killed", async () => {
    expect(await Promise.all(ready.pids.map(hasEnded))).toEqual([false, false]);
    stack.kill("SIGKILL");
    await expect
      .poll(async () => Promise.all(ready.pids.map(hasEnded)), patience)
      .toEqual([true, true]);
  });
});
