import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SendGate } from "../../src/lanes/send-gate.ts";
import { GATE_WINDOW_MS } from "../../src/lanes/send-window.ts";
import { mostIn } from "./departures.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;

/** One conversation that asks the gate. */
const passenger = fc.record({
  askAtMs: fc.integer({ min: 0, max: 4000 }),
  /** From permission to the write, or to the death of a connection that never writes: both leave. */
  delayMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 30 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 3000 }) },
  ),
  abortAtMs: fc.option(fc.integer({ min: 0, max: 6000 }), { freq: 4 }),
});

/** The event loop stands still: the clock goes on and no timer fires. */
const stall = fc.record({
  atMs: fc.integer({ min: 0, max: 6000 }),
  forMs: fc.integer({ min: 1, max: 2500 }),
});

describe("the send gate, whatever is asked of it and whenever the event loop stands still", () => {
  it("lets at most N leave in any window, in the order of asking, and everybody in the end", async () => {
    const runs = fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(passenger, { minLength: 1, maxLength: 30 }),
      fc.array(stall, { maxLength: 4 }),
      async (limit, passengers, stalls) => {
        vi.useFakeTimers();
        let stalledMs = 0;
        const now = () => performance.now() + stalledMs;
        const left: number[] = [];
        const gate = new SendGate({ limit, now, onLeft: (at) => void left.push(at) });
        const asked: number[] = [];
        const passed: number[] = [];
        const aborted: number[] = [];
        let reported = 0;

        passengers.forEach(({ askAtMs, delayMs, abortAtMs }, index) => {
          const abort = new AbortController();
          if (abortAtMs !== null) setTimeout(() => abort.abort(new Error("enough")), abortAtMs);
          setTimeout(() => {
            asked.push(index);
            gate.pass(abort.signal).then(
              (leave) => {
                passed.push(index);
                const depart = () => {
                  leave();
                  leave();
                  reported += 1;
                };
                if (delayMs === 0) depart();
                else setTimeout(depart, delayMs);
              },
              () => void aborted.push(index),
            );
          }, askAtMs);
        });
        for (const { atMs, forMs } of stalls) setTimeout(() => (stalledMs += forMs), atMs);
        await vi.advanceTimersByTimeAsync(60_000 + 30 * 4000);

        expect(mostIn(GATE_WINDOW_MS, left)).toBeLessThanOrEqual(limit);
        expect(mostIn(1000, left)).toBeLessThanOrEqual(limit);
        expect(passed).toStrictEqual(asked.filter((one) => passed.includes(one)));
        expect([...passed, ...aborted].toSorted((a, b) => a - b)).toStrictEqual(
          passengers.map((_, index) => index),
        );
        expect([left.length, reported]).toStrictEqual([passed.length, passed.length]);
        expect(gate.waiting).toBe(0);
        expect(vi.getTimerCount()).toBe(0);
      },
    );
    await fc.assert(runs, { numRuns: 150 });
  }, 60_000);
});

describe("the send gate", () => {
  const openGate = (limit: number) => {
    const left: number[] = [];
    const gate = new SendGate({
      limit,
      now: () => performance.now(),
      onLeft: (at) => void left.push(at),
    });
    return { gate, left };
  };

  it("lets N through at once and the next when the window has passed since the first write", async () => {
    const { gate } = openGate(2);
    (await gate.pass(never))();
    await vi.advanceTimersByTimeAsync(300);
    (await gate.pass(never))();
    let third = false;
    void gate.pass(never).then(() => (third = true));

    await vi.advanceTimersByTimeAsync(GATE_WINDOW_MS - 301);
    expect(third).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(third).toBe(true);
  });

  it("counts from the write and not from the permission", async () => {
    const { gate } = openGate(1);
    const leave = await gate.pass(never);
    let second = false;
    void gate.pass(never).then(() => (second = true));

    await vi.advanceTimersByTimeAsync(5000);
    expect(second).toBe(false);
    leave();
    await vi.advanceTimersByTimeAsync(GATE_WINDOW_MS - 1);
    expect(second).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(second).toBe(true);
  });

  it("stamps a departure once, however often it is reported", async () => {
    const { gate, left } = openGate(1);
    const leave = await gate.pass(never);
    leave();
    await vi.advanceTimersByTimeAsync(500);
    leave();

    expect(left).toHaveLength(1);
  });

  it("does not let anybody in who has given up already", async () => {
    const { gate, left } = openGate(1);
    const reason = new Error("too late");

    await expect(gate.pass(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(gate.waiting).toBe(0);
    expect(left).toStrictEqual([]);
  });

  it("rejects with the signal's reason who gives up waiting, and takes the next in its place", async () => {
    const { gate } = openGate(1);
    (await gate.pass(never))();
    const abort = new AbortController();
    const reason = new Error("enough");
    const impatient = gate.pass(abort.signal).catch((error: unknown) => error);
    let patient = false;
    void gate.pass(never).then(() => (patient = true));

    abort.abort(reason);
    await expect(impatient).resolves.toBe(reason);
    expect(gate.waiting).toBe(1);
    await vi.advanceTimersByTimeAsync(GATE_WINDOW_MS);
    expect(patient).toBe(true);
  });

  it("holds no timer when the last who waited has given up", async () => {
    const { gate } = openGate(1);
    (await gate.pass(never))();
    const abort = new AbortController();
    const waiting = gate.pass(abort.signal).catch((error: unknown) => error);

    abort.abort(new Error("enough"));
    await waiting;

    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps the gate shut for whom was let through and had not yet written when the loop stood still", async () => {
    let stalledMs = 0;
    const left: number[] = [];
    const gate = new SendGate({
      limit: 2,
      now: () => performance.now() + stalledMs,
      onLeft: (at) => void left.push(at),
    });
    const [first, second] = [await gate.pass(never), await gate.pass(never)];
    const others = [gate.pass(never), gate.pass(never)];
    for (const other of others) void other.then((leave) => leave());

    stalledMs = 3000;
    second();
    await vi.advanceTimersByTimeAsync(100);
    first();
    await vi.advanceTimersByTimeAsync(5000);

    expect(left).toHaveLength(4);
    expect(mostIn(GATE_WINDOW_MS, left)).toBe(2);
  });
});
