import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OperationName } from "../../src/domain/operation.ts";
import type { Priority } from "../../src/domain/rerun-request.ts";
import { type Queued, RequestQueue } from "../../src/lanes/request-queue.ts";
import { packing } from "../support/packing.ts";
import { aDataWorksRerun, aReceived, aTencentRerun } from "../support/a-received-request.ts";

const RANK: Readonly<Record<Priority, number>> = { HIGH: 0, NORMAL: 1, LOW: 2 };
const EPOCH = 1_700_000_000_000;

/** Takes whose turn it is, of any operation. */
function takeFirst(queue: RequestQueue, now: number): Queued | undefined {
  const waiting = queue.first(now, () => true);
  if (waiting !== undefined) queue.take(waiting);
  return waiting;
}

interface Modelled {
  readonly id: number;
  readonly priority: Priority;
  readonly partition: number;
  readonly operation: OperationName;
  readonly notAfter: number;
  /** Its place in the order of arrival. */
  sequence: number;
  isStaged: boolean;
  /** The target that it waits for. */
  parkedFor: string | null;
  dueAt: number;
}

const TARGETS = ["a", "b"];
const OPERATIONS = ["DataWorksRerunTaskInstances", "TencentRerunTaskInstances"] as const;

/** What the queue promises, written down in the plainest way. */
class NaiveQueue {
  waiting: Modelled[] = [];

  first(now: number, closed: OperationName | null, lastId: number | null): Modelled | undefined {
    const due = this.waiting
      .filter(({ dueAt, operation }) => dueAt <= now && operation !== closed)
      .filter(({ isStaged, parkedFor }) => !isStaged && parkedFor === null)
      .toSorted((a, b) => RANK[a.priority] - RANK[b.priority] || a.sequence - b.sequence);
    return due.find(({ id }) => id !== lastId) ?? due[0];
  }

  remove(one: Modelled): void {
    this.waiting = this.waiting.filter((other) => other !== one);
  }

  nextDueAt(now: number): number {
    const inOrder = this.waiting.filter((one) => !one.isStaged && one.parkedFor === null);
    const delays = inOrder.map(({ dueAt }) => dueAt);
    const earliest = Math.min(Infinity, ...delays);
    return earliest <= now ? 0 : earliest;
  }

  depth(): Record<Priority, number> {
    const count = (priority: Priority) =>
      this.waiting.filter((one) => one.priority === priority).length;
    return { LOW: count("LOW"), NORMAL: count("NORMAL"), HIGH: count("HIGH") };
  }
}

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      add: fc.constantFrom<Priority>("LOW", "NORMAL", "HIGH"),
      operation: fc.constantFrom(...OPERATIONS),
      partition: fc.integer({ min: 0, max: 2 }),
      expiresIn: fc.option(fc.integer({ min: 0, max: 100 })),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      takeBut: fc.constantFrom(null, ...OPERATIONS),
      /** Also asks for the first one to come last. */
      skips: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant("stage" as const) },
  { weight: 2, arbitrary: fc.record({ staged: fc.nat(), isTaken: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      park: fc.constantFrom(...TARGETS),
      /** One of the staged ones, if there are any, else the first. */
      staged: fc.option(fc.nat()),
    }),
  },
  { weight: 3, arbitrary: fc.record({ unpark: fc.constantFrom(...TARGETS) }) },
  { weight: 1, arbitrary: fc.constant("drop" as const) },
  {
    weight: 4,
    arbitrary: fc.record({
      putBackIn: fc.integer({ min: 0, max: 40 }),
      pick: fc.nat(),
      isBehind: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ passMs: fc.integer({ min: 0, max: 30 }) }) },
  { weight: 3, arbitrary: fc.constant("expire" as const) },
  { weight: 1, arbitrary: fc.record({ forget: fc.integer({ min: 0, max: 2 }) }) },
);

describe("a lane's queue", () => {
  it("does what a plain list would do: priority, arrival, delay, parking, expiry, forgetting", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
        const queue = new RequestQueue(packing);
        const model = new NaiveQueue();
        const taken: { readonly waiting: Queued; readonly one: Modelled }[] = [];
        let now = 1000;
        let lastId = 0;
        let sequence = 0;
        const staged: { readonly waiting: Queued; readonly one: Modelled }[] = [];
        const told: (number | undefined)[][] = [];
        const awaited: (number | undefined)[][] = [];
        const idOf = (waiting: Queued | undefined) =>
          waiting === undefined ? undefined : Number(waiting.received.source.offset);

        for (const one of steps) {
          if (one === "stage") {
            const heads = queue.heads(now);
            const due = (operation: OperationName) =>
              model.first(now, OPERATIONS.find((other) => other !== operation) ?? null, null);
            told.push(heads.map(idOf).toSorted());
            awaited.push(
              OPERATIONS.map((operation) => due(operation)?.id)
                .filter((id) => id !== undefined)
                .toSorted(),
            );
            const [head] = heads;
            const modelled = model.waiting.find(({ id }) => id === idOf(head));
            if (head === undefined || modelled === undefined) continue;
            queue.stage(head);
            staged.push({ waiting: head, one: modelled });
            modelled.isStaged = true;
          } else if (one === "drop") {
            const first = queue.first(now, () => true);
            const expected = model.first(now, null, null);
            told.push([idOf(first)]);
            awaited.push([expected?.id]);
            if (first !== undefined) queue.drop(first);
            if (expected !== undefined) model.remove(expected);
          } else if (typeof one === "object" && "unpark" in one) {
            queue.unpark(one.unpark);
            for (const parked of model.waiting) {
              if (parked.parkedFor === one.unpark) parked.parkedFor = null;
            }
          } else if (typeof one === "object" && "park" in one) {
            const still = staged.filter(({ waiting }) => waiting.place === "staged");
            const first = queue.first(now, () => true);
            const ofStaged = one.staged === null ? undefined : still[one.staged % still.length];
            const waiting = ofStaged?.waiting ?? first;
            const modelled = ofStaged?.one ?? model.first(now, null, null);
            if (waiting === undefined || modelled === undefined) continue;
            queue.park(waiting, one.park);
            Object.assign(modelled, { isStaged: false, parkedFor: one.park, dueAt: 0 });
          } else if (typeof one === "object" && "staged" in one) {
            const still = staged.filter(({ waiting }) => waiting.place === "staged");
            const chosen = still[one.staged % Math.max(1, still.length)];
            if (chosen === undefined) continue;
            chosen.one.isStaged = false;
            chosen.one.dueAt = 0;
            if (!one.isTaken) {
              queue.unstage(chosen.waiting);
              continue;
            }
            queue.take(chosen.waiting);
            model.remove(chosen.one);
            taken.push(chosen);
          } else if (typeof one === "object" && "takeBut" in one) {
            const mayGo = (operation: OperationName) => operation !== one.takeBut;
            const last = one.skips ? (queue.first(now, mayGo) ?? null) : null;
            const expected = model.first(now, one.takeBut, idOf(last ?? undefined) ?? null);
            const waiting = queue.first(now, mayGo, last);
            told.push([idOf(waiting)]);
            awaited.push([expected?.id]);
            if (waiting !== undefined && expected !== undefined) {
              queue.take(waiting);
              model.remove(expected);
              taken.push({ waiting, one: expected });
            }
          } else if (one === "expire") {
            const late = model.waiting.filter(({ notAfter }) => notAfter < EPOCH + now);
            const gone: (number | undefined)[] = [];
            for (;;) {
              const waiting = queue.takeExpired(EPOCH + now);
              if (waiting === undefined) break;
              gone.push(idOf(waiting));
            }
            told.push(gone.toSorted());
            awaited.push(late.map(({ id }) => id).toSorted());
            late.forEach((each) => model.remove(each));
          } else if ("add" in one) {
            lastId += 1;
            const notAfter = one.expiresIn === null ? null : EPOCH + now + one.expiresIn;
            const { partition, add: priority } = one;
            const operation =
              one.operation === "DataWorksRerunTaskInstances" ? aDataWorksRerun() : aTencentRerun();
            queue.add(aReceived({ offset: lastId, partition }, { priority, notAfter, operation }));
            model.waiting.push({
              ...{ id: lastId, priority, partition, dueAt: 0 },
              ...{
                operation: one.operation,
                sequence: sequence++,
                isStaged: false,
                parkedFor: null,
              },
              notAfter: notAfter ?? Infinity,
            });
          } else if ("putBackIn" in one) {
            const [back] = taken.splice(one.pick % Math.max(1, taken.length), 1);
            if (back === undefined) continue;
            const dueAt = one.putBackIn === 0 ? 0 : now + one.putBackIn;
            queue.putBack(back.waiting, dueAt, one.isBehind ? "behind" : "old place");
            if (one.isBehind) back.one.sequence = sequence++;
            back.one.dueAt = dueAt;
            model.waiting.push(back.one);
          } else if ("passMs" in one) {
            now += one.passMs;
          } else {
            const gone = model.waiting.filter(({ partition }) => partition === one.forget);
            const forgotten = queue.forget(one.forget).map(({ source }) => Number(source.offset));
            told.push(forgotten.toSorted());
            awaited.push(gone.map(({ id }) => id).toSorted());
            gone.forEach((each) => model.remove(each));
          }
          expect(told.splice(0)).toStrictEqual(awaited.splice(0));
          expect(queue.depth).toStrictEqual(model.depth());
          expect(queue.size).toBe(model.waiting.length);
          expect(queue.nextDueAt(now, () => 0)).toBe(model.nextDueAt(now));
          expect(queue.nextExpiry()).toBe(
            Math.min(Infinity, ...model.waiting.map(({ notAfter }) => notAfter)),
          );
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it("lets the more urgent go first, and among equals the one that came first", () => {
    const queue = new RequestQueue(packing);
    const arrivals = ["LOW", "NORMAL", "HIGH", "NORMAL", "HIGH", "LOW"] as const;
    arrivals.forEach((priority, offset) => queue.add(aReceived({ offset }, { priority })));

    const order = arrivals.map(() => Number(takeFirst(queue, 0)?.received.source.offset));

    expect(order).toStrictEqual([2, 4, 1, 3, 0, 5]);
  });

  it("puts one that comes back to its old place among its equals", () => {
    const queue = new RequestQueue(packing);
    [0, 1].forEach((offset) => queue.add(aReceived({ offset })));
    const first = takeFirst(queue, 0)!;
    queue.putBack(first, 10);

    expect(queue.nextDueAt(9, () => 0)).toBe(0);
    expect(takeFirst(queue, 10)).toBe(first);
  });

  it("puts one that comes back behind its equals where that is wanted, not behind the less urgent", () => {
    const queue = new RequestQueue(packing);
    [0, 1].forEach((offset) => queue.add(aReceived({ offset })));
    queue.add(aReceived({ offset: 2 }, { priority: "LOW" }));
    const first = takeFirst(queue, 0)!;
    queue.putBack(first, 0, "behind");

    const order = [0, 1, 2].map(() => takeFirst(queue, 0)?.source.offset);
    expect(order).toStrictEqual([1n, 0n, 2n]);
  });

  it("expires a request after its notAfter and not at it", () => {
    const queue = new RequestQueue(packing);
    queue.add(aReceived({ offset: 0 }, { notAfter: EPOCH }));

    expect(queue.takeExpired(EPOCH)).toBeUndefined();
    expect(queue.takeExpired(EPOCH + 1)?.received.source.offset).toBe(0n);
    expect(takeFirst(queue, 0)).toBeUndefined();
  });

  it("does not expire one that is with its caller", () => {
    const queue = new RequestQueue(packing);
    queue.add(aReceived({ offset: 0 }, { notAfter: EPOCH }));
    const taken = takeFirst(queue, 0)!;

    expect(queue.takeExpired(EPOCH + 1)).toBeUndefined();
    queue.putBack(taken, 0);
    expect(queue.takeExpired(EPOCH + 1)).toBe(taken);
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

  it.each([0, 20_000])(
    "does not keep what was called until its far notAfter, while %d wait",
    async (waiting) => {
      const queue = new RequestQueue(packing);
      for (let offset = 0; offset < waiting; offset++) {
        queue.add(aReceived({ offset }, { notAfter: EPOCH + DAY_MS, priority: "LOW" }));
      }
      const refs: WeakRef<object>[] = [];
      for (let offset = waiting; offset < waiting + 20_000; offset++) {
        queue.add(aReceived({ offset }, { notAfter: EPOCH + 2 * DAY_MS }));
        refs.push(new WeakRef(takeFirst(queue, 0)!));
      }
      const reachable = await stillReachable(refs);

      expect(queue.size).toBe(waiting);
      expect(reachable).toBeLessThan(3000);
    },
  );

  it("does not keep what expired behind a request that never comes up", async () => {
    const queue = new RequestQueue(packing);
    const refs: WeakRef<object>[] = [];
    queue.add(aReceived({ offset: 0 }, { priority: "HIGH" }));
    for (let offset = 1; offset < 20_000; offset++) {
      queue.add(aReceived({ offset }, { notAfter: EPOCH }));
      refs.push(new WeakRef(queue.takeExpired(EPOCH + 1)!));
    }
    const reachable = await stillReachable(refs);

    expect(queue.size).toBe(1);
    expect(reachable).toBeLessThan(3000);
  });

  it("expires once what came back often", () => {
    const queue = new RequestQueue(packing);
    queue.add(aReceived({ offset: 0 }, { requestedAt: EPOCH - 10, notAfter: EPOCH - 1 }));
    for (let round = 0; round < 5000; round++) queue.putBack(takeFirst(queue, round)!, 0);

    const expired = [queue.takeExpired(EPOCH), queue.takeExpired(EPOCH)];

    expect(expired.map((one) => one?.received.source.offset)).toStrictEqual([0n, undefined]);
    expect(queue.size).toBe(0);
  });

  it("keeps its order, its delays and its expiries when it is swept", () => {
    const queue = new RequestQueue(packing);
    for (let offset = 0; offset < 6000; offset++) {
      const notAfter = offset % 5 === 0 ? EPOCH + DAY_MS : EPOCH;
      queue.add(aReceived({ offset }, { notAfter, priority: "LOW" }));
      if (offset % 5 !== 0) queue.takeExpired(EPOCH + 1);
      else queue.putBack(takeFirst(queue, 0)!, 0);
    }
    for (let offset = 6000; offset < 12_000; offset++) {
      queue.add(aReceived({ offset }, { notAfter: EPOCH + DAY_MS, priority: "HIGH" }));
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
