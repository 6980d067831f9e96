import { describe, expect, it } from "vitest";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import { type Queued, RequestQueue } from "../../src/lanes/request-queue.ts";
import { RISES_EVERY_MS } from "../../src/lanes/turn-order.ts";
import { packing } from "../support/packing.ts";
import {
  aDataWorksRerun,
  aReceived,
  type aRequest,
  aTencentRerun,
} from "../support/a-received-request.ts";

const EPOCH = 1_700_000_000_000;

/** A queue between clocks that the test sets. */
function aQueue(clock = { at: 0, wall: EPOCH }): RequestQueue {
  return new RequestQueue(packing, { now: () => clock.at, epoch: () => clock.wall });
}

/** A request for a target of its own. */
function alone(offset: number, overrides: Parameters<typeof aRequest>[0] = {}): ReceivedRequest {
  return aReceived(
    { offset },
    { operation: aDataWorksRerun({ instanceIds: [`${offset + 1}`] }), ...overrides },
  );
}

/** Takes whose turn it is, of any operation. */
function takeFirst(queue: RequestQueue, now: number): Queued | undefined {
  const waiting = queue.first(now, () => true);
  if (waiting !== undefined) queue.take(waiting);
  return waiting;
}

/** Offsets in the order in which they go when every call ends at once. */
function drained(queue: RequestQueue, now = 0): number[] {
  const offsets: number[] = [];
  for (let one = takeFirst(queue, now); one !== undefined; one = takeFirst(queue, now)) {
    queue.left(one);
    offsets.push(Number(one.offset));
  }
  return offsets;
}

function offsetsOf(all: Iterable<Queued>): number[] {
  return [...all].map(({ offset }) => Number(offset));
}

describe("a lane's queue", () => {
  it("lets the more urgent go first, and among equals the one that came first", () => {
    const queue = aQueue();
    const arrivals = ["LOW", "NORMAL", "HIGH", "NORMAL", "HIGH", "LOW"] as const;
    arrivals.forEach((priority, offset) => queue.add(alone(offset, { priority })));

    const order = arrivals.map(() => Number(takeFirst(queue, 0)?.received.source.offset));

    expect(order).toStrictEqual([2, 4, 1, 3, 0, 5]);
  });

  it("tells of an arrival whether anybody must look at it before its turn", () => {
    const queue = aQueue();
    const other = aTencentRerun({ instanceKeys: ["20250714_2025-10-01 00:00:00"] });

    expect(queue.add(alone(0))).toBe(true);
    expect(queue.add(alone(1))).toBe(false);
    expect(queue.add(alone(2, { priority: "HIGH" }))).toBe(true);
    expect(queue.add(alone(3, { operation: other }))).toBe(true);
    // One stands behind another one's target, may go at a time of its own, must go by then.
    expect(queue.add(alone(4, { operation: aDataWorksRerun({ instanceIds: ["1"] }) }))).toBe(true);
    expect(queue.add(alone(5, { notBefore: EPOCH + 1000 }))).toBe(true);
    expect(queue.add(alone(6, { notAfter: EPOCH + 1000 }))).toBe(true);
  });

  it("puts one that comes back to its old place among its equals", () => {
    const queue = aQueue();
    [0, 1].forEach((offset) => queue.add(alone(offset)));
    const first = takeFirst(queue, 0)!;
    queue.putBack(first, 10);

    expect(queue.nextDueAt(9, () => 0)).toBe(0);
    expect(takeFirst(queue, 10)).toBe(first);
  });

  it("puts one that comes back behind its equals where that is wanted, not behind the less urgent", () => {
    const queue = aQueue();
    [0, 1].forEach((offset) => queue.add(alone(offset)));
    queue.add(alone(2, { priority: "LOW" }));
    const first = takeFirst(queue, 0)!;
    queue.putBack(first, 0, "behind");

    const order = [0, 1, 2].map(() => takeFirst(queue, 0)?.source.offset);
    expect(order).toStrictEqual([1n, 0n, 2n]);
  });

  it("expires a request after its notAfter and not at it", () => {
    const queue = aQueue();
    queue.add(alone(0, { notAfter: EPOCH }));

    expect(queue.takeExpired(EPOCH)).toBeUndefined();
    expect(queue.takeExpired(EPOCH + 1)?.received.source.offset).toBe(0n);
    expect(takeFirst(queue, 0)).toBeUndefined();
  });

  it("does not expire one that is with its caller", () => {
    const queue = aQueue();
    queue.add(alone(0, { notAfter: EPOCH }));
    const taken = takeFirst(queue, 0)!;

    expect(queue.takeExpired(EPOCH + 1)).toBeUndefined();
    queue.putBack(taken, 0);
    expect(queue.takeExpired(EPOCH + 1)).toBe(taken);
  });
});

/** A request for these targets. */
function asking(
  offset: number,
  instanceKeys: readonly string[],
  overrides: Parameters<typeof aRequest>[0] = {},
  partition = 0,
): ReceivedRequest {
  const operation = aTencentRerun({ instanceKeys });
  return aReceived({ offset, partition }, { operation, ...overrides });
}

describe("waiting long", () => {
  it("raises a request by one priority for each step, to the highest", () => {
    const clock = { at: 0, wall: EPOCH };
    const queue = aQueue(clock);
    queue.add(alone(0, { priority: "LOW", requestedBy: "patient" }));
    clock.at = RISES_EVERY_MS;
    queue.add(alone(1, { priority: "NORMAL", requestedBy: "other" }));
    clock.at = 2 * RISES_EVERY_MS - 1;
    queue.add(alone(2, { priority: "HIGH" }));
    queue.add(alone(3, { priority: "NORMAL" }));
    const first = Number(queue.first(clock.at, () => true)?.offset);
    clock.at += 1;

    expect(first).toBe(2);
    expect(drained(queue, clock.at)).toStrictEqual([0, 1, 2, 3]);
  });

  it("does not starve the least urgent behind a stream of the most urgent", () => {
    const clock = { at: 0, wall: EPOCH };
    const queue = aQueue(clock);
    queue.add(alone(0, { priority: "LOW", requestedBy: "patient" }));
    const taken: number[] = [];
    for (let offset = 1; offset <= 50; offset += 1) {
      clock.at += RISES_EVERY_MS / 10;
      queue.add(alone(2 * offset, { priority: "HIGH" }));
      queue.add(alone(2 * offset + 1, { priority: "HIGH" }));
      taken.push(Number(takeFirst(queue, clock.at)?.offset));
    }

    expect(taken.indexOf(0)).toBe(19);
  });

  it("counts while a request is put aside, and not before its notBefore", () => {
    const clock = { at: 0, wall: EPOCH };
    const queue = aQueue(clock);
    queue.add(alone(0));
    queue.add(alone(1, { notBefore: EPOCH + RISES_EVERY_MS, priority: "NORMAL" }));
    queue.park(
      queue.first(0, () => true)!,
      "0",
    );
    clock.at = RISES_EVERY_MS;
    clock.wall += RISES_EVERY_MS;
    queue.add(alone(2, { priority: "HIGH" }));
    queue.unpark("0");

    expect(drained(queue, clock.at)).toStrictEqual([0, 2, 1]);
  });

  it("leaves what a requester asks for urgently beside what it has had waiting for long", () => {
    const clock = { at: 0, wall: EPOCH };
    const queue = aQueue(clock);
    for (let offset = 0; offset < 2500; offset += 1) queue.add(alone(offset));
    clock.at = RISES_EVERY_MS;
    const before = [0, 1, 2, 3, 4, 5].map(() => queue.heads(clock.at).length);
    queue.add(alone(9000, { priority: "HIGH" }));

    expect(before).toStrictEqual([1, 1, 1, 1, 1, 1]);
    const order = [0, 1, 2].map(() => takeFirst(queue, clock.at)?.offset);
    expect(order).toContain(9000);
  });
});

describe("requesters", () => {
  it("share turns, however many requests one of them has waiting", () => {
    const queue = aQueue();
    for (let offset = 0; offset < 10_000; offset += 1) {
      queue.add(alone(offset, { requestedBy: "storm" }));
    }
    for (let turn = 0; turn < 100; turn += 1) queue.left(takeFirst(queue, 0)!);
    ["b", "c", "d"].forEach((requestedBy, at) => queue.add(alone(20_000 + at, { requestedBy })));

    const order = [0, 1, 2, 3].map(() => takeFirst(queue, 0)?.offset);
    expect(order).toStrictEqual([100, 20_000, 20_001, 20_002]);
  });

  it("share turns in each priority for itself", () => {
    const queue = aQueue();
    for (let offset = 0; offset < 100; offset += 1) {
      queue.add(alone(offset, { requestedBy: "storm", priority: "LOW" }));
      queue.add(alone(1000 + offset, { requestedBy: "other", priority: "HIGH" }));
    }
    queue.add(alone(5000, { requestedBy: "storm", priority: "HIGH" }));

    expect(drained(queue).indexOf(5000)).toBeLessThanOrEqual(1);
  });

  it("lose no turn to what goes along in a call", () => {
    const queue = aQueue();
    for (let offset = 0; offset < 100; offset += 1) {
      queue.add(alone(offset, { requestedBy: "storm" }));
      queue.add(alone(1000 + offset, { requestedBy: "other" }));
    }
    const head = takeFirst(queue, 0)!;
    const along = [...queue.joinable(head, 0)].filter(({ offset }) => offset < 1000);
    for (const one of along) queue.take(one);
    queue.add(alone(5000, { requestedBy: "newcomer" }));

    expect(drained(queue).indexOf(5000)).toBeLessThanOrEqual(2);
  });
});

describe("requests that share a target", () => {
  it("go in the order of their offsets, the earlier as soon as the later could", () => {
    const queue = aQueue();
    queue.add(asking(0, ["t"], { priority: "LOW" }));
    queue.add(asking(1, ["u"], { priority: "NORMAL" }));
    queue.add(asking(2, ["t"], { priority: "HIGH" }));

    expect(drained(queue)).toStrictEqual([0, 2, 1]);
  });

  it("inherit over several targets, and when they come up", () => {
    const queue = aQueue();
    queue.add(asking(0, ["a"], { priority: "LOW" }));
    queue.add(asking(1, ["a", "b"], { priority: "LOW" }));
    queue.add(asking(2, ["n"], { priority: "NORMAL" }));
    queue.add(asking(3, ["b", "c"], { priority: "LOW" }));
    queue.add(asking(4, ["c"], { priority: "HIGH" }));

    expect(drained(queue)).toStrictEqual([0, 1, 3, 4, 2]);
  });

  it("inherit one after the other, as each comes up", () => {
    const queue = aQueue();
    [0, 1, 2].forEach((offset) => queue.add(asking(offset, ["t"], { priority: "LOW" })));
    queue.add(asking(3, ["u"], { priority: "NORMAL" }));
    queue.add(asking(4, ["t"], { priority: "HIGH" }));

    expect(drained(queue)).toStrictEqual([0, 1, 2, 4, 3]);
  });

  it("inherit a fairer place within a priority", () => {
    const queue = aQueue();
    for (let offset = 0; offset < 50; offset += 1) queue.add(alone(offset));
    queue.add(asking(50, ["t"]));
    queue.add(asking(51, ["t"], { requestedBy: "other" }));

    expect(drained(queue).slice(0, 3)).toStrictEqual([0, 50, 51]);
  });

  it("wait while the earlier one is called, waits for its retry, or is put aside", () => {
    const queue = aQueue();
    queue.add(asking(0, ["t"]));
    queue.add(asking(1, ["t"], { priority: "HIGH" }));
    const earlier = takeFirst(queue, 0)!;
    const whileCalled = queue.first(0, () => true);
    queue.putBack(earlier, 10);
    const whileDelayed = queue.first(9, () => true);
    queue.park(
      queue.first(10, () => true)!,
      "t",
    );
    const whileParked = queue.first(20, () => true);
    queue.unpark("t");
    queue.stage(queue.first(20, () => true)!);
    const whileStaged = queue.first(20, () => true);

    expect([whileCalled, whileDelayed, whileParked, whileStaged]).toStrictEqual(
      Array(4).fill(undefined),
    );
    expect(queue.waits.blocked).toBe(1);
    queue.take(earlier);
    queue.left(earlier);
    expect(takeFirst(queue, 20)?.offset).toBe(1);
  });

  it("wait for nobody who expired, was dropped or was forgotten", () => {
    const queue = aQueue();
    queue.add(asking(0, ["t"], { notAfter: EPOCH }));
    queue.add(asking(1, ["t"]));
    queue.add(asking(2, ["t"]));
    queue.takeExpired(EPOCH + 1);
    const afterExpiry = queue.first(0, () => true)!;
    queue.drop(afterExpiry);

    expect(offsetsOf([afterExpiry, queue.first(0, () => true)!])).toStrictEqual([1, 2]);
  });

  it("may overtake each other when they come from different partitions", () => {
    const queue = aQueue();
    queue.add(asking(0, ["t"], { priority: "LOW" }, 0));
    queue.add(asking(1, ["t"], { priority: "HIGH" }, 1));

    expect(drained(queue)).toStrictEqual([1, 0]);
  });

  it("go in one call when nobody else stands before the later one", () => {
    const queue = aQueue();
    queue.add(asking(0, ["a"]));
    queue.add(asking(1, ["a", "b"]));
    queue.add(asking(2, ["b", "c"]));
    queue.add(
      aReceived(
        { offset: 3 },
        { operation: aTencentRerun({ projectId: "q", instanceKeys: ["d"] }) },
      ),
    );
    queue.add(asking(4, ["c", "d"]));
    queue.add(asking(5, ["e"]));
    const head = queue.heads(0).find(({ offset }) => offset === 0)!;
    queue.stage(head);

    expect(offsetsOf(queue.joinable(head, 0))).toStrictEqual([1, 2, 5]);
  });

  it("go along with those that are on their way already", () => {
    const queue = aQueue();
    [["a"], ["b"], ["a", "b"], ["b"]].forEach((targets, at) => queue.add(asking(at, targets)));
    const [head, other] = [takeFirst(queue, 0)!, takeFirst(queue, 0)!];

    expect(offsetsOf(queue.joinable(head, 0))).toStrictEqual([]);
    expect(offsetsOf(queue.joinable(head, 0, [other]))).toStrictEqual([2, 3]);
  });

  it("stand behind an earlier one that comes in later", () => {
    const queue = aQueue();
    queue.add(asking(7, ["t"]));
    queue.add(asking(3, ["t"]));
    queue.add(asking(5, ["t"]));

    expect(drained(queue)).toStrictEqual([3, 5, 7]);
  });

  it("are not held up for the whole time until the notBefore of an earlier one", () => {
    const clock = { at: 0, wall: EPOCH };
    const queue = aQueue(clock);
    queue.add(asking(0, ["t"], { notBefore: EPOCH + 3_600_000 }));
    queue.add(asking(1, ["t"]));
    const passing = takeFirst(queue, 0)!;
    queue.left(passing);
    queue.add(asking(2, ["t"]));
    clock.wall += 3_600_000;

    expect(passing.offset).toBe(1);
    expect(drained(queue)).toStrictEqual([0, 2]);
  });
});

describe("a request with a notBefore", () => {
  it("waits for the wall clock, which is looked at once a minute", () => {
    const clock = { at: 0, wall: EPOCH };
    const queue = aQueue(clock);
    queue.add(alone(0, { notBefore: EPOCH + 3_600_000 }));
    const [early, lookAgainAt] = [queue.first(0, () => true), queue.nextDueAt(0, () => 0)];
    clock.wall += 3_600_000;

    expect([early, lookAgainAt]).toStrictEqual([undefined, 60_000]);
    expect(queue.nextDueAt(60_000, () => 0)).toBe(0);
  });

  it("is due at its notBefore and not before", () => {
    const clock = { at: 0, wall: EPOCH };
    const queue = aQueue(clock);
    queue.add(alone(0, { notBefore: EPOCH + 100 }));
    clock.wall += 99;
    const lookAgainAt = queue.nextDueAt(99, () => 0);
    clock.wall += 1;

    expect(lookAgainAt).toBe(100);
    expect(takeFirst(queue, 100)?.offset).toBe(0);
  });

  it("stays due when the wall clock is set back", () => {
    const clock = { at: 0, wall: EPOCH };
    const queue = aQueue(clock);
    queue.add(alone(0, { notBefore: EPOCH + 100 }));
    clock.wall += 100;
    queue.first(100, () => true);
    clock.wall -= 3_600_000;

    expect(queue.nextDueAt(100, () => 0)).toBe(0);
  });

  it("takes no turns from its requester while it waits", () => {
    const clock = { at: 0, wall: EPOCH };
    const queue = aQueue(clock);
    for (let offset = 0; offset < 100; offset += 1) {
      queue.add(alone(offset, { notBefore: EPOCH + 60_000, requestedBy: "planner" }));
      queue.add(alone(1000 + offset, { requestedBy: "other" }));
    }
    queue.add(alone(5000, { requestedBy: "planner" }));

    expect(drained(queue).indexOf(5000)).toBeLessThanOrEqual(1);
    expect(queue.waits.early).toBe(100);
  });

  it("expires while it waits", () => {
    const queue = aQueue();
    queue.add(alone(0, { notBefore: EPOCH + 100, notAfter: EPOCH + 200 }));

    expect(queue.takeExpired(EPOCH + 201)?.offset).toBe(0);
    expect(queue.size).toBe(0);
  });
});

describe("shelves", () => {
  it("keep apart what cannot share a call", () => {
    const queue = aQueue();
    const tencent = (offset: number, projectId: string, key: string) =>
      queue.add(
        aReceived({ offset }, { operation: aTencentRerun({ projectId, instanceKeys: [key] }) }),
      );
    tencent(0, "p", "k0");
    tencent(1, "q", "k1");
    tencent(2, "p", "k2");
    queue.add(alone(3));
    const [head] = queue.heads(0);

    expect(offsetsOf(queue.joinable(head!, 0))).toStrictEqual([2]);
    expect(drained(queue)).toStrictEqual([0, 1, 2, 3]);
  });

  it("take and drop any due one, and find all others in their order", () => {
    const queue = aQueue();
    for (let offset = 0; offset < 10; offset += 1) queue.add(alone(offset));
    const [head] = queue.heads(0);
    const others = [...queue.joinable(head!, 0)];
    queue.take(others[4]!);
    queue.drop(others[7]!);
    queue.park(others[0]!, "t");

    expect(drained(queue)).toStrictEqual([0, 2, 3, 4, 6, 7, 9]);
  });

  it("remember one that left after its shelf was cleared away", () => {
    const queue = aQueue();
    queue.add(alone(0));
    const taken = takeFirst(queue, 0)!;
    queue.add(alone(1));
    queue.putBack(taken, 0);
    const [head] = queue.heads(0);

    expect(offsetsOf([head!, ...queue.joinable(head!, 0)])).toStrictEqual([0, 1]);
  });
});

/** How many of the requests made by `make` are still reachable after a collection. */
async function stillReachable(refs: readonly WeakRef<object>[]): Promise<number> {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

describe("a queue that lives for months", () => {
  const DAY_MS = 86_400_000;

  it.each([0, 5000])(
    "does not keep what was called until its far notAfter, while %d wait",
    async (waiting) => {
      const queue = aQueue();
      for (let offset = 0; offset < waiting; offset++) {
        queue.add(alone(offset, { notAfter: EPOCH + DAY_MS, priority: "LOW" }));
      }
      const refs: WeakRef<object>[] = [];
      for (let offset = waiting; offset < waiting + 5000; offset++) {
        queue.add(alone(offset, { notAfter: EPOCH + 2 * DAY_MS }));
        const called = takeFirst(queue, 0)!;
        queue.left(called);
        refs.push(new WeakRef(called));
      }
      const reachable = await stillReachable(refs);

      expect(queue.size).toBe(waiting);
      expect(reachable).toBeLessThan(750);
    },
  );

  it("does not keep what expired behind a request that never comes up", async () => {
    const queue = aQueue();
    const refs: WeakRef<object>[] = [];
    queue.add(alone(0, { priority: "HIGH" }));
    for (let offset = 1; offset < 5000; offset++) {
      queue.add(alone(offset, { notAfter: EPOCH }));
      refs.push(new WeakRef(queue.takeExpired(EPOCH + 1)!));
    }
    const reachable = await stillReachable(refs);

    expect(queue.size).toBe(1);
    expect(reachable).toBeLessThan(750);
  });

  it("expires once what came back often", () => {
    const queue = aQueue();
    queue.add(alone(0, { requestedAt: EPOCH - 10, notAfter: EPOCH - 1 }));
    for (let round = 0; round < 5000; round++) queue.putBack(takeFirst(queue, round)!, 0);

    const expired = [queue.takeExpired(EPOCH), queue.takeExpired(EPOCH)];

    expect(expired.map((one) => one?.received.source.offset)).toStrictEqual([0n, undefined]);
    expect(queue.size).toBe(0);
  });

  it("keeps its order when most of what waited has left", () => {
    const queue = aQueue();
    for (let offset = 0; offset < 6000; offset++) {
      const notAfter = offset % 5 === 0 ? EPOCH + DAY_MS : EPOCH;
      queue.add(alone(offset, { notAfter, priority: "LOW" }));
      if (offset % 5 !== 0) queue.takeExpired(EPOCH + 1);
      else queue.putBack(takeFirst(queue, 0)!, 0);
    }
    for (let offset = 6000; offset < 12_000; offset++) {
      queue.add(alone(offset, { notAfter: EPOCH + DAY_MS, priority: "HIGH" }));
      takeFirst(queue, 0);
    }

    const waiting: number[] = [];
    for (let next = takeFirst(queue, 0); next !== undefined; next = takeFirst(queue, 0)) {
      waiting.push(Number(next.received.source.offset));
    }

    const expected = Array.from({ length: 6000 }, (_, offset) => offset).filter(
      (one) => one % 5 === 0,
    );
    expect(waiting).toStrictEqual(expected);
  });
});
