import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Gate } from "../../src/domain/provider.ts";
import { TimedGate } from "../../src/lanes/timed-gate.ts";
import { neverAborted, openGate } from "../support/provider-config.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A gate that opens after so long; counts who left. */
class SlowGate implements Gate {
  left = 0;
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  async pass(signal: AbortSignal): Promise<() => void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, this.#ms);
      const end = () => {
        clearTimeout(timer);
        reject(signal.reason as Error); // whoever aborts gives an Error
      };
      signal.addEventListener("abort", end, { once: true });
    });
    return () => void (this.left += 1);
  }
}

/** A gate whose right ends after 1000 ms, by a clock that the test can set. */
function aTimedGate(gate: Gate) {
  const start = performance.now();
  let skipped = 0;
  const now = () => performance.now() - start + skipped;
  const terms = { objection: null as string | null };
  const timed = new TimedGate(gate, { writeBy: 1000, objection: () => terms.objection, now });
  return { timed, terms, standStill: (ms: number) => (skipped += ms) };
}

const OVER = "the claim's time was over";
const TOO_LATE = `${OVER} before the call could begin`;

describe("a gate with an end", () => {
  it("lets through whoever comes in time, and stamps it with the gate's own leave", async () => {
    const gate = new SlowGate(700);
    const { timed } = aTimedGate(gate);
    const passing = timed.pass(neverAborted);
    await vi.advanceTimersByTimeAsync(700);
    (await passing)();

    expect([gate.left, timed.turnedAway, timed.waitedMs]).toStrictEqual([1, null, 700]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("turns away whoever would have to wait too long, when the time is over", async () => {
    const { timed } = aTimedGate(new SlowGate(5000));
    const passing = timed.pass(neverAborted).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000);

    await expect(passing).resolves.toStrictEqual(new Error(TOO_LATE));
    expect([timed.turnedAway, timed.waitedMs, vi.getTimerCount()]).toStrictEqual([OVER, 0, 0]);
  });

  it("turns away at the first byte whoever stood still after the gate had opened", async () => {
    const gate = new SlowGate(100);
    const { timed, standStill } = aTimedGate(gate);
    const passing = timed.pass(neverAborted);
    await vi.advanceTimersByTimeAsync(100);
    const leave = await passing;
    standStill(901);

    expect(() => leave()).toThrow(TOO_LATE);
    // Its place in the gate's window is used up all the same.
    expect([gate.left, timed.turnedAway]).toStrictEqual([1, OVER]);
  });

  it("lets the first byte out at the very end, and not after it", async () => {
    const { timed, standStill } = aTimedGate(openGate);
    const leave = await timed.pass(neverAborted);
    standStill(1000);
    expect(() => leave()).not.toThrow();
    standStill(0.5);
    expect(() => leave()).toThrow(TOO_LATE);
  });

  it("turns away at once whoever asks after the end", async () => {
    const { timed, standStill } = aTimedGate(new SlowGate(10));
    standStill(2000);
    const passing = timed.pass(neverAborted).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1);

    await expect(passing).resolves.toStrictEqual(new Error(TOO_LATE));
    expect(timed.turnedAway).toBe(OVER);
  });

  it("turns away at the first byte what is not wanted any more", async () => {
    const gate = new SlowGate(100);
    const { timed, terms } = aTimedGate(gate);
    const passing = timed.pass(neverAborted);
    await vi.advanceTimersByTimeAsync(100);
    const leave = await passing;
    terms.objection = "nobody wants it";

    expect(() => leave()).toThrow("nobody wants it before the call could begin");
    expect([gate.left, timed.turnedAway]).toStrictEqual([1, "nobody wants it"]);
  });

  it("does not call it late when somebody else ended the waiting", async () => {
    const { timed } = aTimedGate(new SlowGate(5000));
    const stop = new AbortController();
    const passing = timed.pass(stop.signal).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    stop.abort(new Error("stopped"));

    await expect(passing).resolves.toStrictEqual(new Error("stopped"));
    expect([timed.turnedAway, vi.getTimerCount()]).toStrictEqual([null, 0]);
  });
});
