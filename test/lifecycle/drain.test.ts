import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { drain, type DrainParts } from "../../src/lifecycle/drain.ts";
import { RecordingLog } from "../inbound/recording-log.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const after = async <T>(ms: number, value: T) =>
  new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));
const forEver = async () => new Promise<never>(() => undefined);

/** A drain of parts that are all quick unless told; notes what happened, and after how long. */
function aDrain(
  overrides: {
    readonly deadLetters?: () => Promise<void>;
    readonly commit?: () => Promise<boolean>;
    readonly calls?: () => Promise<void>;
    readonly outcomes?: () => Promise<void>;
    readonly stopsReading?: () => void;
  } = {},
) {
  const events: string[] = [];
  const started = performance.now();
  const at = (event: string) => void events.push(event);
  const abandon = new AbortController();
  const log = new RecordingLog();
  let stopTimeoutMs = -1;
  const parts: DrainParts = {
    intake: {
      drain: async () => {
        at("intake");
        await overrides.deadLetters?.();
      },
      finalCommit: async () => {
        at("commit");
        return overrides.commit === undefined ? true : overrides.commit();
      },
    },
    counters: [1, 2].map((one) => ({
      lane: {
        stop: async () => {
          at(`lane ${one}`);
          await overrides.calls?.();
        },
      },
      judge: { size: 2 * one },
      tracker: { size: one },
      stopReading: () => {
        at(`reading ${one}`);
        overrides.stopsReading?.();
      },
    })),
    desk: {
      idle: async () => {
        at("idle?");
        await overrides.outcomes?.();
      },
    },
    consumer: {
      stop: async (timeoutMs) => {
        at("consumer");
        stopTimeoutMs = timeoutMs;
      },
    },
    log,
    now: () => performance.now(),
    timeoutMs: 10_000,
    abandon: abandon.signal,
  };
  let tookMs = -1;
  const ended = drain(parts).then((unfinished) => {
    tookMs = performance.now() - started;
    return unfinished;
  });
  return { ended, events, log, abandon, tookMs: () => tookMs, stopTimeoutMs: () => stopTimeoutMs };
}

describe("a drain", () => {
  it("stops the way front to back and leaves nothing unfinished", async () => {
    const { ended, events } = aDrain();

    await expect(ended).resolves.toStrictEqual([]);
    expect(events).toStrictEqual([
      ...["intake", "lane 1", "lane 2", "idle?", "idle?", "commit", "consumer"],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for the calls before it looks at the outcomes, and for those before it commits", async () => {
    const { ended, events } = aDrain({
      calls: async () => after(1000, undefined),
      outcomes: async () => after(1000, undefined),
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(events).not.toContain("idle?");
    await vi.advanceTimersByTimeAsync(1001);
    expect(events).not.toContain("commit");
    await vi.advanceTimersByTimeAsync(1000);

    await expect(ended).resolves.toStrictEqual([]);
    expect(events).not.toContain("reading 1");
  });

  it("abandons the jobs while there is time for their outcomes", async () => {
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const { ended, events, log, tookMs } = aDrain({
      outcomes: async () => told,
      stopsReading: () => setTimeout(tell, 500),
    });
    await vi.advanceTimersByTimeAsync(10_000);

    await expect(ended).resolves.toStrictEqual([]);
    expect(events.slice(-5)).toStrictEqual([
      "reading 1",
      "reading 2",
      "idle?",
      "commit",
      "consumer",
    ]);
    expect(log.events).toContain("warn drain.reading-abandoned");
    expect(tookMs()).toBeLessThan(10_000);
  });

  it("does not let a call that hangs take the time of the others' outcomes", async () => {
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const { ended, events } = aDrain({
      calls: forEver,
      outcomes: async () => told,
      stopsReading: () => setTimeout(tell, 100),
    });
    await vi.advanceTimersByTimeAsync(10_000);

    await expect(ended).resolves.toStrictEqual(["calls"]);
    expect(events).toContain("reading 1");
  });

  it.each<[string, Parameters<typeof aDrain>[0], readonly string[]]>([
    ["calls", { calls: forEver }, ["calls"]],
    ["outcomes", { outcomes: forEver }, ["outcomes"]],
    ["dead letters", { deadLetters: forEver }, ["dead letters"]],
    ["the commit", { commit: forEver }, ["offsets"]],
    [
      "everything",
      { calls: forEver, outcomes: forEver, deadLetters: forEver, commit: forEver },
      ["calls", "outcomes", "dead letters", "offsets"],
    ],
  ])("ends in time and tells it when %s never ends", async (_name, hanging, unfinished) => {
    const { ended, events, tookMs, stopTimeoutMs } = aDrain(hanging);
    await vi.advanceTimersByTimeAsync(10_000);

    await expect(ended).resolves.toStrictEqual(unfinished);
    expect(tookMs()).toBeLessThanOrEqual(10_000);
    expect(stopTimeoutMs()).toBeGreaterThan(0);
    expect(events.slice(-2)).toStrictEqual(["commit", "consumer"]);
  });

  it("tells that offsets are left when Kafka did not take the last commit", async () => {
    const { ended } = aDrain({ commit: async () => Promise.resolve(false) });

    await expect(ended).resolves.toStrictEqual(["offsets"]);
  });

  it("ends at once when it is abandoned", async () => {
    const { ended, abandon, tookMs } = aDrain({ calls: forEver, outcomes: forEver });
    await vi.advanceTimersByTimeAsync(100);
    abandon.abort();
    await vi.advanceTimersByTimeAsync(0);

    await expect(ended).resolves.toContain("calls");
    expect(tookMs()).toBe(100);
  });

  it("rejects with the failure of a dead letter, even one that came while calls were running", async () => {
    const { ended } = aDrain({
      deadLetters: async () => Promise.reject(new Error("a bug")),
      calls: async () => after(1000, undefined),
    });
    const failure = ended.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000);

    await expect(failure).resolves.toMatchObject({ message: "a bug" });
  });
});
