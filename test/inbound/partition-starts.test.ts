import { expect, it } from "vitest";
import { PartitionStarts } from "../../src/inbound/partition-starts.ts";
import type { Watermark } from "../../src/journal/watermark.ts";
import { aRecord } from "./a-record.ts";
import { RecordingLog } from "./recording-log.ts";

const FOUND: Watermark = { era: 2, low: 5n, ranges: [{ from: 10n, to: 1000n }], anchor: null };

function theStarts(watermark: () => Watermark | null = () => FOUND) {
  const seeks: bigint[] = [];
  const starts = new PartitionStarts({
    watermarks: { of: watermark, void: async () => FOUND },
    seek: (_partition, offset) => void seeks.push(offset),
    ...{ anew: () => undefined, begun: () => undefined, failed: () => undefined },
    log: new RecordingLog(),
  });
  return { starts, seeks };
}

it("knows what was complete when the partition was gained, whatever is written since", () => {
  let present: Watermark = FOUND;
  const { starts } = theStarts(() => present);
  starts.gain(0);
  present = { era: 2, low: 5n, ranges: [{ from: 10n, to: 20n }], anchor: null };

  expect([4n, 5n, 10n, 999n, 1000n].map((at) => starts.wasComplete(0, at))).toStrictEqual([
    ...[true, false, true, true, false],
  ]);
});

it("knows what is complete by what was told since, where the partition began later", () => {
  let present: Watermark | null = null;
  const { starts } = theStarts(() => present);
  starts.gain(0);
  // The group's offset said where to begin, and is set back now.
  present = { era: 0, low: 8n, ranges: [{ from: 10n, to: 12n }], anchor: null };
  expect([0n, 7n, 8n, 11n].map((at) => starts.wasComplete(0, at))).toStrictEqual([
    ...[true, true, false, true],
  ]);

  present = { ...present, era: 1 };
  expect(starts.wasComplete(0, 0n)).toBe(false);
});

it("tells of what was not read again yet as it was found", () => {
  const { starts } = theStarts();
  starts.gain(0);
  const at = starts.watermarkAt(0, { low: 5n, ranges: [{ from: 10n, to: 500n }], next: 500n });

  expect(at).toStrictEqual({
    ...{ era: 2, low: 5n, anchor: null },
    ranges: [
      { from: 10n, to: 500n },
      { from: 500n, to: 1000n },
    ],
  });
});

it("never tells of less than was found", () => {
  const { starts } = theStarts();
  starts.gain(0);
  const at = starts.watermarkAt(0, { low: 2n, ranges: [{ from: 3n, to: 4n }], next: 4n });

  expect(at).toStrictEqual({ era: 2, low: 5n, ranges: [{ from: 10n, to: 1000n }], anchor: null });
});

it("tells only what was read once that is past what was found", () => {
  const { starts } = theStarts();
  starts.gain(0);
  starts.note(0, [aRecord(1999n)]);
  const at = starts.watermarkAt(0, { low: 2000n, ranges: [], next: 2000n });

  expect(at).toMatchObject({ era: 2, low: 2000n, ranges: [], anchor: { offset: 1999n } });
});

it("knows nothing of a partition that was lost", () => {
  const { starts, seeks } = theStarts();
  starts.gain(0);
  starts.lose(0);

  expect(seeks).toStrictEqual([5n]);
  expect(starts.wasComplete(0, 4n)).toBe(false);
});
