import { describe, expect, it } from "vitest";

import type { Priority } from "../../src/domain/rerun-request.ts";
import { Overflow } from "../../src/inbound/overflow.ts";
import { aDataWorksRerun, aReceived } from "../support/a-received-request.ts";

const at = (offset: number, priority: Priority = "NORMAL", target = `${offset}`) =>
  aReceived({ offset }, { priority, operation: aDataWorksRerun({ instanceIds: [target] }) });

function anOverflow(depths: Record<string, number>) {
  const overflow = new Overflow({ share: 10, depthOf: (provider) => depths[provider] ?? 0 });
  return { overflow, provider: at(0).request.provider };
}

describe("a lane with its share of memory", () => {
  it("takes what comes until its share is used up", () => {
    const depths: Record<string, number> = {};
    const { overflow, provider } = anOverflow(depths);
    depths[provider] = 9;
    expect(overflow.mustWait(at(1))).toBe(false);
    depths[provider] = 10;
    expect(overflow.mustWait(at(1))).toBe(true);
  });

  it("has more room for what is urgent, but not without end", () => {
    const depths: Record<string, number> = {};
    const { overflow, provider } = anOverflow(depths);
    depths[provider] = 10;
    expect(overflow.mustWait(at(1, "HIGH"))).toBe(false);
    depths[provider] = 11;
    expect(overflow.mustWait(at(1, "HIGH"))).toBe(true);
  });

  it("lets nothing overtake what waits outside, although there is room again", () => {
    const depths: Record<string, number> = {};
    const { overflow, provider } = anOverflow(depths);
    overflow.add(at(1));
    depths[provider] = 0;
    expect(overflow.mustWait(at(2))).toBe(true);
  });

  it("lets urgent ones pass what waits outside, unless they might share a target", () => {
    const { overflow } = anOverflow({});
    overflow.add(at(1, "NORMAL", "shared"));
    expect(overflow.mustWait(at(2, "HIGH", "another"))).toBe(false);
    expect(overflow.mustWait(at(3, "HIGH", "shared"))).toBe(true);
  });

  it("lets urgent ones pass what waits outside in other lanes, whatever their targets", () => {
    const { overflow } = anOverflow({});
    overflow.add(at(1, "NORMAL", "shared"));
    const { request, ...record } = at(2, "NORMAL", "own");
    overflow.add({ ...record, request: { ...request, provider: "another" } });
    const urgent = at(3, "HIGH", "own");
    expect(overflow.mustWait(urgent)).toBe(false);
    expect(
      overflow.mustWait({ ...urgent, request: { ...urgent.request, provider: "another" } }),
    ).toBe(true);
  });

  it("has room again below four fifths of its share, and then up to all of it", () => {
    const depths: Record<string, number> = {};
    const { overflow, provider } = anOverflow(depths);
    depths[provider] = 9;
    expect(overflow.roomOf(provider)).toBe(0);
    depths[provider] = 8;
    expect(overflow.roomOf(provider)).toBe(2);
  });
});

describe("what waits outside of memory", () => {
  it("comes in the order of its offsets, partitions taking turns", () => {
    const { overflow } = anOverflow({});
    const places = [
      [1, 5],
      [0, 9],
      [0, 2],
      [1, 4],
    ] as const;
    for (const [partition, offset] of places) overflow.add(aReceived({ partition, offset }));
    const [[, lane] = []] = overflow.waiting;
    const order: string[] = [];
    for (let place = lane?.next() ?? null; place !== null; place = lane?.next() ?? null) {
      order.push(`${place.partition}/${place.offset}`);
      lane?.drop(place);
    }
    expect(order.filter((one) => one.startsWith("0"))).toEqual(["0/2", "0/9"]);
    expect(order.filter((one) => one.startsWith("1"))).toEqual(["1/4", "1/5"]);
    expect(overflow.size).toBe(0);
  });

  it("is found when its time is over, the earliest first", () => {
    const { overflow } = anOverflow({});
    overflow.add(aReceived({ partition: 0, offset: 1 }, { notAfter: 2000 }));
    overflow.add(aReceived({ partition: 0, offset: 2 }, { notAfter: 1000 }));
    overflow.add(aReceived({ partition: 0, offset: 3 }));
    const [[, lane] = []] = overflow.waiting;
    expect(lane?.expired(1000)).toBeNull();
    expect(lane?.expired(3000)).toEqual({ partition: 0, offset: 2n });
    lane?.drop({ partition: 0, offset: 2n });
    expect(lane?.expired(3000)).toEqual({ partition: 0, offset: 1n });
  });

  it("is found when its record is about to be deleted", () => {
    const { overflow } = anOverflow({});
    overflow.add(aReceived({ partition: 3, offset: 7 }));
    const [[, lane] = []] = overflow.waiting;
    expect(lane?.dying(new Map([[3, 7n]]))).toBeNull();
    expect(lane?.dying(new Map([[3, 8n]]))).toEqual({ partition: 3, offset: 7n });
  });

  it("is forgotten with its partition", () => {
    const { overflow, provider } = anOverflow({});
    overflow.add(aReceived({ partition: 0, offset: 1 }));
    overflow.add(aReceived({ partition: 1, offset: 1 }));
    overflow.forget(0);
    expect([overflow.size, overflow.sizeOf(provider)]).toEqual([1, 1]);
    overflow.forget(1);
    expect(overflow.waiting).toEqual([]);
  });
});
