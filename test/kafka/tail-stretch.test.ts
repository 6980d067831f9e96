import { setImmediate as nextTurn } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Fetched, Leader } from "../../src/kafka/partition-reader.ts";
import { TailStretch } from "../../src/kafka/tail-stretch.ts";
import { UnbrokenPosition } from "../../src/kafka/unbroken-position.ts";
import { aFetched, messages } from "./a-fetched.ts";

const leaders: readonly Leader[] = [
  { nodeId: "1", partitions: [0] },
  { nodeId: "2", partitions: [1] },
];

/** Two brokers that lead a partition each, and answer when the test says so. */
class TwoBrokers {
  readonly read: string[] = [];
  caughtUp = 0;
  now = 0;
  readonly #asked = new Map<string, { answer: (fetched: Fetched) => void; fail: () => void }>();
  readonly #stretch = new TailStretch({
    reader: {
      fetch: async ({ nodeId }) =>
        new Promise((resolve, reject) => {
          this.#asked.set(nodeId, {
            answer: (fetched) => resolve([fetched]),
            fail: () => reject(new Error(`broker ${nodeId} is gone`)),
          });
        }),
    },
    topic: "journal",
    leaders,
    positions: new Map([0, 1].map((partition) => [partition, new UnbrokenPosition(0n)])),
    patienceMs: 3_000,
    now: () => this.now,
    onStep: (partition, step) => {
      if (step.kind === "read") {
        this.read.push(...step.messages.map(({ offset }) => `${partition}/${offset}`));
      }
    },
    onCaughtUp: () => (this.caughtUp += 1),
  });
  readonly ended = this.#stretch.read();

  constructor() {
    this.ended.catch(() => undefined);
  }

  stop(): void {
    this.#stretch.stop();
  }

  async answer(nodeId: "1" | "2", highWatermark: number, offsets: readonly number[] = []) {
    const fetched = aFetched(highWatermark, messages(...offsets));
    this.#asked.get(nodeId)!.answer({ ...fetched, partition: Number(nodeId) - 1 });
    await nextTurn();
  }

  async fail(nodeId: "1" | "2") {
    this.#asked.get(nodeId)!.fail();
    await nextTurn();
  }
}

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());

describe("a stretch of reading from several brokers", () => {
  it("is caught up when each of them has answered, however often one did", async () => {
    const brokers = new TwoBrokers();
    await brokers.answer("1", 0);
    await brokers.answer("1", 0);
    expect(brokers.caughtUp).toBe(0);
    await brokers.answer("2", 0);
    expect(brokers.caughtUp).toBe(1);
  });

  it("is caught up no longer when one of them was last asked more than a second ago", async () => {
    const brokers = new TwoBrokers();
    brokers.now = 5;
    await brokers.answer("1", 0);
    await brokers.answer("2", 0); // both were asked at 0
    brokers.now = 1_000;
    await brokers.answer("1", 0); // asked at 5
    expect(brokers.caughtUp).toBe(2);
    brokers.now = 1_001;
    await brokers.answer("1", 0);
    expect(brokers.caughtUp).toBe(2);
    await brokers.answer("2", 0); // asked at 5
    expect(brokers.caughtUp).toBe(3);
  });

  it("takes the records of an answer that took long, but is not caught up by it", async () => {
    const brokers = new TwoBrokers();
    await brokers.answer("1", 0);
    brokers.now = 60_000;
    await brokers.answer("2", 1, [0]);
    await brokers.answer("1", 0); // asked at 0
    expect(brokers.read).toEqual(["1/0"]);
    expect(brokers.caughtUp).toBe(0);
    await brokers.answer("1", 0);
    await brokers.answer("2", 1);
    expect(brokers.caughtUp).toBe(1);
  });

  it("is not caught up while a broker has more records", async () => {
    const brokers = new TwoBrokers();
    await brokers.answer("2", 0);
    await brokers.answer("1", 4, [0, 1]);
    expect(brokers.caughtUp).toBe(0);
    await brokers.answer("1", 4, [2, 3]);
    expect(brokers.caughtUp).toBe(1);
    expect(brokers.read).toEqual(["0/0", "0/1", "0/2", "0/3"]);
  });

  it("asks again only after a while when a broker has more but does not give it", async () => {
    const brokers = new TwoBrokers();
    await brokers.answer("1", 4);
    await brokers.answer("1", 4, [0]); // to the first question, so to nobody
    expect(brokers.read).toEqual([]);
    await vi.advanceTimersByTimeAsync(250);
    await brokers.answer("1", 4, [0]);
    expect(brokers.read).toEqual(["0/0"]);
  });

  it("ends with the first error, and takes no answer that comes later", async () => {
    const brokers = new TwoBrokers();
    await brokers.fail("1");
    await expect(brokers.ended).rejects.toThrow("broker 1 is gone");
    await brokers.answer("2", 1, [0]);
    expect(brokers.read).toEqual([]);
  });

  it("ends when one of them does not answer for longer than its patience", async () => {
    const brokers = new TwoBrokers();
    await brokers.answer("1", 0);
    await vi.advanceTimersByTimeAsync(2_999);
    await brokers.answer("1", 0);
    await vi.advanceTimersByTimeAsync(1);
    await expect(brokers.ended).rejects.toThrow(
      "no answer to a fetch of journal from broker 2 for 3000 ms",
    );
  });

  it("takes nothing more once it is stopped", async () => {
    const brokers = new TwoBrokers();
    brokers.stop();
    await brokers.answer("1", 1, [0]);
    await brokers.answer("2", 1, [0]);
    await expect(brokers.ended).resolves.toBeUndefined();
    expect(brokers.read).toEqual([]);
    expect(brokers.caughtUp).toBe(0);
  });
});
