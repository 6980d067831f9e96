import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OperationName } from "../../src/domain/operation.ts";
import { aReplica, aSlotsTopic, mostInASecond, type Replica } from "./a-replica.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const OPERATION: OperationName = "TencentRerunTaskInstances";
const never = new AbortController().signal;

/** Makes calls as a lane does: a ticket, then what has to be done before, then the gate. */
async function callOn(
  { limits, now }: Replica,
  departures: number[],
  { calls = Infinity, prepareMs = 5, operation = OPERATION } = {},
): Promise<void> {
  const asker = {};
  for (let made = 0; made < calls; made++) {
    while (limits.opensAt(operation, asker) > now()) await passed(20);
    const left = Math.min(calls - made, 10);
    await limits.ticket({ calls: left, of: () => left }, asker);
    const gate = limits.gateFor(operation, () => void departures.push(Date.now()), asker);
    void passed(prepareMs)
      .then(async () => gate.pass(never))
      .then((leave) => leave())
      .finally(() => gate.close());
  }
}

const passed = async (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads without end, two at a time. */
function readOn({ limits }: Replica, departures: number[], action = "look"): void {
  const turns = limits.turns({ signal: never, onRead: () => undefined });
  const reader = async () => {
    for (;;) {
      await turns.take(action, async ({ gate }) => {
        const leave = await gate.pass(never);
        leave();
        departures.push(Date.now());
        return { kind: "read", value: null };
      });
    }
  };
  void reader();
  void reader();
}

/** Replicas that have begun and know of each other. */
async function replicasOf(count: number, ...options: Parameters<typeof aReplica>[1][]) {
  const { topic, clock } = aSlotsTopic();
  const replicas = Array.from({ length: count }, (_, i) =>
    aReplica(topic, options[i] ?? options[0]),
  );
  await vi.advanceTimersByTimeAsync(4000);
  return { topic, clock, replicas };
}

const perReplica = (replicas: readonly Replica[]) => replicas.map((): number[] => []);

describe("limits that a group keeps", () => {
  it("give the whole rate to the one replica that has work, and never more", async () => {
    const { replicas } = await replicasOf(3);
    const departures: number[] = [];
    void callOn(replicas[0]!, departures);
    await vi.advanceTimersByTimeAsync(20_000);

    expect(departures.length).toBeGreaterThanOrEqual(19 * 20);
    expect(mostInASecond(departures)).toBe(20);
  });

  it("are shared by replicas that all have work, about equally, and hold for all together", async () => {
    const { replicas } = await replicasOf(3);
    const made = perReplica(replicas);
    replicas.forEach((replica, i) => void callOn(replica, made[i]!));
    await vi.advanceTimersByTimeAsync(20_000);

    expect(made.flat().length).toBeGreaterThanOrEqual(19 * 20);
    expect(mostInASecond(made.flat())).toBe(20);
    expect(Math.min(...made.map(({ length }) => length))).toBeGreaterThan(100);
  });

  it("let a burst after a rest go at once, as far as they allow", async () => {
    const { replicas } = await replicasOf(2);
    const made = perReplica(replicas);
    await vi.advanceTimersByTimeAsync(60_000);
    replicas.forEach((replica, i) => void callOn(replica, made[i]!, { calls: 30 }));
    await vi.advanceTimersByTimeAsync(4500);

    expect(made.flat()).toHaveLength(60);
    expect(mostInASecond(made.flat())).toBeLessThanOrEqual(20);
  });

  it("begin a single call within milliseconds", async () => {
    const { replicas } = await replicasOf(3);
    await vi.advanceTimersByTimeAsync(45_000);
    const departures: number[] = [];
    const asked = Date.now();
    void callOn(replicas[1]!, departures, { calls: 1 });
    await vi.advanceTimersByTimeAsync(100);

    expect(departures[0]! - asked).toBeLessThan(40);
    expect(replicas[1]!.ends.get("wasted") ?? 0).toBe(0);
  });

  it("keep their rate when calls need long to get to the gate", async () => {
    const { replicas } = await replicasOf(2);
    const departures: number[] = [];
    void callOn(replicas[0]!, departures, { prepareMs: 300 });
    await vi.advanceTimersByTimeAsync(5000);
    departures.length = 0;
    await vi.advanceTimersByTimeAsync(20_000);

    expect(departures.length).toBeGreaterThanOrEqual(19 * 20);
    expect(mostInASecond(departures)).toBe(20);
  });

  it("count each slot once, however often its departure is told", async () => {
    const { replicas } = await replicasOf(1);
    const [replica] = replicas;
    const { limits, ends } = replica!;
    const departure = limits.ticket().then(async () => {
      const gate = limits.gateFor(OPERATION);
      return { gate, leave: await gate.pass(never) };
    });
    await vi.advanceTimersByTimeAsync(50);
    const { gate, leave } = await departure;
    leave();
    await vi.advanceTimersByTimeAsync(2000);
    // The connection is closed, long after its slot.
    leave();
    gate.close();

    expect(Object.fromEntries(ends)).toStrictEqual({ granted: 1, used: 1 });
  });

  it("keep nine tenths of their rate on a machine that wakes everybody 40 ms late", async () => {
    const { replicas } = await replicasOf(2);
    const inTime = globalThis.setTimeout;
    // The line to the brokers, 2 ms, is as fast as ever.
    const late = (then: () => void, ms = 0) => inTime(then, ms <= 2 ? ms : ms + 40);
    vi.spyOn(globalThis, "setTimeout").mockImplementation(late);
    const made = perReplica(replicas);
    replicas.forEach((replica, i) => void callOn(replica, made[i]!));
    await vi.advanceTimersByTimeAsync(10_000);
    made.forEach((departures) => departures.splice(0));
    await vi.advanceTimersByTimeAsync(20_000);

    expect(made.flat().length).toBeGreaterThanOrEqual(18 * 20);
    expect(mostInASecond(made.flat())).toBe(20);
  });

  it("are the lowest that anybody lives by, while configs differ", async () => {
    const { replicas } = await replicasOf(2, { callsPerSecond: 20 }, { callsPerSecond: 5 });
    const made = perReplica(replicas);
    replicas.forEach((replica, i) => void callOn(replica, made[i]!));
    await vi.advanceTimersByTimeAsync(10_000);

    expect(mostInASecond(made.flat())).toBe(5);
    expect(made.flat().length).toBeGreaterThanOrEqual(47);
  });

  it("hold for an operation, and let the others go on meanwhile", async () => {
    const perOperation = { TencentRerunScheduleInstances: 2 };
    const { replicas } = await replicasOf(2, { perOperation });
    const [slow, fast]: number[][] = [[], []];
    for (const replica of replicas) {
      void callOn(replica, slow!, { operation: "TencentRerunScheduleInstances" });
      void callOn(replica, fast!);
    }
    await vi.advanceTimersByTimeAsync(20_000);

    expect(mostInASecond(slow!)).toBe(2);
    expect(mostInASecond([...slow!, ...fast!])).toBe(20);
    expect(slow!.length).toBeGreaterThanOrEqual(37);
    expect(slow!.length + fast!.length).toBeGreaterThanOrEqual(18 * 20);
  });

  it("give reads one departure in five of a total while calls wait, and never more than the total", async () => {
    const { replicas } = await replicasOf(2, { callsPerSecond: 10, totalPerSecond: 10 });
    const [calls, reads]: number[][] = [[], []];
    for (const replica of replicas) {
      void callOn(replica, calls!);
      readOn(replica, reads!);
    }
    await vi.advanceTimersByTimeAsync(20_000);

    expect(mostInASecond([...calls!, ...reads!])).toBe(10);
    expect(calls!.length + reads!.length).toBeGreaterThanOrEqual(9 * 20);
    expect(reads!.length / (calls!.length + reads!.length)).toBeGreaterThan(0.15);
    expect(reads!.length / (calls!.length + reads!.length)).toBeLessThan(0.3);
  });

  it("hold for each read API of the group, without taking anything from calls", async () => {
    const { replicas } = await replicasOf(2, { readsPerSecond: 5 });
    const [calls, look, list]: number[][] = [[], [], []];
    for (const replica of replicas) {
      void callOn(replica, calls!);
      readOn(replica, look!, "look");
      readOn(replica, list!, "list");
    }
    await vi.advanceTimersByTimeAsync(10_000);

    expect([mostInASecond(calls!), mostInASecond(look!), mostInASecond(list!)]).toStrictEqual([
      20, 5, 5,
    ]);
  });

  it("lose no more than what a replica had reserved when it dies", async () => {
    const { replicas } = await replicasOf(2);
    const made = perReplica(replicas);
    replicas.forEach((replica, i) => void callOn(replica, made[i]!));
    await vi.advanceTimersByTimeAsync(5000);
    const before = made[1]!.length;
    replicas[0]!.die();
    await vi.advanceTimersByTimeAsync(10_000);

    expect(mostInASecond(made.flat())).toBe(20);
    expect(made[1]!.length - before).toBeGreaterThanOrEqual(180);
  });

  it("are known to a newcomer while others call all the time", async () => {
    const { topic, replicas } = await replicasOf(2);
    const made: number[][] = [[], [], []];
    replicas.forEach((replica, i) => void callOn(replica, made[i]!));
    await vi.advanceTimersByTimeAsync(10_000);
    const newcomer = aReplica(topic);
    void callOn(newcomer, made[2]!);
    await vi.advanceTimersByTimeAsync(10_000);

    expect(made[2]!.length).toBeGreaterThan(30);
    expect(mostInASecond(made.flat())).toBe(20);
  });

  it("begin anew when the brokers' clock is set, and hold across it", async () => {
    const { clock, replicas } = await replicasOf(2);
    const made = perReplica(replicas);
    replicas.forEach((replica, i) => void callOn(replica, made[i]!));
    for (const stepMs of [5000, -5000, 300, -2300]) {
      await vi.advanceTimersByTimeAsync(8000);
      clock.offsetMs += stepMs;
    }
    await vi.advanceTimersByTimeAsync(8000);

    expect(mostInASecond(made.flat())).toBe(20);
    expect(made.flat().length).toBeGreaterThan(300);
  });

  it("follow an order to all that is called from then on", async () => {
    const { replicas } = await replicasOf(2);
    const made = perReplica(replicas);
    replicas.forEach((replica, i) => void callOn(replica, made[i]!));
    await vi.advanceTimersByTimeAsync(5000);
    replicas[0]!.limits.limitTo(4);
    await vi.advanceTimersByTimeAsync(3000);
    const since = Date.now();
    await vi.advanceTimersByTimeAsync(10_000);
    const limited = made.flat().filter((at) => at >= since);
    replicas[0]!.limits.limitTo(null);
    await vi.advanceTimersByTimeAsync(15_000);
    const later = Date.now();
    await vi.advanceTimersByTimeAsync(5000);

    expect(mostInASecond(limited)).toBe(4);
    expect(made.flat().filter((at) => at >= later).length).toBeGreaterThan(90);
  });

  it("are halved for everybody when one is throttled, who all wait as the provider wants, and recover", async () => {
    const { replicas } = await replicasOf(2);
    const made = perReplica(replicas);
    replicas.forEach((replica, i) => void callOn(replica, made[i]!));
    await vi.advanceTimersByTimeAsync(5000);
    replicas[0]!.limits.throttled({ retryAfterMs: 8000, leftAt: replicas[0]!.now() });
    const throttledAt = Date.now();
    await vi.advanceTimersByTimeAsync(68_000);
    const within = (from: number, to: number) =>
      made.flat().filter((at) => at >= throttledAt + from && at < throttledAt + to);

    // It takes others a message each way to hear of it.
    expect(within(10, 8000)).toStrictEqual([]);
    expect(replicas[1]!.ends.get("late") ?? 0).toBe(0);
    expect(mostInASecond(within(8000, 10_000))).toBe(10);
    expect(mostInASecond(within(63_000, 68_000))).toBe(20);
  });

  it("are halved again by an answer to another replica, from what rules over all, and show so", async () => {
    const { replicas } = await replicasOf(3);
    const shown = () => replicas.map(({ limits }) => limits.perSecondNow);
    const seen: number[][] = [];
    for (const { limits, now } of replicas) {
      limits.throttled({ retryAfterMs: null, leftAt: now() });
      await vi.advanceTimersByTimeAsync(1500);
      seen.push(shown());
    }

    expect(seen).toStrictEqual([
      [10, 10, 10],
      [5, 5, 5],
      [2, 2, 2],
    ]);
  });

  it("are halved once by answers to all replicas in one moment", async () => {
    const { replicas } = await replicasOf(3);
    for (const { limits, now } of replicas) {
      limits.throttled({ retryAfterMs: null, leftAt: now() });
      await vi.advanceTimersByTimeAsync(50);
    }

    expect(replicas.map(({ limits }) => limits.perSecondNow)).toStrictEqual([10, 10, 10]);
  });

  it("ask again for slots that got lost on the way to the brokers", async () => {
    const { topic } = aSlotsTopic();
    let lost = 0;
    const isLost = (errand: string) => errand === "append a slot" && lost > 0 && (lost -= 1) >= 0;
    const replica = aReplica(topic, {}, { isLost });
    await vi.advanceTimersByTimeAsync(4000);
    lost = 3;
    const departures: number[] = [];
    void callOn(replica, departures, { calls: 5 });
    await vi.advanceTimersByTimeAsync(2000);

    expect(lost).toBe(0);
    expect(departures).toHaveLength(5);
  });

  it("let nothing leave while the brokers do not answer, and all of it later", async () => {
    const { topic } = aSlotsTopic();
    const replica = aReplica(topic, {}, { delayMs: 60_000 });
    const departures: number[] = [];
    void callOn(replica, departures);
    await vi.advanceTimersByTimeAsync(50_000);

    expect(departures).toStrictEqual([]);
    expect(replica.ledger.health()).not.toBeNull();
  });

  it("count the day of the whole group, and know it after a restart", async () => {
    const { topic, replicas } = await replicasOf(2, { callsPerDay: 40 });
    const made: number[][] = [[], [], []];
    replicas.forEach((replica, i) => void callOn(replica, made[i]!));
    await vi.advanceTimersByTimeAsync(20_000);
    for (const replica of replicas) replica.die();
    const newcomer = aReplica(topic, { callsPerDay: 40 });
    void callOn(newcomer, made[2]!);
    await vi.advanceTimersByTimeAsync(20_000);

    expect(made.flat().length).toBeGreaterThanOrEqual(25);
    expect(made.flat().length).toBeLessThanOrEqual(40);
    expect(made[2]).toStrictEqual([]);
    expect(newcomer.limits.usedUp()).toMatch(/^the group made 40 .*; the next is possible at/);
  });
});
