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
    readonly publishing?: () => Promise<void>;
    readonly checkpoint?: () => Promise<boolean>;
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
      stopReading: () => {
        at(`reading ${one}`);
        overrides.stopsReading?.();
      },
    })),
    handOver: () => at("hand over"),
    desk: {
      idle: async () => {
        at("idle?");
        await overrides.outcomes?.();
      },
    },
    settler: {
      idle: async () => {
        at("published?");
        await overrides.publishing?.();
      },
    },
    checkpointer: {
      final: async () => {
        at("checkpoint");
        return overrides.checkpoint === undefined ? true : overrides.checkpoint();
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
      ...["intake", "lane 1", "lane 2", "hand over", "idle?", "published?"],
      ...["reading 1", "reading 2", "idle?", "published?", "checkpoint", "commit", "consumer"],
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
    expect(events).not.toContain("checkpoint");
    await vi.advanceTimersByTimeAsync(1000);

    await expect(ended).resolves.toStrictEqual([]);
  });

  it("judges on while there is time, and hands over what is followed at once", async () => {
    const { ended, events } = aDrain({
      calls: async () => after(3000, undefined),
      outcomes: async () => after(3000, undefined),
    });
    await vi.advanceTimersByTimeAsync(2999);
    expect(events).toContain("hand over");
    await vi.advanceTimersByTimeAsync(3000);
    expect(events).not.toContain("reading 1");
    await vi.advanceTimersByTimeAsync(4000);

    await expect(ended).resolves.toStrictEqual([]);
  });

  it("writes the checkpoint when the last outcome is published, and commits after it", async () => {
    const { ended, events } = aDrain({
      publishing: async () => after(500, undefined),
      checkpoint: async () => after(500, true),
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(events).not.toContain("checkpoint");
    await vi.advanceTimersByTimeAsync(2);
    expect(events).toContain("checkpoint");
    expect(events).not.toContain("commit");
    await vi.advanceTimersByTimeAsync(500);

    await expect(ended).resolves.toStrictEqual([]);
  });

  it("hands judging over while there is time for the outcomes", async () => {
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const { ended, events, log, tookMs } = aDrain({
      outcomes: async () => told,
      stopsReading: () => setTimeout(tell, 500),
    });
    await vi.advanceTimersByTimeAsync(10_000);

    await expect(ended).resolves.toStrictEqual([]);
    expect(events.slice(events.indexOf("reading 1"))).toStrictEqual([
      ...["reading 1", "reading 2", "idle?", "published?", "published?"],
      ...["checkpoint", "commit", "consumer"],
    ]);
    expect(log.events).toContain("warn drain.judging-handed-over");
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
    ["publishing", { publishing: forEver }, ["outcomes"]],
    ["dead letters", { deadLetters: forEver }, ["dead letters"]],
    ["the checkpoint", { checkpoint: forEver }, ["checkpoint"]],
    ["the commit", { commit: forEver }, ["offsets"]],
    [
      "everything",
      {
        ...{ calls: forEver, outcomes: forEver, publishing: forEver, deadLetters: forEver },
        ...{ checkpoint: forEver, commit: forEver },
      },
      ["calls", "outcomes", "dead letters", "checkpoint", "offsets"],
    ],
  ])("ends in time and tells it when %s never ends", async (_name, hanging, unfinished) => {
    const { ended, events, tookMs, stopTimeoutMs } = aDrain(hanging);
    await vi.advanceTimersByTimeAsync(10_000);

    await expect(ended).resolves.toStrictEqual(unfinished);
    expect(tookMs()).toBeLessThanOrEqual(10_000);
    expect(stopTimeoutMs()).toBeGreaterThan(0);
    expect(events.slice(-3)).toStrictEqual(["checkpoint", "commit", "consumer"]);
  });

  it("tells that offsets are left when Kafka did not take the last commit", async () => {
    const { ended } = aDrain({ commit: async () => Promise.resolve(false) });

    await expect(ended).resolves.toStrictEqual(["offsets"]);
  });

  it("tells that the checkpoint is older than it could be when it was not written", async () => {
    const { ended, events } = aDrain({ checkpoint: async () => Promise.resolve(false) });

    await expect(ended).resolves.toStrictEqual(["checkpoint"]);
    expect(events).toContain("commit");
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
