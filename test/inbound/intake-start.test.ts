import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { anchorOf } from "../../src/journal/anchor.ts";
import type { Watermark } from "../../src/journal/watermark.ts";
import { aRecord, records } from "./a-record.ts";
import { aSource } from "./a-request.ts";
import { anIntake } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = async () => vi.advanceTimersByTimeAsync(0);

/** Complete up to 10 and from 12 to 14, known by the record at 8. */
const watermark: Watermark = {
  era: 0,
  low: 10n,
  ranges: [{ from: 12n, to: 14n }],
  anchor: anchorOf(aRecord(8n)),
};

/** An intake whose checkpoint knows partition 0. */
function anIntakeWithCheckpoint(known: Watermark = watermark) {
  const parts = anIntake();
  parts.watermarks.known.set(0, known);
  return parts;
}

describe("a partition that the checkpoint knows", () => {
  test("is read from the record by which it is recognised, whatever the group committed", () => {
    const { intake, feed } = anIntakeWithCheckpoint();
    intake.onAssignment([0, 1], 1);
    expect(feed.seeks).toEqual(["0/8"]);
  });

  test("is not sought in again while it stays ours", async () => {
    const { intake, feed, desk } = anIntakeWithCheckpoint();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(8n, 8), 16n);
    await settle();
    intake.onAssignment([0, 1], 2);
    intake.onRecords(0, records(11n, 6), 17n);
    await settle();
    expect(feed.seeks).toEqual(["0/8"]);
    expect(desk.received).toEqual([10n, 11n, 14n, 15n, 16n]);
  });

  test("hands over what is not complete, counts the rest and commits past it", async () => {
    const { intake, feed, desk, counted, log } = anIntakeWithCheckpoint();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(8n, 8), 16n);
    await settle();
    expect(desk.received).toEqual([10n, 11n, 14n, 15n]);
    expect(counted).toContain("complete 4");
    expect(log.events).toContain("info intake.complete-already");
    for (const offset of [10n, 11n]) intake.complete(aSource(offset));
    await intake.finalCommit();
    expect(feed.commits).toEqual([[[0, 14n]]]);
  });

  test("works nothing that came before its start, and asks for the start again", async () => {
    const { intake, feed, desk } = anIntakeWithCheckpoint();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(2n, 14), 16n);
    await settle();
    expect(desk.received).toEqual([]);
    expect(feed.seeks).toEqual(["0/8", "0/8"]);
    intake.onRecords(0, records(8n, 8), 16n);
    await settle();
    expect(desk.received).toEqual([10n, 11n, 14n, 15n]);
  });

  test("goes on with a warning when the record by which it is recognised was deleted", async () => {
    const { intake, desk, log } = anIntakeWithCheckpoint();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(9n, 3), 12n);
    await settle();
    expect(desk.received).toEqual([10n, 11n]);
    expect(log.events).toContain("warn watermark.doubtful");
  });

  test("is begun at the newest checkpoint each time it comes back", async () => {
    const { intake, feed, watermarks, desk } = anIntakeWithCheckpoint();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(8n, 3), 16n);
    await settle();
    intake.onAssignment([], 2);
    watermarks.known.set(0, { era: 0, low: 15n, ranges: [], anchor: anchorOf(aRecord(14n)) });
    intake.onAssignment([0], 3);
    intake.onRecords(0, records(14n, 2), 16n);
    await settle();
    expect(feed.seeks).toEqual(["0/8", "0/14"]);
    expect(desk.received).toEqual([10n, 15n]);
  });
});

describe("a partition that was lost before its start was found", () => {
  test("is read from where the group stands when the checkpoint knows it no more", async () => {
    const { intake, watermarks, feed, desk } = anIntakeWithCheckpoint();
    intake.onAssignment([0], 1);
    intake.onAssignment([], 2);
    watermarks.known.clear();
    intake.onAssignment([0], 3);
    intake.onRecords(0, records(3n, 2), 5n);
    await settle();
    expect(desk.received).toEqual([3n, 4n]);
    expect(feed.seeks).toEqual(["0/8"]);
  });
});

describe("a partition that was made anew", () => {
  const aNewTopic = (count: number) =>
    records(0n, count).map((record) => ({ ...record, timestamp: "1800000000000" }));

  test("is read from its beginning, once everybody can know that it is another one", async () => {
    const { intake, feed, watermarks, desk, log } = anIntakeWithCheckpoint();
    let tell: () => void = () => undefined;
    watermarks.voiding = new Promise((resolve) => (tell = resolve));
    intake.onAssignment([0], 1);
    intake.onRecords(0, aNewTopic(5), 5n);
    await settle();
    expect(watermarks.voided).toEqual([0]);
    expect([desk.received, [...feed.paused], intake.openCount]).toEqual([[], [0], 0]);
    expect(log.events).toContain("error watermark.void");

    tell();
    await settle();
    expect([feed.seeks, [...feed.paused]]).toEqual([["0/8", "0/0"], []]);
    intake.onRecords(0, aNewTopic(5), 5n);
    await settle();
    expect(desk.received).toEqual([0n, 1n, 2n, 3n, 4n]);
  });

  test("is noticed by the record where the old one had another, however long it is by now", async () => {
    const { intake, watermarks, desk } = anIntakeWithCheckpoint();
    intake.onAssignment([0], 1);
    intake.onRecords(0, aNewTopic(100).slice(8), 100n);
    await settle();
    expect(watermarks.voided).toEqual([0]);
    expect(desk.received).toEqual([]);
  });

  test("is worked anew, whatever this process had finished or begun in the old one", async () => {
    const { intake, feed, desk } = anIntakeWithCheckpoint();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(8n, 8), 16n);
    await settle();
    intake.complete(aSource(10n));
    desk.goingOn.add(11n);
    intake.onAssignment([], 2);
    expect(intake.openCount).toBe(1);
    desk.received.length = 0;

    intake.onAssignment([0], 3);
    intake.onRecords(0, aNewTopic(12).slice(8), 12n);
    await settle();
    expect([intake.openCount, feed.seeks.at(-1)]).toEqual([0, "0/0"]);
    intake.onRecords(0, aNewTopic(12), 12n);
    await settle();
    expect(desk.received).toEqual(Array.from({ length: 12 }, (_, offset) => BigInt(offset)));
    expect(intake.openCount).toBe(12);
  });

  test("is told of as of its new era, and the old one never is", async () => {
    const { intake, watermarks } = anIntakeWithCheckpoint({ ...watermark, era: 4 });
    let tell: () => void = () => undefined;
    watermarks.voiding = new Promise((resolve) => (tell = resolve));
    intake.onAssignment([0], 1);
    intake.onRecords(0, aNewTopic(5), 5n);
    expect([...intake.watermarks()]).toEqual([]);

    tell();
    await settle();
    intake.onRecords(0, aNewTopic(5), 5n);
    expect(intake.watermarks().get(0)).toMatchObject({ era: 5, low: 0n });
  });

  test("is left to whoever has it by the time that this can be known", async () => {
    const { intake, feed, watermarks } = anIntakeWithCheckpoint();
    let tell: () => void = () => undefined;
    watermarks.voiding = new Promise((resolve) => (tell = resolve));
    intake.onAssignment([0], 1);
    intake.onRecords(0, aNewTopic(5), 5n);
    intake.onAssignment([], 2);
    tell();
    await settle();
    expect(feed.seeks).toEqual(["0/8"]);
    expect([...feed.paused]).toEqual([]);
  });

  test("leaves others alone", async () => {
    const { intake, feed, desk } = anIntakeWithCheckpoint();
    intake.onAssignment([0, 1], 1);
    intake.onRecords(1, records(50n, 1, 1), 51n);
    intake.onRecords(0, aNewTopic(5), 5n);
    intake.onRecords(1, records(51n, 1, 1), 52n);
    await settle();
    expect(desk.places).toEqual(["1/50", "1/51"]);
    expect(feed.seeks.filter((seek) => seek.startsWith("1/"))).toEqual([]);
  });

  test("ends the process when nobody can be told", async () => {
    const { intake, watermarks, failures } = anIntakeWithCheckpoint();
    const failure = new Error("Kafka is away");
    watermarks.voiding = Promise.reject(failure);
    intake.onAssignment([0], 1);
    intake.onRecords(0, aNewTopic(5), 5n);
    await settle();
    expect(failures).toEqual([failure]);
  });
});

describe("where the partitions stand", () => {
  test("is told with what is complete above, and a record below by which it is recognised", async () => {
    const { intake } = anIntake();
    intake.onAssignment([0, 1], 1);
    intake.onRecords(0, records(5n, 8), 13n);
    await settle();
    for (const offset of [5n, 6n, 8n, 9n, 12n]) intake.complete(aSource(offset));
    expect(intake.watermarks()).toEqual(
      new Map([
        [
          0,
          {
            era: 0,
            low: 7n,
            ranges: [
              { from: 8n, to: 10n },
              { from: 12n, to: 13n },
            ],
            anchor: anchorOf(aRecord(5n)),
          },
        ],
      ]),
    );
  });

  test("is not told before the first records are believed", async () => {
    const { intake } = anIntakeWithCheckpoint();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(2n, 3), 16n);
    expect([...intake.watermarks()]).toEqual([]);
    intake.onRecords(0, records(8n, 3), 16n);
    expect(intake.watermarks().get(0)).toMatchObject({ low: 10n, anchor: { offset: 8n } });
  });

  test("is told as of the era in which the partition was begun, whatever others found since", () => {
    const { intake, watermarks } = anIntakeWithCheckpoint({ ...watermark, era: 4 });
    intake.onAssignment([0], 1);
    watermarks.known.set(0, { era: 5, low: 0n, ranges: [], anchor: null });
    intake.onRecords(0, records(8n, 3), 16n);

    expect(intake.watermarks().get(0)).toMatchObject({ era: 4, low: 10n });
  });

  test("is not told of what is somebody else's", async () => {
    const { intake } = anIntake();
    intake.onAssignment([0, 1], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    intake.onRecords(1, records(5n, 1, 1), 6n);
    intake.onAssignment([1], 2);
    expect([...intake.watermarks().keys()]).toEqual([1]);
    expect([intake.owns(0), intake.owns(1)]).toEqual([false, true]);
  });

  test("knows no record of before the partition was lost", async () => {
    const { intake } = anIntake();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 3), 8n);
    intake.onAssignment([], 2);
    intake.onAssignment([0], 3);
    intake.onRecords(0, records(7n, 1), 8n);
    expect(intake.watermarks().get(0)).toEqual({ era: 0, low: 7n, ranges: [], anchor: null });
  });
});

test("whose partitions are whose can be asked when a change is told", () => {
  const { intake, assignments } = anIntake();
  intake.onAssignment([0, 2], 1);
  intake.onAssignment([2, 3], 2);
  intake.onAssignment([], 3);
  expect(assignments).toEqual(["0,2", "2,3", ""]);
});
