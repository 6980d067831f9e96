import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { CALL_END_KINDS } from "../../src/domain/call-end.ts";
import { isFinal } from "../../src/domain/outcome.ts";
import { PRIORITIES, type Priority } from "../../src/domain/rerun-request.ts";
import type { DecodedRequest } from "../../src/inbound/decode-request.ts";
import { Intake } from "../../src/inbound/intake.ts";
import { MemoryJournal } from "../../src/journal/memory-journal.ts";
import type { KafkaRecord } from "../../src/kafka/record.ts";
import { RequestDesk } from "../../src/request-desk.ts";
import type { TrackEnd } from "../../src/tracking/call-tracker.ts";
import { aRecord } from "../inbound/a-record.ts";
import { FakeDeadLetters, FakeFeed } from "../inbound/fakes.ts";
import { RecordingLog } from "../inbound/recording-log.ts";
import { aLane } from "../lanes/a-lane.ts";
import { aDataWorksRerun, aReceived } from "../support/a-received-request.ts";
import { anEnd } from "../support/call-ends.ts";

afterEach(() => void vi.useRealTimers());

const PARTITIONS = [0, 1, 2] as const;
const EPOCH = 1_700_000_000_000;

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      produce: fc.constantFrom(...PARTITIONS),
      id: fc.integer({ min: 1, max: 8 }),
      priority: fc.constantFrom(...PRIORITIES),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      fetch: fc.constantFrom(...PARTITIONS),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ assign: fc.subarray([...PARTITIONS]) }) },
  {
    weight: 6,
    arbitrary: fc.record({ end: fc.constantFrom(...CALL_END_KINDS, "started"), pick: fc.nat() }),
  },
  { weight: 3, arbitrary: fc.record({ endJob: fc.nat() }) },
  { weight: 5, arbitrary: fc.record({ pass: fc.oneof(fc.nat(50), fc.nat(40_000)) }) },
);
// Short schedules hardly get a request past its first call.
const schedule = fc.array(step, { minLength: 40, maxLength: 200, size: "max" });
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Intake, desk, journal and lane as the service wires them, between a model of Kafka and one of a cloud. */
class Rig {
  readonly log = PARTITIONS.map((): KafkaRecord[] => []);
  readonly finals: string[] = [];
  readonly failures: unknown[] = [];
  readonly jobs: ((end: TrackEnd) => void)[] = [];
  readonly lane: ReturnType<typeof aLane>;
  mostAtOnce = 0;
  readonly #feed = new FakeFeed();
  readonly #intake: Intake;
  readonly #positions = new Map<number, number>();
  #epoch = 0;

  constructor() {
    const desk = new RequestDesk({
      journal: new MemoryJournal(),
      publish: async ({ status, echo }) => {
        // Kafka takes its time, now more, now less.
        await new Promise((resolve) => setTimeout(resolve, this.finals.length % 3));
        if (isFinal(status)) this.finals.push(echo.requestId);
      },
      complete: (source) => this.#intake.complete(source),
      keeps: (source) => this.#intake.keeps(source),
      onDuplicate: () => undefined,
      onPublished: () => undefined,
      onFailure: (error) => void this.failures.push(error),
      epoch: () => Date.now(),
    });
    this.lane = aLane({ desk, maxConcurrentCalls: 3 });
    desk.open("dataworks-sh", {
      ...{ kind: "alibaba-dataworks", operations: ["DataWorksRerunTaskInstances"] },
      lane: this.lane.lane,
      tracker: { follow: async () => new Promise((resolve) => void this.jobs.push(resolve)) },
      judge: {
        judge: async ({ targets }) =>
          targets.map((target) => ({ target, finding: "cannot-tell", why: "" })),
      },
      until: "submitted",
      calls: { concluded: () => undefined },
      objection: () => null,
    });
    this.#intake = new Intake({
      ...{ feed: this.#feed, desk, deadLetters: new FakeDeadLetters(), log: new RecordingLog() },
      decoder: { decode: async (record) => Promise.resolve(decoded(record)) },
      metrics: { requestReceived: () => undefined, deadLettered: () => undefined },
      maxWaiting: 1000,
      failed: (error) => void this.failures.push(error),
    });
    this.#intake.start();
  }

  async take(one: Step): Promise<void> {
    if ("produce" in one) {
      const records = this.log[one.produce] ?? [];
      const key = Buffer.from(`${one.id} ${one.priority}`);
      records.push(aRecord(BigInt(records.length), { partition: one.produce, key }));
    } else if ("fetch" in one) {
      this.fetch(one.fetch, one.count);
    } else if ("assign" in one) {
      this.assign(one.assign);
    } else if ("end" in one) {
      const open = this.lane.provider.open[one.pick % Math.max(1, this.lane.provider.open.length)];
      await open?.end(one.end === "started" ? anEnd.started("job") : anEnd[one.end]());
    } else if ("endJob" in one) {
      this.jobs.splice(one.endJob % Math.max(1, this.jobs.length), 1)[0]?.({
        kind: "ended",
        by: "job",
        targets: [],
      });
    } else {
      await vi.advanceTimersByTimeAsync(one.pass);
    }
    const ids = this.lane.provider.open.map(({ id }) => id);
    const mostOfOne = Math.max(0, ...ids.map((id) => ids.filter((other) => other === id).length));
    this.mostAtOnce = Math.max(this.mostAtOnce, mostOfOne);
  }

  fetch(partition: number, count: number): void {
    const position = this.#positions.get(partition);
    if (position === undefined) return;
    const records = (this.log[partition] ?? []).slice(position, position + count);
    this.#positions.set(partition, position + records.length);
    this.#intake.onRecords(partition, records, BigInt(this.log[partition]?.length ?? 0));
  }

  /** A rebalance: everything that is ours is delivered again from what was committed. */
  assign(partitions: readonly number[]): void {
    this.#epoch += 1;
    this.#intake.onAssignment(partitions, this.#epoch);
    this.#positions.clear();
    for (const partition of partitions) this.#positions.set(partition, this.committed(partition));
  }

  committed(partition: number): number {
    const offsets = this.#feed.commits.flat().filter(([one]) => one === partition);
    return Number(offsets.at(-1)?.[1] ?? 0n);
  }

  async close(): Promise<void> {
    await this.#intake.finalCommit();
    await this.lane.lane.stop();
  }
}

function decoded(record: KafkaRecord): DecodedRequest {
  const [id = "", priority] = String(record.key).split(" ");
  const received = aReceived(
    { offset: Number(record.offset), partition: record.partition },
    {
      requestId: `r-${id}`,
      priority: priority as Priority, // written so above
      operation: aDataWorksRerun({ instanceIds: [id] }),
    },
  );
  return { kind: "request", received };
}

it("every request gets exactly one final outcome, and every offset is committed in the end", async () => {
  const runs = fc.asyncProperty(schedule, async (steps) => {
    vi.useFakeTimers({ now: EPOCH });
    const rig = new Rig();
    rig.assign(PARTITIONS);
    for (const one of steps) await rig.take(one);

    rig.assign(PARTITIONS);
    for (const partition of PARTITIONS) rig.fetch(partition, 1000);
    const asked = rig.log.flat().map(({ key }) => `r-${String(key).split(" ")[0] ?? ""}`);
    const wanted = [...new Set(asked)].toSorted();
    for (let turn = 0; turn < 30 && rig.finals.length < wanted.length; turn++) {
      await vi.advanceTimersByTimeAsync(301_000);
      for (const open of [...rig.lane.provider.open]) await open.end();
      for (const end of rig.jobs.splice(0)) end({ kind: "ended", by: "job", targets: [] });
    }
    await vi.advanceTimersByTimeAsync(10_000);
    await rig.close();

    expect(rig.failures).toStrictEqual([]);
    expect(rig.finals.toSorted()).toStrictEqual(wanted);
    expect(PARTITIONS.map((one) => rig.committed(one))).toStrictEqual(
      rig.log.map((records) => records.length),
    );
    expect(rig.mostAtOnce).toBeLessThanOrEqual(1);
  });
  await fc.assert(runs, { numRuns: 150 });
}, 120_000);
