import { describe, expect, it } from "vitest";
import { retireLostSources } from "../../src/desk/retired-sources.ts";
import type { JournalRecord } from "../../src/journal/journal-record.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { aClaim, aClose, aDone, anAccepted, aRelease } from "../journal/records.ts";
import { aSource } from "../support/a-received-request.ts";

/** What a partition of the journal makes of these records. */
function statesOf(...records: readonly JournalRecord[]): ClaimStates {
  const states = new ClaimStates(0);
  records.forEach((record, offset) => {
    states.apply(record, { offset: BigInt(offset), appendedAt: 0 });
  });
  return states;
}

/** Looks while the requests topic begins as told; all is ours and nothing kept unless told. */
function retired(
  states: readonly ClaimStates[],
  low: Readonly<Record<number, bigint>>,
  { ours = [0, 1], kept = [] }: { readonly ours?: number[]; readonly kept?: string[] } = {},
): readonly string[] {
  const ended: string[] = [];
  const ranges = Object.entries(low).map(
    ([partition, at]) => [Number(partition), { low: at }] as const,
  );
  retireLostSources({ partitions: states }, new Map(ranges), {
    desk: {
      hasRecordOf: ({ request }) => kept.includes(request.requestId),
      retire: ({ request }) => void ended.push(request.requestId),
    },
    owns: (partition) => ours.includes(partition),
  });
  return ended;
}

/** Requests that were claimed and given back, each from the offset of its number in partition 0. */
const free = (...ids: readonly string[]): readonly JournalRecord[] =>
  ids.flatMap((requestId) => [
    aClaim(`claim of ${requestId}`, [{ requestId, source: aSource(Number(requestId)) }]),
    aRelease(`claim of ${requestId}`, [requestId]),
  ]);

describe("requests whose records were deleted by retention", () => {
  it("are ended when nobody will have them again, and no others", () => {
    expect(retired([statesOf(...free("3", "4", "5"))], { 0: 5n })).toStrictEqual(["3", "4"]);
  });

  it("are found in every partition of the journal", () => {
    const states = [statesOf(...free("1")), statesOf(...free("2", "9"))];
    expect(retired(states, { 0: 5n })).toStrictEqual(["1", "2"]);
  });

  it("are left to whoever has their partition", () => {
    expect(retired([statesOf(...free("1"))], { 0: 5n }, { ours: [1] })).toStrictEqual([]);
  });

  it("go on where this process has a record of them", () => {
    const states = [statesOf(...free("1", "2"))];
    expect(retired(states, { 0: 5n }, { kept: ["1"] })).toStrictEqual(["2"]);
  });

  it("are not given up while nobody knows where their partition begins", () => {
    expect(retired([statesOf(...free("1"))], { 1: 5n })).toStrictEqual([]);
  });

  it("are settled, not ended, once somebody may have called them", () => {
    const claimed = aClaim("c1", [{ requestId: "1" }]);
    const accepted = [aClaim("c2", [{ requestId: "2" }]), anAccepted("c2", ["2"])];
    const done = [aClaim("c3", [{ requestId: "3" }]), aDone("c3", ["3"])];
    const closed = aClose([{ requestId: "4" }]);
    const states = statesOf(claimed, ...accepted, ...done, closed, ...free("0"));
    expect([...states.entries].map(({ phase }) => phase).toSorted()).toStrictEqual([
      ...["accepted", "claimed", "done", "done", "free"],
    ]);
    expect(retired([states], { 0: 99n })).toStrictEqual(["0"]);
  });
});
