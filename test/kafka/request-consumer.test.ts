import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { KafkaConfig } from "../../src/config/config.ts";
import type { Consumer, Kafka } from "../../src/kafka/client.ts";
import { RequestConsumer } from "../../src/kafka/request-consumer.ts";
import { RecordingLog } from "../inbound/recording-log.ts";

type Listener = (event: { payload: unknown }) => void;
type EachBatch = (payload: { batch: unknown }) => Promise<void>;

/** kafkajs' side of a consumer, in the hands of the test. */
class FakeKafkaConsumer {
  readonly events = Object.fromEntries(
    ["GROUP_JOIN", "CRASH", "FETCH", "HEARTBEAT", "COMMIT_OFFSETS"].map((name) => [name, name]),
  );
  readonly paused = new Set<number>();
  readonly committed: unknown[] = [];
  connects: () => Promise<unknown> = async () => undefined;
  disconnects: () => Promise<void> = async () => undefined;
  storesCommits = true;
  inGroup = false;
  runs = 0;
  readonly #listeners = new Map<string, Listener>();
  #eachBatch: EachBatch | null = null;

  on(name: string, listener: Listener): void {
    this.#listeners.set(name, listener);
  }

  emit(name: string, payload?: unknown): void {
    this.#listeners.get(name)?.({ payload });
  }

  async connect(): Promise<void> {
    await this.connects();
  }

  async subscribe(): Promise<void> {}

  async run({ eachBatch }: { eachBatch: EachBatch }): Promise<void> {
    this.runs += 1;
    this.#eachBatch = eachBatch;
  }

  async disconnect(): Promise<void> {
    return this.disconnects();
  }

  pause([{ partitions }]: [{ partitions: number[] }]): void {
    if (!this.inGroup) throw new Error("Consumer group was not initialized");
    for (const partition of partitions) this.paused.add(partition);
  }

  resume([{ partitions }]: [{ partitions: number[] }]): void {
    if (!this.inGroup) throw new Error("Consumer group was not initialized");
    for (const partition of partitions) this.paused.delete(partition);
  }

  async commitOffsets(offsets: unknown): Promise<void> {
    if (!this.storesCommits) return;
    this.committed.push(offsets);
    this.emit("COMMIT_OFFSETS");
  }

  join(assigned: number[], memberId = "member-1"): void {
    this.inGroup = true;
    this.emit("GROUP_JOIN", { memberId, memberAssignment: { requests: assigned } });
  }

  crash(error: Error, restart: boolean): void {
    this.inGroup = false;
    if (restart) this.paused.clear();
    this.emit("CRASH", { error, restart });
  }

  async batch(partition: number, offsets: number[], value = Buffer.from("v")): Promise<void> {
    const messages = offsets.map((offset) => ({
      offset: String(offset),
      timestamp: "1",
      key: null,
      value,
      headers: { h: value },
    }));
    await this.#eachBatch?.({
      batch: { topic: "requests", partition, messages, highWatermark: "100" },
    });
  }
}

const config = {
  brokers: ["b1:9092", "b2:9092"],
  groupId: "g",
  heartbeatIntervalMs: 3_000,
  topics: { requests: "requests" },
} as unknown as KafkaConfig;

function aConsumer() {
  const made: FakeKafkaConsumer[] = [];
  let prepare: (fake: FakeKafkaConsumer) => void = () => undefined;
  const kafka = {
    consumer: () => {
      const fake = new FakeKafkaConsumer();
      prepare(fake);
      made.push(fake);
      return fake as unknown as Consumer;
    },
  } satisfies Pick<Kafka, "consumer">;
  const log = new RecordingLog();
  const told: unknown[] = [];
  const deaths: Error[] = [];
  const consumer = new RequestConsumer({ kafka, config, log });
  void consumer.died.then((error) => deaths.push(error));
  const handlers = {
    onAssignment: (assigned: readonly number[], epoch: number) =>
      void told.push([...assigned, `epoch ${epoch}`]),
    onRecords: (partition: number, records: readonly { offset: bigint }[], end: bigint) =>
      void told.push(`${partition}: ${records.map(({ offset }) => offset).join(" ")} of ${end}`),
  };
  return {
    consumer,
    made,
    log,
    told,
    deaths,
    handlers,
    prepareEach: (to: (fake: FakeKafkaConsumer) => void) => (prepare = to),
    start: async () => {
      consumer.start(handlers);
      await settle();
      return made[0]!;
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const settle = async () => vi.advanceTimersByTimeAsync(0);

describe("what is fetched", () => {
  test("is handed over with copies of its bytes, for assigned partitions only", async () => {
    const { start, handlers, told } = aConsumer();
    const given: Buffer[] = [];
    const original = handlers.onRecords;
    handlers.onRecords = (partition, records, end) => {
      given.push(...(records as unknown as { value: Buffer }[]).map(({ value }) => value));
      original(partition, records, end);
    };
    const kafkajs = await start();
    kafkajs.join([0]);
    const fetched = Buffer.from("before");
    await kafkajs.batch(0, [5, 7], fetched);
    await kafkajs.batch(1, [5]);
    fetched.write("after!");
    expect(told).toEqual([[0, "epoch 1"], "0: 5 7 of 100"]);
    expect(given.map(String)).toEqual(["before", "before"]);
  });

  test("is not handed over after stop", async () => {
    const { start, consumer, told } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0]);
    await consumer.stop(1_000);
    await kafkajs.batch(0, [5]);
    expect(told).toEqual([[0, "epoch 1"]]);
  });

  test("and its heartbeats leave their instants", async () => {
    const { start, consumer } = aConsumer();
    const kafkajs = await start();
    expect([consumer.lastFetchAt, consumer.lastHeartbeatAt]).toEqual([null, null]);
    kafkajs.emit("FETCH");
    await vi.advanceTimersByTimeAsync(500);
    kafkajs.emit("HEARTBEAT");
    expect([consumer.lastFetchAt, consumer.lastHeartbeatAt]).toEqual([
      Date.now() - 500,
      Date.now(),
    ]);
  });
});

describe("assignments", () => {
  test("are told with a growing epoch, kept ones too", async () => {
    const { start, told } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0, 1]);
    kafkajs.join([1]);
    kafkajs.join([1]);
    expect(told).toEqual([
      [0, 1, "epoch 1"],
      [1, "epoch 2"],
      [1, "epoch 3"],
    ]);
  });

  test("end with a crash, after which kafkajs comes back by itself", async () => {
    const { start, told, consumer, made, deaths } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0]);
    kafkajs.crash(new Error("closed connection"), true);
    expect(consumer.health()).toBe("the consumer crashed: closed connection");
    kafkajs.join([0], "member-2");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual([[0, "epoch 1"], ["epoch 2"], [0, "epoch 3"]]);
    expect(made).toHaveLength(1);
    expect(deaths).toEqual([]);
  });

  test("stay ours after a crash until kafkajs is a member again: work may go on meanwhile", async () => {
    const { start, told } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0, 1]);
    kafkajs.crash(new Error("closed connection"), true);
    expect(told).toEqual([[0, 1, "epoch 1"]]);
    kafkajs.join([1], "member-2");
    expect(told).toEqual([[0, 1, "epoch 1"], ["epoch 2"], [1, "epoch 3"]]);
  });

  test("were lost in between when this is a new member of the group", async () => {
    const { start, told } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0], "member-1");
    kafkajs.join([0], "member-2");
    expect(told).toEqual([[0, "epoch 1"], ["epoch 2"], [0, "epoch 3"]]);
  });
});

describe("pauses", () => {
  test("reach kafkajs, those told from within an assignment too", async () => {
    const { start, consumer, handlers } = aConsumer();
    handlers.onAssignment = () => {
      consumer.pause(1);
    };
    const kafkajs = await start();
    kafkajs.join([0, 1]);
    expect([...kafkajs.paused]).toEqual([1]);
    consumer.resume(1);
    expect([...kafkajs.paused]).toEqual([]);
  });

  test("are made again after a crash, which forgets them", async () => {
    const { start, consumer } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0, 1]);
    consumer.pause(1);
    expect([...kafkajs.paused]).toEqual([1]);
    kafkajs.crash(new Error("away"), true);
    kafkajs.join([0, 1]);
    expect([...kafkajs.paused]).toEqual([1]);
  });

  test("end also for a partition that was resumed while it was somebody else's", async () => {
    const { start, consumer } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0]);
    consumer.pause(0);
    kafkajs.join([]);
    consumer.resume(0);
    kafkajs.join([0]);
    expect([...kafkajs.paused]).toEqual([]);
  });

  test("in the moment of a crash are no failure", async () => {
    const { start, consumer, deaths } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0]);
    kafkajs.inGroup = false;
    consumer.pause(0);
    await settle();
    expect(deaths).toEqual([]);
  });
});

describe("commits", () => {
  test("go out for assigned partitions only", async () => {
    const { start, consumer } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0]);
    await consumer.commit(new Map([[0, 7n], [1, 9n]])); // prettier-ignore
    await consumer.commit(new Map([[1, 9n]]));
    expect(kafkajs.committed).toEqual([[{ topic: "requests", partition: 0, offset: "7" }]]);
  });

  test("that kafkajs swallowed while stopping are rejected", async () => {
    const { start, consumer } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0]);
    kafkajs.storesCommits = false;
    await expect(consumer.commit(new Map([[0, 7n]]))).rejects.toThrow("stopped");
  });
});

describe("while the brokers are away", () => {
  test("it keeps trying, with a new kafkajs consumer each time, and says why", async () => {
    const { start, consumer, made, prepareEach, deaths } = aConsumer();
    prepareEach((fake) => (fake.connects = async () => Promise.reject(new Error("ECONNREFUSED"))));
    expect(consumer.health()).toBe("connecting to b1:9092, b2:9092");
    await start();
    expect(consumer.health()).toBe("ECONNREFUSED");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(made.length).toBeGreaterThan(5);
    prepareEach(() => undefined);
    await vi.advanceTimersByTimeAsync(1_000);
    made.at(-1)!.join([0]);
    expect(consumer.health()).toBeNull();
    expect(deaths).toEqual([]);
  });

  test("a silent coordinator is told after four heartbeats", async () => {
    const { start, consumer } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0]);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(consumer.health()).toBeNull();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(consumer.health()).toBe("the group's coordinator has not answered for 13 s");
    kafkajs.emit("HEARTBEAT");
    expect(consumer.health()).toBeNull();
  });

  test("an end that kafkajs takes for final is only the end of one consumer", async () => {
    const { start, made, told, deaths } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0]);
    const cause = Object.assign(new Error("no coordinator"), {
      name: "KafkaJSGroupCoordinatorNotFound",
    });
    kafkajs.crash(new Error("gave up", { cause }), false);
    await vi.advanceTimersByTimeAsync(1_000);
    made[1]!.join([0]);
    await made[1]!.batch(0, [5]);
    expect(told).toEqual([[0, "epoch 1"], ["epoch 2"], [0, "epoch 3"], "0: 5 of 100"]);
    expect(deaths).toEqual([]);
  });
});

describe("it dies", () => {
  test("when kafkajs ends for good", async () => {
    const { start, consumer, made, deaths, log } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0]);
    const error = new TypeError("x is not a function");
    kafkajs.crash(error, false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(deaths).toEqual([error]);
    expect(made).toHaveLength(1);
    expect(consumer.health()).toBe("the consumer died: x is not a function");
    expect(log.events).toContain("fatal consumer.died");
  });

  test("when a record could not be handed over: no later one is, and nothing is committed", async () => {
    const { start, consumer, handlers, told, deaths } = aConsumer();
    const bug = new Error("bug");
    const original = handlers.onRecords;
    handlers.onRecords = () => {
      handlers.onRecords = original;
      throw bug;
    };
    const kafkajs = await start();
    kafkajs.join([0]);
    await kafkajs.batch(0, [5]);
    await kafkajs.batch(0, [6]);
    expect(deaths).toEqual([bug]);
    expect(told).toEqual([[0, "epoch 1"]]);
    await expect(consumer.commit(new Map([[0, 7n]]))).rejects.toThrow("not in its group");
    expect(kafkajs.committed).toEqual([]);
  });

  test("when an assignment could not be handed over, without a throw into kafkajs", async () => {
    const { start, handlers, deaths } = aConsumer();
    const bug = new Error("bug");
    handlers.onAssignment = () => {
      throw bug;
    };
    const kafkajs = await start();
    expect(() => kafkajs.join([0])).not.toThrow();
    await settle();
    expect(deaths).toEqual([bug]);
  });
});

describe("stop", () => {
  test("ends in time even if kafkajs does not", async () => {
    const { start, consumer } = aConsumer();
    const kafkajs = await start();
    kafkajs.join([0]);
    kafkajs.disconnects = async () => new Promise(() => {});
    let isStopped = false;
    void consumer.stop(5_000).then(() => (isStopped = true));
    await vi.advanceTimersByTimeAsync(4_999);
    expect(isStopped).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isStopped).toBe(true);
  });

  test("while connecting: the consumer never runs", async () => {
    const { consumer, prepareEach, start } = aConsumer();
    let connected: (value?: unknown) => void = () => undefined;
    prepareEach(
      (fake) => (fake.connects = async () => new Promise((resolve) => (connected = resolve))),
    );
    const kafkajs = await start();
    const stopped = consumer.stop(5_000);
    connected();
    await stopped;
    await settle();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(kafkajs.runs).toBe(0);
  });
});
