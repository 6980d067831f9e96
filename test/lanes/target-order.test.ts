import { describe, expect, it } from "vitest";
import { Shelves, type Queued } from "../../src/lanes/shelves.ts";
import { TargetOrder } from "../../src/lanes/target-order.ts";
import { arrivalOf, WaitingRequest } from "../../src/lanes/waiting-request.ts";
import { aReceived, aTencentRerun } from "../support/a-received-request.ts";
import { packing } from "../support/packing.ts";

const shelves = new Shelves(packing);

function waitingFor(offset: number, instanceKeys: readonly string[]): Queued {
  const operation = aTencentRerun({ instanceKeys });
  const received = aReceived({ offset }, { operation });
  const shelf = shelves.enter(operation);
  return new WaitingRequest(received, {
    ...{ sequence: offset, shelf, arrival: arrivalOf(received, null) },
  });
}

function entered(targets: readonly (readonly string[])[]) {
  const order = new TargetOrder<Queued>();
  const all = targets.map((keys, offset) => waitingFor(offset, keys));
  for (const one of all) order.enter(one, one.received.request.operation);
  return { order, all };
}

describe("the order of a target's requests", () => {
  it("keeps nothing of targets that nobody waits for any more", () => {
    const { order, all } = entered([["a"], ["a", "b"], ["b"], ["a", "c"], ["c"]]);
    const sizes = [order.size];
    for (const one of all) order.leave(one);
    sizes.push(order.size);

    expect(sizes).toStrictEqual([3, 0]);
  });

  it("keeps nothing when the last ones leave first", () => {
    const { order, all } = entered([["a"], ["a", "b"], ["b"], ["a", "c"], ["c"]]);
    const freed = all.toReversed().flatMap((one) => order.leave(one));

    expect(freed).toStrictEqual([]);
    expect(order.size).toBe(0);
  });

  it("frees a request when nobody stands before it for any of its targets", () => {
    const { order, all } = entered([["a"], ["b"], ["a", "b"]]);
    const [first, second, third] = all;

    expect(third?.blockers).toBe(2);
    expect(order.leave(second!)).toStrictEqual([]);
    expect(order.leave(first!)).toStrictEqual([third]);
  });

  it("counts a target once that a request names under two spellings of one number", () => {
    const { order, all } = entered([["a", "a"], ["a"]]);

    expect(all.map(({ blockers }) => blockers)).toStrictEqual([0, 1]);
    expect(order.leave(all[0]!)).toStrictEqual([all[1]]);
  });

  it("follows nobody behind one that stays", () => {
    const { order, all } = entered([["a"], ["a"], ["a"]]);
    const followers = order.follow();

    expect(followers.went(all[1]!)).toStrictEqual([]);
    expect(followers.went(all[0]!)).toStrictEqual([all[1]]);
  });
});
