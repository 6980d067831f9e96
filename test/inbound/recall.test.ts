import { describe, expect, it } from "vitest";

import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import type { DecodedRequest } from "../../src/inbound/decode-request.ts";
import { Overflow } from "../../src/inbound/overflow.ts";
import type { Place } from "../../src/inbound/place-heap.ts";
import { Recall } from "../../src/inbound/recall.ts";
import { silentLog } from "../../src/observability/silent-log.ts";
import { aReceived } from "../support/a-received-request.ts";
import { aRecord } from "./a-record.ts";

const SHARE = 10;

/** A lane's overflow with the offsets 0 to `count` - 1 of one partition, and a topic that has them. */
function aRecall(
  count: number,
  { gone = [] as number[], notAfter = null as number | null, others = 0 } = {},
) {
  const state = { depth: SHARE, epoch: 0, isAway: false, isRegistryAway: false };
  const dyingBelow = new Map<number, bigint>();
  const overflow = new Overflow({ share: SHARE, depthOf: () => state.depth });
  const known = new Map<bigint, ReceivedRequest>();
  for (let offset = 0; offset < count; offset += 1) {
    const received = aReceived({ offset }, { notAfter });
    known.set(BigInt(offset), received);
    overflow.add(received);
  }
  for (let offset = 1000; offset < 1000 + others; offset += 1) {
    const received = aReceived({ offset }, { provider: "another", notAfter });
    known.set(BigInt(offset), received);
    overflow.add(received);
  }
  const recalled: string[] = [];
  const lost: Place[] = [];
  let reads = 0;
  const recall = new Recall({
    overflow,
    read: async (partition, from) => {
      if (state.isAway) throw new Error("no broker answers");
      reads += 1;
      const offsets = Array.from({ length: 5 }, (_, n) => from + BigInt(n));
      const there = offsets.filter((one) => known.has(one) && !gone.includes(Number(one)));
      return Promise.resolve(there.map((offset) => aRecord(offset, { partition })));
    },
    decoder: {
      decode: async ({ offset }): Promise<DecodedRequest> => {
        if (state.isRegistryAway) return Promise.resolve({ kind: "unavailable", message: "away" });
        const received = known.get(offset) ?? aReceived({ offset: Number(offset) });
        return Promise.resolve({ kind: "request", received });
      },
    },
    recalled: ({ source }, why) => {
      state.depth += 1;
      recalled.push(`${source.offset} ${why}`);
    },
    gone: (place) => void lost.push(place),
    dyingBelow: () => dyingBelow,
    epoch: () => state.epoch,
    log: silentLog,
  });
  return { recall, overflow, state, dyingBelow, recalled, lost, reads: () => reads };
}

describe("requests that wait outside of memory", () => {
  it("are left alone while their lane is well filled", async () => {
    const { recall, recalled, reads } = aRecall(20);
    await recall.look();
    expect([recalled, reads()]).toEqual([[], 0]);
    expect(recall.runnable).toBe(false);
  });

  it("are read again in their order until the lane is full, several with one question", async () => {
    const { recall, state, recalled, overflow, reads } = aRecall(20);
    state.depth = 2;
    expect(recall.runnable).toBe(true);
    await recall.look();
    expect(recalled).toEqual(Array.from({ length: 8 }, (_, n) => `${n} room`));
    expect(overflow.size).toBe(12);
    expect(reads()).toBe(2);
  });

  it("are read again when their time is over, however full the lane is, all that one answer holds", async () => {
    const { recall, state, recalled, reads } = aRecall(3, { notAfter: 1000 });
    state.epoch = 1001;
    await recall.look();
    expect(recalled.toSorted()).toEqual(["0 expired", "1 expired", "2 expired"]);
    expect(reads()).toBe(1);
  });

  it("are read again before their records are deleted", async () => {
    const { recall, dyingBelow, recalled } = aRecall(4);
    dyingBelow.set(0, 2n);
    await recall.look();
    expect(recalled).toEqual(["0 retention", "1 retention"]);
  });

  it("are told when their records are gone, and do not hold up the others", async () => {
    const { recall, state, recalled, lost, overflow } = aRecall(4, { gone: [0, 2] });
    state.depth = 0;
    await recall.look();
    expect(lost.map(({ offset }) => offset)).toEqual([0n, 2n]);
    expect(recalled).toEqual(["1 room", "3 room"]);
    expect(overflow.size).toBe(0);
  });

  it("go on waiting while brokers or registry are away", async () => {
    const { recall, state, recalled, overflow } = aRecall(4);
    state.depth = 0;
    state.isAway = true;
    await expect(recall.look()).rejects.toThrow("no broker answers");
    state.isAway = false;
    state.isRegistryAway = true;
    await expect(recall.look()).rejects.toThrow("away");
    expect([overflow.size, recalled]).toEqual([4, []]);
    state.isRegistryAway = false;
    await recall.look();
    expect(recalled).toHaveLength(4);
  });

  it("of one lane do not keep those of another waiting, however many they are", async () => {
    const { recall, state, recalled } = aRecall(12, { notAfter: 1000, others: 1 });
    state.epoch = 1001;
    await recall.look();

    // One answer holds five.
    expect(recalled.slice(0, 6)).toContain("1000 expired");
    expect(recalled).toHaveLength(13);
  });

  it("are not taken over when their partition was lost while they were read", async () => {
    const { recall, state, recalled, overflow } = aRecall(4);
    state.depth = 0;
    const looking = recall.look();
    overflow.forget(0);
    await looking;
    expect(recalled).toEqual([]);
  });
});
