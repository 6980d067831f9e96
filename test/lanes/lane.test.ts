import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CALL_END_KINDS, type CallEnd } from "../../src/domain/call-end.ts";
import { PRIORITIES, type ReceivedRequest } from "../../src/domain/rerun-request.ts";
import type { Prepare } from "../../src/lanes/preparation.ts";
import { RateLimits } from "../../src/lanes/rate-limits.ts";
import { SendGate } from "../../src/lanes/send-gate.ts";
import { aDataWorksRerun, aReceived, aTencentRerun } from "../support/a-received-request.ts";
import { anEnd } from "../support/call-ends.ts";
import { aLane, openLimits } from "./a-lane.ts";

const START = 1_700_000_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

/** A request whose target is its offset. */
function numbered(
  offset: number,
  overrides: Parameters<typeof aReceived>[1] = {},
  partition = 0,
): ReceivedRequest {
  const operation = aDataWorksRerun({ instanceIds: [String(offset)] });
  return aReceived({ offset, partition }, { operation, ...overrides });
}

/** Long enough for a handful of tickets, too short for anything that waits. */
const aMoment = async () => vi.advanceTimersByTimeAsync(20);

describe("a lane", () => {
  it("calls what is offered, in the order of arrival, and hands it to the desk once", async () => {
    const { lane, provider, desk } = aLane();
    [1, 2, 3].forEach((offset) => lane.offer(numbered(offset)));
    expect([lane.depth.NORMAL, lane.runnable]).toStrictEqual([3, true]);
    await aMoment();

    expect(provider.called).toStrictEqual(["1", "2", "3"]);
    expect([lane.inFlight, lane.depth.NORMAL, lane.runnable]).toStrictEqual([3, 0, false]);
    await provider.of("2").end();
    await provider.of("1").end(anEnd.refused());
    await provider.of("3").end(anEnd.uncertain());

    expect(desk.lines).toStrictEqual([
      "2 accepted after 1",
      "1 refused after 1",
      "3 uncertain after 1",
    ]);
    expect([lane.inFlight, desk.failures]).toStrictEqual([0, []]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("picks when the ticket comes, so the more urgent overtakes", async () => {
    const { lane, provider } = aLane({ maxConcurrentCalls: 1 });
    lane.offer(numbered(1, { priority: "LOW" }));
    lane.offer(numbered(2));
    lane.offer(numbered(3, { priority: "HIGH" }));
    await aMoment();
    expect(provider.called).toStrictEqual(["3"]);

    lane.offer(numbered(4, { priority: "HIGH" }));
    await provider.of("3").end();
    await aMoment();

    expect(provider.called).toStrictEqual(["3", "4"]);
  });

  it("asks for one ticket at a time", async () => {
    let pending = 0;
    let most = 0;
    const { lane } = aLane({
      limits: openLimits({
        ticket: async () => {
          pending += 1;
          most = Math.max(most, pending);
          await new Promise((resolve) => setTimeout(resolve, 5));
          pending -= 1;
        },
      }),
    });
    for (let offset = 0; offset < 10; offset++) lane.offer(numbered(offset));
    await vi.advanceTimersByTimeAsync(100);

    expect(most).toBe(1);
  });

  it("never has more calls under way than it may, and goes on when one ends", async () => {
    const { lane, provider } = aLane({ maxConcurrentCalls: 2 });
    [1, 2, 3, 4].forEach((offset) => lane.offer(numbered(offset)));
    await aMoment();
    expect([provider.called, lane.inFlight, lane.runnable]).toStrictEqual([["1", "2"], 2, false]);

    await provider.of("2").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["1", "2", "3"]);
  });

  it("claims after the ticket and before the call, and says how calls that did not run ended", async () => {
    const { lane, provider, journal, desk } = aLane();
    lane.offer(numbered(1));
    await aMoment();
    await provider.of("1").end(anEnd.unavailable());
    await vi.advanceTimersByTimeAsync(60);
    await provider.of("1").end(anEnd.quota());
    await vi.advanceTimersByTimeAsync(300_010);
    await provider.of("1").end();

    expect(journal.events).toStrictEqual([
      "claim-1 asked",
      "claim-1 released: unavailable, called",
      "claim-2 asked",
      "claim-2 released: quota",
      "claim-3 asked",
    ]);
    expect(desk.lines).toStrictEqual(["1 accepted after 2"]);
  });

  it("calls nothing without a claim, and asks for it again later", async () => {
    const { lane, provider, journal } = aLane();
    journal.refuses = 1;
    lane.offer(numbered(1));
    await aMoment();
    expect([provider.called, lane.inFlight]).toStrictEqual([[], 0]);

    await vi.advanceTimersByTimeAsync(1000);
    expect(provider.called).toStrictEqual(["1"]);
  });
});

describe("a lane with requests that expire", () => {
  it("gives back what expires while it waits for its turn", async () => {
    const { lane, provider, desk } = aLane({ maxConcurrentCalls: 1 });
    lane.offer(numbered(1));
    lane.offer(numbered(2, { notAfter: START + 500 }));
    await vi.advanceTimersByTimeAsync(500);
    expect(desk.lines).toStrictEqual([]);

    await vi.advanceTimersByTimeAsync(2);
    expect(desk.lines).toStrictEqual(["2 expired after 0"]);
    await provider.of("1").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["1"]);
  });

  it("gives back what expires while it waits out a delay, with its attempts", async () => {
    const { lane, provider, desk } = aLane();
    lane.offer(numbered(1, { notAfter: START + 400 }));
    await aMoment();
    await provider.of("1").end(anEnd.throttled(60_000));
    await vi.advanceTimersByTimeAsync(400);

    expect(desk.lines).toStrictEqual(["1 expired after 1"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives back what expires while the lane is held", async () => {
    const { lane, provider, desk } = aLane();
    lane.offer(numbered(1, { notAfter: START + 400 }));
    await aMoment();
    await provider.of("1").end(anEnd.credentials());
    await vi.advanceTimersByTimeAsync(400);

    expect(desk.lines).toStrictEqual(["1 expired after 0"]);
  });

  it("does not call what expired before its ticket came", async () => {
    const { lane, provider, desk } = aLane({
      limits: openLimits({
        ticket: async () => new Promise((resolve) => setTimeout(resolve, 300)),
      }),
    });
    lane.offer(numbered(1, { notAfter: START + 100 }));
    await vi.advanceTimersByTimeAsync(1000);

    expect([provider.called, desk.lines]).toStrictEqual([[], ["1 expired after 0"]]);
  });
});

describe("a lane whose calls surely do not run", () => {
  it.each(["unavailable", "throttled"] as const)(
    "tries a request that is %s again, up to maxAttempts calls",
    async (kind) => {
      const { lane, provider, desk, meter } = aLane();
      lane.offer(numbered(1));
      for (let call = 1; call <= 3; call++) {
        await vi.advanceTimersByTimeAsync(1000);
        await provider.of("1").end(anEnd[kind]());
      }
      await vi.advanceTimersByTimeAsync(100_000);

      expect(provider.called).toStrictEqual(["1", "1", "1"]);
      expect(desk.lines).toStrictEqual([`1 exhausted by ${kind} after 3`]);
      expect(meter.calls).toStrictEqual(Array(3).fill(`DataWorksRerunTaskInstances ${kind}`));
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("waits as long as the cloud asks, and lets the others go meanwhile", async () => {
    const { lane, provider } = aLane({ random: () => 0 });
    lane.offer(numbered(1));
    await aMoment();
    await provider.of("1").end(anEnd.throttled(5000));
    lane.offer(numbered(2));
    await vi.advanceTimersByTimeAsync(4900);
    expect(provider.called).toStrictEqual(["1", "2"]);

    await vi.advanceTimersByTimeAsync(200);
    expect(provider.called).toStrictEqual(["1", "2", "1"]);
  });

  it("counts the attempts in the outcome of the call that was taken", async () => {
    const { lane, provider, desk } = aLane();
    lane.offer(numbered(1));
    for (const end of [anEnd.unavailable(), anEnd.throttled(), anEnd.accepted("1")]) {
      await vi.advanceTimersByTimeAsync(2000);
      await provider.of("1").end(end);
    }

    expect(desk.lines).toStrictEqual(["1 accepted after 3"]);
  });
});

describe("a lane whose connection is in trouble", () => {
  it.each([
    ["credentials", 1000, 2000],
    ["quota", 300_000, 300_000],
  ] as const)(
    "stands still because of %s and probes with one call",
    async (why, firstMs, nextMs) => {
      const { lane, provider, desk } = aLane();
      [1, 2, 3].forEach((offset) => lane.offer(numbered(offset)));
      await aMoment();
      for (const target of ["1", "2", "3"]) await provider.of(target).end(anEnd[why]());
      expect(lane.held).toMatchObject({ why });
      expect([lane.runnable, lane.depth.NORMAL]).toStrictEqual([false, 3]);
      await vi.advanceTimersByTimeAsync(firstMs - 100);
      expect(provider.called).toHaveLength(3);

      await vi.advanceTimersByTimeAsync(200);
      expect(provider.called).toStrictEqual(["1", "2", "3", "1"]);
      await provider.of("1").end(anEnd[why]());
      await vi.advanceTimersByTimeAsync(nextMs - 100);
      expect(provider.called).toHaveLength(4);
      await vi.advanceTimersByTimeAsync(200);
      expect(provider.called).toHaveLength(5);
      await provider.of("2").end();
      await aMoment();

      expect(lane.held).toBeNull();
      expect(provider.open.map(({ id }) => id)).toStrictEqual(["3", "1"]);
      await provider.of("3").end();
      await provider.of("1").end(anEnd.unavailable());
      expect(desk.lines).toStrictEqual(["2 accepted after 1", "3 accepted after 1"]);
      expect(desk.failures).toStrictEqual([]);
    },
  );

  it("burns no request, however often it is probed with it", async () => {
    const { lane, provider, desk } = aLane();
    lane.offer(numbered(1));
    for (let probe = 0; probe < 20; probe++) {
      await vi.advanceTimersByTimeAsync(30_100);
      await provider.of("1").end(anEnd.credentials());
    }

    expect([desk.lines, lane.depth.NORMAL]).toStrictEqual([[], 1]);
  });

  it("probes with another request than the last time", async () => {
    const { lane, provider } = aLane();
    [1, 2, 3].forEach((offset) => lane.offer(numbered(offset)));
    await aMoment();
    for (const target of ["1", "2", "3"]) await provider.of(target).end(anEnd.quota());
    for (let probe = 0; probe < 4; probe++) {
      await vi.advanceTimersByTimeAsync(300_100);
      await provider.open[0]?.end(anEnd.quota());
    }

    expect(provider.called.slice(3)).toStrictEqual(["1", "2", "3", "1"]);
  });

  it("is not held for good by one urgent request that the provider always answers with quota", async () => {
    const { lane, provider, desk } = aLane();
    lane.offer(numbered(1, { priority: "HIGH" }));
    await aMoment();
    await provider.of("1").end(anEnd.quota());
    lane.offer(numbered(2, { priority: "LOW" }));
    await vi.advanceTimersByTimeAsync(300_100);
    await provider.of("1").end(anEnd.quota());
    await vi.advanceTimersByTimeAsync(300_100);
    await provider.of("2").end();

    expect(desk.lines).toStrictEqual(["2 accepted after 1"]);
  });

  it("is told when it begins, when its reason changes, and when it is over", async () => {
    const { lane, provider, holds } = aLane();
    [1, 2].forEach((offset) => lane.offer(numbered(offset)));
    await aMoment();
    for (const target of ["1", "2"]) await provider.of(target).end(anEnd.credentials());
    await vi.advanceTimersByTimeAsync(1100);
    await provider.of("1").end(anEnd.quota());
    await vi.advanceTimersByTimeAsync(300_100);
    await provider.of("2").end();

    expect(holds).toStrictEqual([
      { why: "credentials", message: "who are you" },
      { why: "quota", message: "used up" },
      null,
    ]);
  });

  it.each<[string, CallEnd, boolean]>([
    ["ends when a probe is refused for its own sake", anEnd.refused(), false],
    ["ends when a probe is throttled", anEnd.throttled(), false],
    ["goes on when a probe finds nobody", anEnd.unavailable(), true],
    ["goes on when a probe gets no answer", anEnd.uncertain(), true],
  ])("%s", async (_name, end, isStillHeld) => {
    const { lane, provider } = aLane();
    lane.offer(numbered(1));
    lane.offer(numbered(2));
    await aMoment();
    for (const target of ["1", "2"]) await provider.of(target).end(anEnd.credentials());
    await vi.advanceTimersByTimeAsync(30_100);
    await provider.of("1").end(end);

    expect(lane.held !== null).toBe(isStillHeld);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(provider.called.length).toBeGreaterThanOrEqual(4);
  });

  it("goes on probing when a probe's claim is not granted", async () => {
    const { lane, provider, journal } = aLane();
    lane.offer(numbered(1));
    await aMoment();
    await provider.of("1").end(anEnd.credentials());
    journal.refuses = 1;
    await vi.advanceTimersByTimeAsync(100_000);

    expect(provider.called).toStrictEqual(["1", "1"]);
  });

  it("is over when a call from before the trouble is taken after all", async () => {
    const { lane, provider } = aLane();
    [1, 2].forEach((offset) => lane.offer(numbered(offset)));
    await aMoment();
    await provider.of("1").end(anEnd.credentials());
    await provider.of("2").end();
    await aMoment();

    expect(lane.held).toBeNull();
    expect(provider.called).toStrictEqual(["1", "2", "1"]);
  });
});

describe("a lane that is stopped", () => {
  it("begins no call any more and resolves when the running ones have ended", async () => {
    const { lane, provider, desk } = aLane({ maxConcurrentCalls: 2 });
    [1, 2, 3].forEach((offset) => lane.offer(numbered(offset)));
    await aMoment();
    let stopped = false;
    const stop = lane.stop().then(() => (stopped = true));
    lane.offer(numbered(4));

    await provider.of("1").end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([stopped, provider.called]).toStrictEqual([false, ["1", "2"]]);
    await provider.of("2").end(anEnd.throttled());
    await stop;
    await vi.advanceTimersByTimeAsync(60_000);

    expect(provider.called).toStrictEqual(["1", "2"]);
    expect(desk.lines).toStrictEqual(["1 accepted after 1"]);
    expect([lane.depth.NORMAL, lane.runnable]).toStrictEqual([3, false]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("uses no ticket that comes after the stop", async () => {
    const { lane, provider } = aLane();
    lane.offer(numbered(1));
    await lane.stop();
    await vi.advanceTimersByTimeAsync(1000);

    expect(provider.called).toStrictEqual([]);
  });

  it("expires nothing any more: that comes again after the next start", async () => {
    const { lane, provider, desk } = aLane({ maxConcurrentCalls: 1 });
    lane.offer(numbered(1));
    lane.offer(numbered(2, { notAfter: START + 100 }));
    await aMoment();
    void lane.stop();
    await vi.advanceTimersByTimeAsync(1000);
    await provider.of("1").end();
    await vi.advanceTimersByTimeAsync(1000);

    expect(desk.lines).toStrictEqual(["1 accepted after 1"]);
  });

  it("holds no timer for what waits out a delay", async () => {
    const { lane, provider } = aLane();
    lane.offer(numbered(1));
    await aMoment();
    await provider.of("1").end(anEnd.throttled(60_000));
    await aMoment();
    expect(vi.getTimerCount()).toBe(1);
    await lane.stop();

    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells everybody who waits for its end", async () => {
    const { lane, provider } = aLane();
    lane.offer(numbered(1));
    await aMoment();
    const stops = Promise.all([lane.stop(), lane.stop()]);
    await provider.of("1").end();

    await expect(stops).resolves.toHaveLength(2);
  });

  it("resolves at once when nothing is running", async () => {
    const { lane } = aLane();

    await expect(lane.stop()).resolves.toBeUndefined();
  });
});

describe("a lane that loses a partition", () => {
  it("forgets what waits and was delayed, and names what is being called", async () => {
    const { lane, provider, desk } = aLane({ maxConcurrentCalls: 1 });
    lane.offer(numbered(1));
    await aMoment();
    await provider.of("1").end(anEnd.throttled(5000));
    lane.offer(numbered(2));
    await aMoment();
    lane.offer(numbered(3));
    lane.offer(numbered(4, {}, 7));

    const forgotten = lane.forget(0);

    expect(forgotten.map(({ source }) => source.offset).toSorted()).toStrictEqual([1n, 3n]);
    expect(lane.calling.map(({ source }) => source.offset)).toStrictEqual([2n]);
    await provider.of("2").end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(provider.called).toStrictEqual(["1", "2", "4"]);
    expect(desk.lines).toStrictEqual(["2 accepted after 1"]);
  });

  it("never both forgets a request and names it as being called", async () => {
    const { lane, provider, desk } = aLane();
    lane.offer(numbered(1));
    await aMoment();
    const found: bigint[][] = [];
    desk.keeps = () => {
      // The moment after it was put back, when its call has not quite ended.
      queueMicrotask(() => {
        const calling = lane.calling.map(({ source }) => source.offset);
        found.push(
          calling,
          lane.forget(0).map(({ source }) => source.offset),
        );
      });
      return true;
    };
    await provider.of("1").end(anEnd.unavailable());

    expect(found).toStrictEqual([[], [1n]]);
  });

  it.each(["unavailable", "throttled", "quota", "credentials"] as const)(
    "drops a call that comes back %s when the record is somebody else's by now",
    async (kind) => {
      const { lane, provider, desk } = aLane();
      lane.offer(numbered(1));
      await aMoment();
      desk.lost.add(1n);
      await provider.of("1").end(anEnd[kind]());
      await vi.advanceTimersByTimeAsync(400_000);

      expect(provider.called).toStrictEqual(["1"]);
      expect([desk.lines, lane.depth.NORMAL, lane.inFlight]).toStrictEqual([[], 0, 0]);
    },
  );
});

describe("lanes beside each other", () => {
  it("do not feel it when one hangs", async () => {
    const hanging = aLane({ maxConcurrentCalls: 1 });
    const healthy = aLane({ maxConcurrentCalls: 1 });
    for (let offset = 1; offset <= 5; offset++) {
      hanging.lane.offer(numbered(offset));
      healthy.lane.offer(numbered(offset));
    }
    for (let offset = 1; offset <= 5; offset++) {
      await aMoment();
      await healthy.provider.of(String(offset)).end();
    }

    expect(healthy.desk.lines).toHaveLength(5);
    expect(hanging.provider.called).toStrictEqual(["1"]);
  });
});

describe("a lane's surprises", () => {
  it("are told to the desk: a provider that throws", async () => {
    const bug = new Error("a bug");
    const { lane, desk } = aLane({
      provider: { rerun: async () => Promise.reject(bug) },
    });
    lane.offer(numbered(1));
    await aMoment();

    expect(desk.failures).toStrictEqual([bug]);
  });

  it("are told to the desk: a ticket that is refused", async () => {
    const bug = new Error("a bug");
    const { lane, desk } = aLane({
      limits: openLimits({ ticket: async () => Promise.reject(bug) }),
    });
    lane.offer(numbered(1));
    await aMoment();

    expect(desk.failures).toStrictEqual([bug]);
  });
});

describe("a lane's counting", () => {
  it("moves its steps whenever something happens and not otherwise", async () => {
    const { lane, provider } = aLane();
    const before = lane.steps;
    lane.offer(numbered(1));
    await aMoment();
    const called = lane.steps;
    await provider.of("1").end();
    const ended = lane.steps;
    await vi.advanceTimersByTimeAsync(10_000);

    expect(called).toBeGreaterThan(before);
    expect(ended).toBeGreaterThan(called);
    expect(lane.steps).toBe(ended);
  });

  it("measures the wait for ticket and gate together, and the call without the gate", async () => {
    const gate = new SendGate({ limit: 1, now: () => performance.now() });
    const { lane, provider, meter } = aLane({
      limits: openLimits({
        gateFor: () => ({ pass: async (signal) => gate.pass(signal), close: () => undefined }),
      }),
    });
    lane.offer(numbered(1));
    lane.offer(numbered(2));
    await vi.advanceTimersByTimeAsync(1100);
    await provider.of("1").end();
    await provider.of("2").end();

    const [first, second] = meter.waits;
    expect(first).toBeLessThan(10);
    expect(second).toBeGreaterThan(1000);
    expect(meter.durations.map((ms) => ms < 1100)).toStrictEqual([true, true]);
    expect(meter.durations[1]).toBeLessThan(100);
  });
});

describe("a lane, whatever happens in whatever order", () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        offer: fc.constantFrom(...PRIORITIES),
        ms: fc.option(fc.nat(90_000)),
        isSlow: fc.boolean(),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        end: fc.constantFrom(...CALL_END_KINDS),
        pick: fc.nat(),
        retryAfterMs: fc.option(fc.nat(20_000)),
      }),
    },
    { weight: 5, arbitrary: fc.record({ pass: fc.nat(40_000) }) },
    { weight: 1, arbitrary: fc.constant("forget" as const) },
    { weight: 1, arbitrary: fc.constant("refuse a claim" as const) },
  );

  /** Few targets, so that many requests share one. */
  const operationOf = (offset: number, isSlow: boolean) =>
    isSlow
      ? aTencentRerun({ instanceKeys: [`key-${offset % 3}`] })
      : aDataWorksRerun({ instanceIds: [String((offset % 3) + 1)] });

  /** Readings that take a while, some of them longer than anybody waits for. */
  const preparing = (mode: Prepare["mode"]): Prepare => ({
    mode,
    applies: ({ source }) => source.offset % 4n !== 0n,
    read: async ({ source }) =>
      new Promise((resolve) => {
        setTimeout(() => resolve({ marks: [] }), Number(source.offset % 5n) * 700);
      }),
  });

  it("works every request to exactly one end and never stands still for good", async () => {
    const runs = fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(null, "auto" as const, "always" as const),
      async (steps, maxConcurrentCalls, mode) => {
        vi.useFakeTimers({ now: START });
        const rateLimit = {
          ...{ callsPerSecond: 3, perOperation: { TencentRerunTaskInstances: 1 } },
          ...{ readsPerSecond: 1, totalPerSecond: null, callsPerDay: null, shareWith: null },
        };
        const clock = { now: () => performance.now(), epoch: () => Date.now() };
        const { lane, provider, desk, journal } = aLane({
          ...{ maxConcurrentCalls, limits: new RateLimits(rateLimit, clock) },
          prepare: mode === null ? null : preparing(mode),
        });
        let offered = 0;
        let forgotten = 0;
        for (const one of steps) {
          if (one === "forget") {
            forgotten += lane.forget(0).length;
          } else if (one === "refuse a claim") {
            journal.refuses += 1;
          } else if ("offer" in one) {
            const notAfter = one.ms === null ? null : Date.now() + one.ms;
            offered += 1;
            const operation = operationOf(offered, one.isSlow);
            lane.offer(numbered(offered, { priority: one.offer, notAfter, operation }));
          } else if ("pass" in one) {
            await vi.advanceTimersByTimeAsync(one.pass);
          } else {
            const end =
              one.end === "throttled" ? anEnd.throttled(one.retryAfterMs) : anEnd[one.end]();
            await provider.open[one.pick % Math.max(1, provider.open.length)]?.end(end);
          }
          expect(lane.inFlight).toBeLessThanOrEqual(maxConcurrentCalls);
        }
        for (let turn = 0; turn <= 2 * offered + 10; turn++) {
          await vi.advanceTimersByTimeAsync(301_000);
          for (const open of [...provider.open]) await open.end();
        }

        const ended = desk.lines.map((line) => line.split(" ")[0]);
        expect(new Set(ended).size).toBe(ended.length);
        expect(ended.length + forgotten).toBe(offered);
        expect([lane.inFlight, lane.depth, desk.failures]).toStrictEqual([
          0,
          { LOW: 0, NORMAL: 0, HIGH: 0 },
          [],
        ]);
        expect(vi.getTimerCount()).toBe(0);
      },
    );
    await fc.assert(runs, { numRuns: 200 });
  }, 60_000);
});
