import { setMaxListeners } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RateLimitConfig } from "../../src/config/config.ts";
import type { OperationName } from "../../src/domain/operation.ts";
import type { ReadEnd, WireTerms } from "../../src/domain/provider.ts";
import { RateLimits, rateLimitsOf } from "../../src/lanes/rate-limits.ts";
import { GATE_WINDOW_MS } from "../../src/lanes/send-window.ts";
import { mostIn } from "./departures.ts";

const START = 1_700_000_000_000;
const DAY_MS = 86_400_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;
setMaxListeners(0, never);
const clock = { now: () => performance.now(), epoch: () => Date.now() };
const SLOW: OperationName = "TencentRerunTriggerWorkflowRun";
const FAST: OperationName = "TencentRerunTaskInstances";

function limitsWith(overrides: Partial<RateLimitConfig> = {}): RateLimits {
  return new RateLimits(aRateLimit(overrides), clock);
}

function aRateLimit(overrides: Partial<RateLimitConfig> = {}): RateLimitConfig {
  return {
    callsPerSecond: 20,
    perOperation: {},
    readsPerSecond: 20,
    totalPerSecond: null,
    callsPerDay: null,
    shareWith: null,
    ...overrides,
  };
}

/** One read that leaves when the gate opens, `delayMs` later, and is answered at once. */
async function readOnce({ gate, signal }: WireTerms, delayMs = 0): Promise<ReadEnd<string>> {
  const leave = await gate.pass(signal);
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  leave();
  return { kind: "read", value: "ok" };
}

describe("the limits of an account, whatever is asked of them and whenever the event loop stands still", () => {
  const departure = fc.record({
    what: fc.constantFrom("fast", "slow", "unlimited", "read a", "read b"),
    askAtMs: fc.integer({ min: 0, max: 3000 }),
    /** From permission to the write, or to the death of a connection that never writes. */
    delayMs: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 30 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 2000 }) },
    ),
    abortAtMs: fc.option(fc.integer({ min: 0, max: 6000 }), { freq: 4 }),
  });
  const stall = fc.record({
    atMs: fc.integer({ min: 0, max: 6000 }),
    forMs: fc.integer({ min: 1, max: 2500 }),
  });
  const limit = fc.integer({ min: 1, max: 6 });
  const config = fc.record({
    callsPerSecond: limit,
    readsPerSecond: limit,
    totalPerSecond: fc.option(limit),
    fast: limit,
    slow: limit,
  });
  const OPERATION_OF: Readonly<Record<string, OperationName>> = {
    fast: FAST,
    slow: SLOW,
    unlimited: "TencentRerunScheduleInstances",
  };

  it("never let more leave in any second than each of them allows, and let everybody leave in the end", async () => {
    const runs = fc.asyncProperty(
      config,
      fc.array(departure, { minLength: 1, maxLength: 40 }),
      fc.array(stall, { maxLength: 4 }),
      async ({ fast, slow, ...perSecond }, departures, stalls) => {
        vi.useFakeTimers({ now: START });
        let stalledMs = 0;
        const now = () => performance.now() + stalledMs;
        const perOperation = { [FAST]: fast, [SLOW]: slow };
        const limits = new RateLimits(aRateLimit({ ...perSecond, perOperation }), {
          ...clock,
          now,
        });
        const turns = limits.turns({ signal: never, onRead: () => undefined });
        const left: { readonly what: string; readonly at: number }[] = [];
        let ended = 0;
        let called = 0;
        let aborted = 0;

        for (const { what, askAtMs, delayMs, abortAtMs } of departures) {
          const abort = new AbortController();
          if (abortAtMs !== null) setTimeout(() => abort.abort(new Error("enough")), abortAtMs);
          setTimeout(() => {
            const operation = OPERATION_OF[what];
            if (operation === undefined) {
              void turns
                .take(what, async (terms) => {
                  const end = await readOnce(terms, delayMs);
                  left.push({ what, at: now() });
                  return end;
                })
                .then(() => (ended += 1));
              return;
            }
            const gate = limits.gateFor(operation, (at) => void left.push({ what, at }));
            gate
              .pass(abort.signal)
              .then((leave) => {
                called += 1;
                if (delayMs === 0) leave();
                else setTimeout(leave, delayMs);
              })
              .catch(() => (aborted += 1))
              .finally(() => (ended += 1));
          }, askAtMs);
        }
        for (const { atMs, forMs } of stalls) setTimeout(() => (stalledMs += forMs), atMs);
        await vi.advanceTimersByTimeAsync(200_000);

        const timesOf = (...kinds: readonly string[]) =>
          left.filter(({ what }) => kinds.includes(what)).map(({ at }) => at);
        const reads = departures.filter(({ what }) => what.startsWith("read")).length;
        const within = (most: number, instants: readonly number[]) =>
          expect(mostIn(GATE_WINDOW_MS, instants)).toBeLessThanOrEqual(most);
        within(fast, timesOf("fast"));
        within(slow, timesOf("slow"));
        within(perSecond.callsPerSecond, timesOf("fast", "slow", "unlimited"));
        within(perSecond.readsPerSecond, timesOf("read a"));
        within(perSecond.readsPerSecond, timesOf("read b"));
        within(perSecond.totalPerSecond ?? Infinity, timesOf(...left.map(({ what }) => what)));
        expect(ended).toBe(departures.length);
        expect(left).toHaveLength(called + reads);
        expect(called + aborted + reads).toBe(departures.length);
        expect(vi.getTimerCount()).toBe(0);
      },
    );
    await fc.assert(runs, { numRuns: 150 });
  }, 60_000);
});

describe("the limits of an account", () => {
  it("hold no place for a call that waits for its slow operation", async () => {
    const limits = limitsWith({ callsPerSecond: 2, perOperation: { [SLOW]: 1 } });
    (await limits.gateFor(SLOW).pass(never))();
    let slow = false;
    void limits
      .gateFor(SLOW)
      .pass(never)
      .then(() => (slow = true));

    const leave = await limits.gateFor(FAST).pass(never);
    leave();

    expect(slow).toBe(false);
    await vi.advanceTimersByTimeAsync(GATE_WINDOW_MS);
    expect(slow).toBe(true);
  });

  it("let go first whose limit opens first, whoever waited before", async () => {
    const limits = limitsWith({ perOperation: { [SLOW]: 1, [FAST]: 1 } });
    (await limits.gateFor(FAST).pass(never))();
    await vi.advanceTimersByTimeAsync(500);
    (await limits.gateFor(SLOW).pass(never))();
    const passed: string[] = [];
    void limits
      .gateFor(SLOW)
      .pass(never)
      .then(() => passed.push("slow"));
    void limits
      .gateFor(FAST)
      .pass(never)
      .then(() => passed.push("fast"));

    await vi.advanceTimersByTimeAsync(GATE_WINDOW_MS - 500);
    expect(passed).toStrictEqual(["fast"]);
    await vi.advanceTimersByTimeAsync(500);
    expect(passed).toStrictEqual(["fast", "slow"]);
  });

  it("pace tickets by the lowest of calls and total", async () => {
    const limits = limitsWith({ callsPerSecond: 20, totalPerSecond: 5 });
    let came = 0;
    for (let one = 0; one < 20; one++) void limits.ticket().then(() => (came += 1));
    await vi.advanceTimersByTimeAsync(GATE_WINDOW_MS - 10);

    expect(limits.perSecond).toBe(5);
    expect(came).toBe(5);
  });

  it("let calls of a slow operation be picked evenly, and the others at once", async () => {
    const limits = limitsWith({ perOperation: { [SLOW]: 2 } });
    const now = performance.now();
    expect([limits.opensAt(SLOW), limits.opensAt(FAST)]).toStrictEqual([0, 0]);
    limits.gateFor(SLOW);
    limits.gateFor(FAST);

    expect(limits.opensAt(SLOW)).toBe(now + GATE_WINDOW_MS / 2);
    expect(limits.opensAt(FAST)).toBe(0);
    expect([limits.perSecondOf(SLOW), limits.perSecondOf(FAST)]).toStrictEqual([2, 20]);
  });

  it("give the lane that picked longest ago a head start", () => {
    const limits = limitsWith({ perOperation: { [SLOW]: 1 } });
    const [a, b, c] = [{}, {}, {}];
    limits.gateFor(SLOW, undefined, a);
    vi.advanceTimersByTime(5000);
    limits.gateFor(SLOW, undefined, b);
    const opens = performance.now() + GATE_WINDOW_MS;
    for (const asker of [a, b, c]) limits.opensAt(SLOW, asker);

    expect([a, b, c].map((asker) => limits.opensAt(SLOW, asker))).toStrictEqual([
      opens + 100,
      opens + 200,
      opens,
    ]);
  });

  it("let a lane that is alone have the whole pace", () => {
    const limits = limitsWith({ perOperation: { [SLOW]: 1 } });
    const [a, b] = [{}, {}];
    limits.opensAt(SLOW, b);
    limits.gateFor(SLOW, undefined, a);

    expect(limits.opensAt(SLOW, a)).toBe(performance.now() + GATE_WINDOW_MS);
  });

  it("are the same for connections that share them, and of nobody else", () => {
    const limits = rateLimitsOf(
      [
        { name: "b", rateLimit: aRateLimit({ shareWith: "a" }) },
        { name: "a", rateLimit: aRateLimit({ callsPerSecond: 3 }) },
        { name: "c", rateLimit: aRateLimit() },
      ],
      clock,
    );

    expect(limits.get("b")).toBe(limits.get("a"));
    expect(limits.get("a")?.perSecond).toBe(3);
    expect(limits.get("c")).not.toBe(limits.get("a"));
  });
});

describe("a total that calls and reads share", () => {
  /** Who left, in order, while `calls` and `reads` always wait. */
  async function contest(calls: number, reads: number, totalPerSecond = 5): Promise<string[]> {
    const limits = limitsWith({ totalPerSecond });
    const turns = limits.turns({ signal: never, onRead: () => undefined });
    const left: string[] = [];
    for (let one = 0; one < calls; one++) {
      const gate = limits.gateFor(FAST, () => void left.push("call"));
      void gate.pass(never).then((leave) => leave());
    }
    for (let one = 0; one < reads; one++) {
      void turns.take("a", async (terms) => {
        const end = await readOnce(terms);
        left.push("read");
        return end;
      });
    }
    await vi.advanceTimersByTimeAsync(10 * GATE_WINDOW_MS);
    return left;
  }

  it("gives one in five to reads when both wait", async () => {
    const left = await contest(100, 100);

    // The first five go in the order of asking: no read had asked yet.
    expect(left.slice(5, 50).filter((one) => one === "read")).toHaveLength(9);
    for (let from = 5; from + 5 <= 50; from += 5) {
      expect(left.slice(from, from + 5)).toContain("read");
    }
  });

  it("gives all to reads when no call waits, and all to calls when no read waits", async () => {
    expect(await contest(0, 50)).toStrictEqual(Array(50).fill("read"));
    expect(await contest(50, 0)).toStrictEqual(Array(50).fill("call"));
  });
});

describe("the limit of a day", () => {
  const day = (callsPerDay: number) => limitsWith({ callsPerDay });

  /** Makes one call that leaves. */
  async function call(limits: RateLimits): Promise<void> {
    const gate = limits.gateFor(FAST);
    const leave = await gate.pass(never);
    leave();
    gate.close();
  }

  it("is used up by calls and reads together, and says so until the next is possible", async () => {
    const limits = day(10);
    const turns = limits.turns({ signal: never, onRead: () => undefined });
    for (let one = 0; one < 2; one++) await turns.take("a", readOnce);
    for (let one = 0; one < 8; one++) await call(limits);

    expect(limits.usedUp()).toBe(
      `10 calls and reads were made in the last 24 hours and callsPerDay is 10; the next is possible at ${new Date(limits.opensAt(FAST) - performance.now() + START).toISOString()}`,
    );
    expect(() => limits.gateFor(FAST)).toThrow("past callsPerDay");
    vi.advanceTimersByTime(DAY_MS - 1);
    expect(limits.usedUp()).not.toBeNull();
    vi.advanceTimersByTime(60_001);
    expect(limits.usedUp()).toBeNull();
    expect(limits.opensAt(FAST)).toBe(0);
  });

  it("gives one in five to reads at most, and tells those that have none", async () => {
    const limits = day(10);
    const results: string[] = [];
    const turns = limits.turns({
      signal: never,
      onRead: (action, result) => void results.push(`${action} ${result}`),
    });
    for (let one = 0; one < 2; one++) await turns.take("a", readOnce);
    const end = await turns.take("a", readOnce);

    expect(end).toMatchObject({ kind: "unreadable", result: "quota" });
    // What was never sent is not counted as a read.
    expect(results).toStrictEqual(["a accepted", "a accepted"]);
    expect(limits.ofTheDay).toStrictEqual({ limit: 10, calls: 0, reads: 2 });
    expect(limits.usedUp()).toBeNull();
  });

  it("gets back the place of what never left, once", () => {
    const limits = day(1);
    const gate = limits.gateFor(FAST);
    expect(limits.usedUp()).not.toBeNull();
    // Somebody else's call may still give its place back: it is looked at again soon.
    expect(limits.opensAt(FAST)).toBe(performance.now() + 1000);
    gate.close();
    gate.close();

    expect(limits.usedUp()).toBeNull();
    limits.gateFor(FAST);
    expect(() => limits.gateFor(FAST)).toThrow("past callsPerDay");
  });

  it("never lets more leave in any 24 hours, whenever they leave", async () => {
    const runs = fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.array(
        fc.record({ pauseMs: fc.integer({ min: 0, max: DAY_MS / 4 }), read: fc.boolean() }),
        { minLength: 1, maxLength: 60 },
      ),
      async (callsPerDay, steps) => {
        vi.useFakeTimers({ now: START });
        const limits = day(callsPerDay);
        const left: { readonly read: boolean; readonly at: number }[] = [];
        const turns = limits.turns({ signal: never, onRead: () => undefined });
        for (const { pauseMs, read } of steps) {
          await vi.advanceTimersByTimeAsync(pauseMs);
          const count = () => void left.push({ read, at: performance.now() });
          if (!read && limits.opensAt(FAST) === 0) await call(limits).then(count);
          if (read) {
            const { kind } = await turns.take("a", readOnce);
            if (kind === "read") count();
          }
        }

        const reads = left.filter(({ read }) => read);
        const at = (all: typeof left) => all.map((one) => one.at);
        expect(mostIn(DAY_MS, at(left))).toBeLessThanOrEqual(callsPerDay);
        expect(mostIn(DAY_MS, at(reads))).toBeLessThanOrEqual(Math.floor(callsPerDay / 5));
        vi.advanceTimersByTime(DAY_MS + 60_000);
        expect(limits.opensAt(FAST)).toBe(0);
      },
    );
    await fc.assert(runs, { numRuns: 100 });
  }, 60_000);
});
