import { setMaxListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RateLimitConfig } from "../../src/config/config.ts";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import { RateLimits } from "../../src/lanes/rate-limits.ts";
import { aDataWorksRerun, aReceived, aTencentRerun } from "../support/a-received-request.ts";
import { anEnd } from "../support/call-ends.ts";
import { aLane } from "./a-lane.ts";

const DAY_MS = 86_400_000;
beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

const clock = { now: () => performance.now(), epoch: () => Date.now() };

function limitsWith(overrides: Partial<RateLimitConfig>): RateLimits {
  const none = { perOperation: {}, totalPerSecond: null, callsPerDay: null, shareWith: null };
  return new RateLimits({ callsPerSecond: 20, readsPerSecond: 20, ...none, ...overrides }, clock);
}

/** A lane that may have 1000 calls under way. */
const aBusyLane = (limits: RateLimits) => aLane({ limits, maxConcurrentCalls: 1000 });

const slow = (offset: number): ReceivedRequest =>
  aReceived({ offset }, { operation: aTencentRerun({ instanceKeys: [`slow-${offset}`] }) });
const fast = (offset: number): ReceivedRequest =>
  aReceived({ offset }, { operation: aDataWorksRerun({ instanceIds: [String(offset)] }) });

describe("a lane whose operations have limits of their own", () => {
  const perOperation = { TencentRerunTaskInstances: 2 };

  it("does not let a slow one hold up the others, though it came first", async () => {
    const { lane, provider } = aBusyLane(limitsWith({ perOperation }));
    for (let offset = 1; offset <= 50; offset++) lane.offer(slow(offset));
    for (let offset = 51; offset <= 100; offset++) lane.offer(fast(offset));
    await vi.advanceTimersByTimeAsync(1000);

    const count = (kind: string) =>
      provider.called.filter((id) => id.startsWith("slow") === (kind === "slow")).length;
    expect([count("slow"), count("fast")]).toStrictEqual([2, 18]);
  });

  it("claims nothing that would only wait at the gate", async () => {
    const { lane, journal } = aBusyLane(limitsWith({ perOperation }));
    for (let offset = 1; offset <= 50; offset++) lane.offer(slow(offset));
    await vi.advanceTimersByTimeAsync(400);

    expect(journal.events).toHaveLength(1);
    expect(lane.runnable).toBe(false);
  });

  it("sleeps until the slow one may go, and lets nothing wait for good", async () => {
    const { lane, provider } = aBusyLane(limitsWith({ perOperation }));
    for (let offset = 1; offset <= 6; offset++) lane.offer(slow(offset));
    await vi.advanceTimersByTimeAsync(3100);

    expect(provider.called).toStrictEqual([1, 2, 3, 4, 5, 6].map((offset) => `slow-${offset}`));
  });
});

describe("lanes that share their limits", () => {
  it("alternate, and never start more together than one may", async () => {
    const limits = limitsWith({ callsPerSecond: 10 });
    const [a, b] = [aBusyLane(limits), aBusyLane(limits)];
    for (let offset = 1; offset <= 50; offset++) {
      a.lane.offer(fast(offset));
      b.lane.offer(fast(offset));
    }
    await vi.advanceTimersByTimeAsync(2015);

    expect([a.provider.called.length, b.provider.called.length]).toStrictEqual([10, 10]);
  });

  it("alternate with a slow operation", async () => {
    const limits = limitsWith({ perOperation: { TencentRerunTaskInstances: 1 } });
    const lanes = [aBusyLane(limits), aBusyLane(limits), aBusyLane(limits)];
    for (let offset = 1; offset <= 50; offset++) {
      for (const { lane } of lanes) lane.offer(slow(offset));
    }
    await vi.advanceTimersByTimeAsync(12 * 1020);

    const called = lanes.map(({ provider }) => provider.called.length);
    expect(Math.min(...called)).toBeGreaterThanOrEqual(3);
    expect(called.reduce((sum, one) => sum + one)).toBeGreaterThanOrEqual(11);
  });
});

describe("a lane whose calls wait at the gate", () => {
  it("begins no more than a second lets through, so that the others can still be overtaken", async () => {
    const { lane, journal, provider } = aBusyLane(limitsWith({ callsPerSecond: 8 }));
    // Whoever is on the way keeps its place: the gate stays shut.
    const rerun = provider.rerun.bind(provider);
    const leaves: (() => void)[] = [];
    provider.rerun = async (call, { gate, signal }) => {
      leaves.push(await gate.pass(signal));
      return rerun(call, {
        gate: { pass: async () => Promise.resolve(() => undefined) },
        signal,
      });
    };
    for (let offset = 1; offset <= 50; offset++) lane.offer(fast(offset));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(journal.events).toHaveLength(8 + 8);
    expect(lane.runnable).toBe(false);

    for (const leave of leaves) leave();
    await vi.advanceTimersByTimeAsync(1100);
    expect(journal.events.length).toBeGreaterThan(8 + 8);
  });
});

describe("a lane under a total that reads share", () => {
  /** What left within 20 s while both always had work; connecting takes 150 ms. */
  async function contest({ calls, reads }: { readonly calls: number; readonly reads: number }) {
    const limits = limitsWith({ callsPerSecond: 5, totalPerSecond: 5 });
    const { lane, provider } = aBusyLane(limits);
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    const connected = async () => new Promise((resolve) => setTimeout(resolve, 150));
    provider.rerun = async (call, { gate }) => {
      await connected();
      (await gate.pass(signal))();
      provider.called.push(call.claimId);
      return anEnd.accepted(...call.targets);
    };
    const turns = limits.turns({ signal, onRead: () => undefined });
    let read = 0;
    for (let offset = 1; offset <= calls; offset++) lane.offer(fast(offset));
    for (let one = 0; one < reads; one++) {
      void turns.take("a", async ({ gate }) => {
        await connected();
        (await gate.pass(signal))();
        read += 1;
        return { kind: "read", value: "ok" };
      });
    }
    await vi.advanceTimersByTimeAsync(20_200);
    return { called: provider.called.length, read };
  }

  it("gets four in five of it while reads always wait, and reads get the fifth", async () => {
    const { called, read } = await contest({ calls: 500, reads: 500 });

    expect(called + read).toBeGreaterThanOrEqual(98);
    expect(read).toBeGreaterThanOrEqual(19);
    expect(read).toBeLessThanOrEqual(24);
  });

  it("gets all of it while nothing is read, and reads get all while nothing is called", async () => {
    expect((await contest({ calls: 500, reads: 0 })).called).toBeGreaterThanOrEqual(98);
    expect((await contest({ calls: 0, reads: 500 })).read).toBeGreaterThanOrEqual(98);
  });
});

describe("a lane whose day is used up", () => {
  it("is held, says why and until when, loses nothing, and goes on by itself", async () => {
    const { lane, provider, desk, holds } = aBusyLane(limitsWith({ callsPerDay: 3 }));
    for (let offset = 1; offset <= 5; offset++) lane.offer(fast(offset));
    await vi.advanceTimersByTimeAsync(1000);
    for (const open of [...provider.open]) await open.end();
    expect(desk.lines).toHaveLength(3);
    expect(lane.held).toMatchObject([{ why: "quota" }]);
    expect(lane.held[0]?.message).toMatch(
      /^3 calls and reads .* the next is possible at 2023-11-15T/,
    );
    expect([lane.depth.NORMAL, lane.runnable]).toStrictEqual([2, false]);

    await vi.advanceTimersByTimeAsync(DAY_MS + 61_000);
    expect(provider.called).toHaveLength(5);
    for (const open of [...provider.open]) await open.end();
    expect(desk.lines).toHaveLength(5);
    expect(lane.held).toStrictEqual([]);
    expect(holds).toStrictEqual(["held: quota", "released: quota"]);
    expect(desk.failures).toStrictEqual([]);
  });

  it("gets back what a call that never left had taken", async () => {
    const { lane, provider } = aBusyLane(limitsWith({ callsPerDay: 1 }));
    provider.rerun = async (call) => {
      provider.called.push(call.targets.join(","));
      return Promise.resolve(anEnd.unavailable());
    };
    lane.offer(fast(1));
    await vi.advanceTimersByTimeAsync(5000);

    expect(provider.called).toStrictEqual(["1", "1", "1"]);
  });

  it("lets requests expire meanwhile", async () => {
    const { lane, desk } = aBusyLane(limitsWith({ callsPerDay: 1 }));
    lane.offer(fast(1));
    const notAfter = Date.now() + 3_600_000;
    lane.offer(aReceived({ offset: 2 }, { operation: aDataWorksRerun(), notAfter }));
    await vi.advanceTimersByTimeAsync(3_600_010);

    expect(desk.lines).toStrictEqual(["2 expired after 0"]);
  });
});
