import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { targetsOf } from "../../src/domain/targets.ts";
import { CALL_END_KINDS, type CallEnd } from "../../src/domain/call-end.ts";
import { PRIORITIES, type ReceivedRequest } from "../../src/domain/rerun-request.ts";
import type { LaneOptions } from "../../src/lanes/lane.ts";
import type { Prepare } from "../../src/lanes/preparation.ts";
import { RateLimits } from "../../src/lanes/rate-limits.ts";
import { SendGate } from "../../src/lanes/send-gate.ts";
import { pause } from "../../src/lifecycle/pause.ts";
import { aDataWorksRerun, aReceived, aTencentRerun } from "../support/a-received-request.ts";
import { anEnd } from "../support/call-ends.ts";
import { aLane, type ManualJournal, type OpenCall, openLimits } from "./a-lane.ts";

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
    for (let offset = 1; offset <= 10; offset++) lane.offer(numbered(offset));
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
      "claim-1 released: unavailable: nothing was sent, called",
      "claim-2 asked",
      "claim-2 released: quota: used up",
      "claim-3 asked",
    ]);
    expect(desk.lines).toStrictEqual(["1 accepted after 2"]);
  });

  it("takes the tries that the journal counts for its own, and tells them", async () => {
    const { lane, provider, journal, desk } = aLane();
    journal.tries.set("req-0-1", 2);
    lane.offer(numbered(1));
    await aMoment();
    await provider.of("1").end();

    expect(desk.lines).toStrictEqual(["1 accepted after 3"]);
  });

  it("gives the claim back uncalled when others have made all its calls meanwhile", async () => {
    const { lane, provider, journal, desk } = aLane();
    journal.tries.set("req-0-1", 3);
    lane.offer(numbered(1));
    await aMoment();

    expect(journal.events).toStrictEqual([
      "claim-1 asked",
      "claim-1 released: it has no call left",
    ]);
    expect([provider.called, desk.lines]).toStrictEqual([[], ["1 elsewhere after 3"]]);
    expect([journal.tries.get("req-0-1"), lane.depth.NORMAL]).toStrictEqual([3, 0]);
  });

  it("counts on from the tries with which a request was offered", async () => {
    const { lane, desk } = aLane({ maxConcurrentCalls: 1 });
    lane.offer(numbered(1));
    lane.offer(numbered(2, { notAfter: START + 100 }), 2);
    await vi.advanceTimersByTimeAsync(200);

    expect(desk.lines).toStrictEqual(["2 expired after 2"]);
  });

  it("tells when the call began, in the clock of people", async () => {
    const { lane, provider, desk } = aLane();
    const worked: unknown[] = [];
    desk.decided = (called) => void worked.push(...called.map(({ history }) => history));
    lane.offer(numbered(1));
    await vi.advanceTimersByTimeAsync(1);
    await provider.of("1").end();

    expect(worked).toStrictEqual([
      { attempts: 1, calledAt: START + 1, coalesced: 1, reconciled: false },
    ]);
  });

  it("asks for the right to call with the request's targets and the connection's time limits", async () => {
    const { lane, journal } = aLane();
    lane.offer(numbered(1));
    await aMoment();

    expect(journal.asks).toMatchObject([
      { received: { source: { offset: 1n } }, targets: ["1"], before: null, evidenceAt: null },
    ]);
    expect(journal.terms).toStrictEqual({ connectTimeoutMs: 5000, callTimeoutMs: 10_000 });
  });
});

describe("a lane whose claim is not granted", () => {
  it.each(["fenced", "target-held", "target-moved", "lapsed"] as const)(
    "calls nothing, and asks anew: %s",
    async (why) => {
      const { lane, provider, journal, desk, meter } = aLane();
      journal.refusals.push(why);
      lane.offer(numbered(1));
      lane.offer(numbered(2));
      await aMoment();

      expect(meter.claims).toStrictEqual([why, "granted", "granted"]);
      // What comes back keeps its place.
      expect(provider.called).toStrictEqual(["1", "2"]);
      expect([desk.lines, lane.inFlight]).toStrictEqual([[], 2]);
    },
  );

  it.each(["taken", "finished", "conflict"] as const)(
    "gives the request back to the desk: %s",
    async (why) => {
      const { lane, provider, journal, desk } = aLane();
      journal.refusals.push(why);
      lane.offer(numbered(1));
      await vi.advanceTimersByTimeAsync(10_000);

      expect(desk.lines).toStrictEqual(["1 elsewhere after 0"]);
      expect([provider.called, lane.inFlight, lane.depth.NORMAL]).toStrictEqual([[], 0, 0]);
      expect(journal.events).toStrictEqual(["claim-1 asked"]);
    },
  );

  it("drops what would be asked for anew when the record is somebody else's by now", async () => {
    const { lane, provider, journal, desk } = aLane();
    journal.refusals.push("lapsed");
    desk.lost.add(1n);
    lane.offer(numbered(1));
    await vi.advanceTimersByTimeAsync(10_000);

    expect([provider.called, desk.lines, lane.depth.NORMAL]).toStrictEqual([[], [], 0]);
    expect(journal.events).toHaveLength(1);
  });
});

describe("a lane before what somebody else has", () => {
  it("gives back what it may not claim any more, and spends no ticket on it", async () => {
    let tickets = 0;
    const ticket = async () => {
      tickets += 1;
      return new Promise<void>((resolve) => setTimeout(resolve, 1));
    };
    const { lane, provider, journal, desk } = aLane({ limits: openLimits({ ticket }) });
    journal.elsewhere.add("req-0-1").add("req-0-2");
    [1, 2, 3].forEach((offset) => lane.offer(numbered(offset)));
    await aMoment();

    expect(desk.lines).toStrictEqual(["1 elsewhere after 0", "2 elsewhere after 0"]);
    expect(provider.called).toStrictEqual(["3"]);
    expect([tickets, lane.depth.NORMAL]).toStrictEqual([1, 0]);
  });

  it("notices when its ticket comes what somebody else took meanwhile", async () => {
    const { lane, provider, journal, desk } = aLane({ maxConcurrentCalls: 1 });
    [1, 2].forEach((offset) => lane.offer(numbered(offset)));
    journal.elsewhere.add("req-0-1");
    await aMoment();

    expect(desk.lines).toStrictEqual(["1 elsewhere after 0"]);
    expect(provider.called).toStrictEqual(["2"]);
  });

  it("parks what shares a target with a call, lets the others go, and keeps its place", async () => {
    const { lane, provider, journal } = aLane({ maxConcurrentCalls: 1 });
    journal.hold("1");
    [1, 2, 3].forEach((offset) => lane.offer(numbered(offset)));
    await aMoment();
    expect(provider.called).toStrictEqual(["2"]);
    expect(lane.depth.NORMAL).toBe(2);

    journal.free("1");
    await provider.of("2").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["2", "1"]);
  });

  it("does not run while all that waits is parked, and holds no timer for it", async () => {
    const { lane, provider, journal } = aLane();
    journal.hold("1");
    lane.offer(numbered(1));
    await vi.advanceTimersByTimeAsync(100_000);

    expect([lane.runnable, lane.depth.NORMAL, provider.called]).toStrictEqual([false, 1, []]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("parks one anew that waits for two targets, until both are free", async () => {
    const { lane, provider, journal } = aLane();
    journal.hold("11", "12");
    lane.offer(numbered(1, { operation: aDataWorksRerun({ instanceIds: ["11", "12"] }) }));
    await aMoment();
    journal.free("11");
    await aMoment();
    expect(provider.called).toStrictEqual([]);

    journal.free("12");
    await aMoment();
    expect(provider.called).toStrictEqual(["11,12"]);
  });

  it("runs two requests for one target one after the other", async () => {
    const { lane, provider, desk } = aLane();
    const operation = aDataWorksRerun({ instanceIds: ["7"] });
    [1, 2].forEach((offset) => lane.offer(numbered(offset, { operation })));
    await aMoment();
    expect(provider.called).toStrictEqual(["7"]);

    await provider.of("7").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["7", "7"]);
    expect(desk.lines).toStrictEqual(["1 accepted after 1"]);
  });

  it("expires and forgets what is parked like anything else that waits", async () => {
    const { lane, journal, desk } = aLane();
    journal.hold("1", "2");
    lane.offer(numbered(1, { notAfter: START + 100 }));
    lane.offer(numbered(2));
    await vi.advanceTimersByTimeAsync(200);
    expect(desk.lines).toStrictEqual(["1 expired after 0"]);

    const forgotten = lane.forget(0);
    journal.free("1", "2");
    await aMoment();
    expect(forgotten.map(({ source }) => source.offset)).toStrictEqual([2n]);
    expect([lane.depth.NORMAL, desk.lines.length]).toStrictEqual([0, 1]);
  });
});

describe("a lane while the journal is not read", () => {
  it("claims and calls nothing, and goes on when the journal is open", async () => {
    const { lane, provider, journal } = aLane();
    journal.isOpen = false;
    [1, 2].forEach((offset) => lane.offer(numbered(offset)));
    await vi.advanceTimersByTimeAsync(100_000);
    expect([journal.events, lane.runnable, lane.depth.NORMAL]).toStrictEqual([[], false, 2]);
    expect(vi.getTimerCount()).toBe(0);

    journal.isOpen = true;
    lane.journalOpened();
    await aMoment();
    expect(provider.called).toStrictEqual(["1", "2"]);
  });

  it("uses no ticket that comes meanwhile", async () => {
    const { lane, provider, journal } = aLane();
    lane.offer(numbered(1));
    journal.isOpen = false;
    await vi.advanceTimersByTimeAsync(1000);

    expect([provider.called, journal.events]).toStrictEqual([[], []]);
  });

  it("lets requests expire all the same", async () => {
    const { lane, journal, desk } = aLane();
    journal.isOpen = false;
    lane.offer(numbered(1, { notAfter: START + 100 }));
    await vi.advanceTimersByTimeAsync(200);

    expect(desk.lines).toStrictEqual(["1 expired after 0"]);
  });

  it("says that nobody has what waits there, only what the journal says when it is open", async () => {
    const { lane, journal, desk } = aLane();
    journal.isOpen = false;
    journal.elsewhere.add("req-0-1");
    lane.offer(numbered(1));
    await aMoment();
    expect(desk.lines).toStrictEqual([]);

    journal.isOpen = true;
    lane.journalOpened();
    expect(desk.lines).toStrictEqual(["1 elsewhere after 0"]);
  });
});

describe("a lane whose call may not begin any more when its slot comes", () => {
  /** A gate that opens when the test lets it. */
  function aShutGate() {
    const open: (() => void)[] = [];
    const pass = async (signal: AbortSignal) =>
      new Promise<() => void>((resolve, reject) => {
        open.push(() => resolve(() => undefined));
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    const limits = openLimits({ gateFor: () => ({ pass, close: () => undefined }) });
    return { limits, open };
  }

  it("gives the claim back uncalled, and asks anew", async () => {
    const { limits, open } = aShutGate();
    const { lane, provider, journal, desk, meter } = aLane({ limits });
    journal.writeWithinMs = 500;
    lane.offer(numbered(1));
    await vi.advanceTimersByTimeAsync(510);
    expect(journal.events).toStrictEqual([
      "claim-1 asked",
      "claim-1 released: the claim's time was over",
      "claim-2 asked",
    ]);
    expect([provider.called, meter.calls, journal.tries.size]).toStrictEqual([[], [], 0]);

    open[1]?.();
    await aMoment();
    await provider.of("1").end();
    expect(desk.lines).toStrictEqual(["1 accepted after 1"]);
  });

  it("lets nothing out when the process stood still between the gate and the first byte", async () => {
    let nowMs = 0;
    const { lane, provider, journal } = aLane({
      clock: { now: () => nowMs, epoch: () => Date.now() },
      limits: openLimits({
        gateFor: () => ({
          pass: async () => {
            // Frozen right after it opened; timers do not run meanwhile.
            if (journal.events.length === 1) nowMs += 10_000;
            return () => undefined;
          },
          close: () => undefined,
        }),
      }),
    });
    const claim = journal.claim.bind(journal);
    journal.claim = async (...args: Parameters<ManualJournal["claim"]>) => {
      const claimed = await claim(...args);
      return { ...claimed, claim: { ...claimed.claim, writeBy: nowMs + 1000 } };
    };
    lane.offer(numbered(1));
    await aMoment();

    expect(journal.events).toStrictEqual([
      "claim-1 asked",
      "claim-1 released: the claim's time was over",
      "claim-2 asked",
    ]);
    expect(provider.called).toStrictEqual(["1"]);
  });

  it("counts the call as made when it was unavailable for another reason", async () => {
    const { lane, provider, journal } = aLane();
    journal.writeWithinMs = 500;
    lane.offer(numbered(1));
    await vi.advanceTimersByTimeAsync(400);
    await provider.of("1").end(anEnd.unavailable());

    expect(journal.tries.get("req-0-1")).toBe(1);
  });

  it("drops the request when its record is somebody else's by then", async () => {
    const { limits } = aShutGate();
    const { lane, journal, desk } = aLane({ limits });
    journal.writeWithinMs = 500;
    lane.offer(numbered(1));
    await aMoment();
    desk.lost.add(1n);
    await vi.advanceTimersByTimeAsync(10_000);

    expect(journal.events).toHaveLength(2);
    expect([lane.inFlight, lane.depth.NORMAL, desk.lines]).toStrictEqual([0, 0, []]);
  });

  it.each([
    ["is paused meanwhile", { notAfter: null }, "the lane was told to stand still"],
    ["passes its request's notAfter meanwhile", { notAfter: 1000 }, "notAfter passed"],
  ])("calls nothing when it %s", async (_, { notAfter }, why) => {
    const { limits, open } = aShutGate();
    const { lane, provider, journal, desk } = aLane({ limits });
    const request = numbered(1, { notAfter: notAfter === null ? null : Date.now() + notAfter });
    lane.offer(request);
    await vi.advanceTimersByTimeAsync(1001);
    if (notAfter === null) lane.pause({ message: "an incident", until: null });
    open[0]?.();
    await aMoment();

    expect(journal.events).toStrictEqual(["claim-1 asked", `claim-1 released: ${why}`]);
    expect([provider.called, journal.tries.size]).toStrictEqual([[], 0]);
    expect(desk.lines).toStrictEqual(notAfter === null ? [] : ["1 expired after 0"]);
    lane.pause(null);
    await aMoment();
    expect(journal.events).toHaveLength(notAfter === null ? 3 : 2);
  });

  it.each([
    ["the breaker opens", anEnd.unavailable(), "breaker"],
    ["the breaker opens by silence", anEnd.uncertain(), "breaker"],
    ["credentials are refused", anEnd.credentials(), "credentials"],
  ])("calls nothing of what stands at the gate when %s", async (_, end, why) => {
    const { limits, open } = aShutGate();
    const breaker = { failures: 1, openForMs: 10_000 };
    const { lane, provider, journal } = aLane({ limits, breaker });
    for (const n of [1, 2, 3]) lane.offer(numbered(n));
    await vi.advanceTimersByTimeAsync(10);
    open[0]?.();
    await aMoment();
    await provider.of("1").end(end);
    for (const letGo of open.slice(1)) letGo();
    await aMoment();

    expect(provider.called).toStrictEqual(["1"]);
    expect(lane.held).toMatchObject([{ why }]);
    const released = journal.events.filter((event) => /claim-[23] released/.test(event));
    expect(released).toStrictEqual([
      "claim-2 released: calls before it failed, and only probes go",
      "claim-3 released: calls before it failed, and only probes go",
    ]);
    expect([journal.tries.get("req-0-2"), journal.tries.get("req-0-3")]).toStrictEqual([
      undefined,
      undefined,
    ]);
    // The probe itself goes.
    await vi.advanceTimersByTimeAsync(10_010);
    open.at(-1)?.();
    await aMoment();
    expect(provider.called).toHaveLength(2);
  });

  it("calls nothing of what stands at the gate when it is stopped", async () => {
    const { limits, open } = aShutGate();
    const { lane, provider, journal, desk } = aLane({ limits });
    for (const n of [1, 2]) lane.offer(numbered(n));
    await vi.advanceTimersByTimeAsync(10);
    open[0]?.();
    await aMoment();
    let stopped = false;
    void lane.stop().then(() => (stopped = true));
    open[1]?.();
    await aMoment();

    expect([provider.called, stopped]).toStrictEqual([["1"], false]);
    expect(journal.events.at(-1)).toBe("claim-2 released: the process is told to stop");
    await provider.of("1").end();
    expect([desk.lines, stopped]).toStrictEqual([["1 accepted after 1"], true]);
  });

  it("makes a held lane probe again", async () => {
    const { limits, open } = aShutGate();
    const { lane, provider, journal } = aLane({ limits });
    lane.offer(numbered(1));
    await aMoment();
    open[0]?.();
    await aMoment();
    await provider.of("1").end(anEnd.credentials());
    journal.writeWithinMs = 100;
    await vi.advanceTimersByTimeAsync(1300);
    expect(journal.events.at(-1)).toBe("claim-2 released: the claim's time was over");

    await vi.advanceTimersByTimeAsync(1300);
    expect(journal.events.filter((event) => event.endsWith("asked"))).toHaveLength(3);
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

  it("ends what waits, for whatever, when its record is about to be deleted", async () => {
    const { lane, journal, provider, desk } = aLane({ maxConcurrentCalls: 1 });
    journal.hold("3");
    lane.offer(numbered(1));
    await aMoment();
    lane.offer(numbered(2));
    lane.offer(numbered(3));
    lane.offer(numbered(4, { notBefore: START + 60_000 }));
    lane.offer(numbered(5));
    await aMoment();
    lane.endBelow(new Map([[7, 100n]]));
    lane.endBelow(new Map([[0, 5n]]));

    // The first is with the provider: the journal knows of it.
    expect(desk.lines.toSorted()).toStrictEqual([2, 3, 4].map((n) => `${n} dying after 0`));
    await provider.of("1").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["1", "5"]);
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
      expect(lane.held).toMatchObject([{ why }]);
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

      expect(lane.held).toStrictEqual([]);
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
      "held: credentials",
      "held: quota",
      "released: credentials",
      "released: quota",
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

    expect(lane.held.length > 0).toBe(isStillHeld);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(provider.called.length).toBeGreaterThanOrEqual(4);
  });

  it("goes on probing when a probe's claim is not granted", async () => {
    const { lane, provider, journal } = aLane();
    lane.offer(numbered(1));
    await aMoment();
    await provider.of("1").end(anEnd.credentials());
    journal.refusals.push("lapsed");
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

    expect(lane.held).toStrictEqual([]);
    expect(provider.called).toStrictEqual(["1", "2", "1"]);
  });
});

describe("a lane whose provider fails", () => {
  const breaker = { failures: 2, openForMs: 30_000 };

  it("leaves it alone, probes it with single calls that are no attempts, and goes on", async () => {
    const { lane, provider, desk, journal } = aLane({ breaker });
    [1, 2, 3].forEach((offset) => lane.offer(numbered(offset)));
    await aMoment();
    for (const target of ["1", "2"]) await provider.of(target).end(anEnd.unavailable());
    expect([lane.breaker, lane.runnable]).toStrictEqual(["open", false]);
    await provider.of("3").end(anEnd.unavailable());
    // By far more probes than a request has attempts.
    for (let probe = 0; probe < 10; probe++) {
      await vi.advanceTimersByTimeAsync(31_000);
      expect(provider.open).toHaveLength(1);
      await provider.open[0]?.end(anEnd.unavailable());
    }
    expect(desk.lines).toStrictEqual([]);
    expect(
      new Set(journal.events.slice(-20).filter((event) => event.endsWith(", called"))),
    ).toEqual(new Set());
    await vi.advanceTimersByTimeAsync(31_000);
    await provider.open[0]?.end();
    await vi.advanceTimersByTimeAsync(1000);
    while (provider.open.length > 0) await provider.open[0]?.end();

    expect(desk.lines.toSorted()).toStrictEqual([
      "1 accepted after 2",
      "2 accepted after 2",
      "3 accepted after 2",
    ]);
    expect(lane.breaker).toBe("closed");
  });

  it("risks no request while the provider says nothing at all", async () => {
    const soundings: ((silence: string | null) => void)[] = [];
    const soundOut = async () =>
      new Promise<string | null>((resolve) => void soundings.push(resolve));
    const { lane, provider, desk } = aLane({ breaker, soundOut });
    [1, 2, 3].forEach((offset) => lane.offer(numbered(offset)));
    await aMoment();
    for (const target of ["1", "2", "3"]) await provider.of(target).end(anEnd.uncertain());
    lane.offer(numbered(4));
    for (let sounding = 0; sounding < 5; sounding++) {
      await vi.advanceTimersByTimeAsync(31_000);
      expect([soundings.length, lane.runnable]).toStrictEqual([sounding + 1, false]);
      soundings[sounding]?.("nobody answered");
      await aMoment();
    }
    expect([provider.called.length, desk.lines.length]).toStrictEqual([3, 3]);

    await vi.advanceTimersByTimeAsync(31_000);
    soundings.at(-1)?.(null);
    await aMoment();
    await provider.of("4").end();
    expect(desk.lines.at(-1)).toBe("4 accepted after 1");
  });

  it("reads no targets while the provider says nothing at all", async () => {
    const read: string[] = [];
    let silence: string | null = "nobody answered";
    const soundOut = async () => Promise.resolve(silence);
    const prepare: Prepare = {
      mode: "always",
      applies: () => true,
      read: async (operation) => {
        read.push(targetsOf(operation).join());
        return Promise.resolve({ marks: [] });
      },
    };
    const { lane, provider } = aLane({ breaker, soundOut, prepare });
    [1, 2].forEach((offset) => lane.offer(numbered(offset)));
    await aMoment();
    for (const target of ["1", "2"]) await provider.of(target).end(anEnd.uncertain());
    lane.offer(numbered(3));
    await vi.advanceTimersByTimeAsync(200_000);

    expect(read).toStrictEqual(["1", "2"]);
    expect(provider.called).toStrictEqual(["1", "2"]);
    silence = null;
    await vi.advanceTimersByTimeAsync(31_000);
    expect([read, provider.called]).toStrictEqual([
      ["1", "2", "3"],
      ["1", "2", "3"],
    ]);
  });

  it("risks no request on a ticket that it asked for before the provider failed", async () => {
    const tickets: (() => void)[] = [];
    const ticket = async () => new Promise<void>((resolve) => void tickets.push(resolve));
    const soundOut = async () => Promise.resolve("nobody answered");
    const limits = openLimits({ ticket });
    const { lane, provider } = aLane({ breaker, soundOut, limits });
    [1, 2, 3].forEach((offset) => lane.offer(numbered(offset)));
    for (let ticketsUsed = 0; ticketsUsed < 2; ticketsUsed++) {
      tickets[ticketsUsed]?.();
      await aMoment();
    }
    for (const target of ["1", "2"]) await provider.of(target).end(anEnd.uncertain());
    await vi.advanceTimersByTimeAsync(30_000);
    tickets[2]?.();
    await aMoment();

    expect(provider.called).toStrictEqual(["1", "2"]);
  });

  it("tells of a request that expires after probes only the calls that counted", async () => {
    const { lane, provider, desk } = aLane({ breaker });
    lane.offer(numbered(1, { notAfter: Date.now() + 90_000 }));
    for (let failures = 0; failures < 2; failures++) {
      await vi.advanceTimersByTimeAsync(1000);
      await provider.of("1").end(anEnd.unavailable());
    }
    for (let probe = 0; probe < 2; probe++) {
      await vi.advanceTimersByTimeAsync(31_000);
      await provider.of("1").end(anEnd.unavailable());
    }
    await vi.advanceTimersByTimeAsync(100_000);

    expect(desk.lines).toStrictEqual(["1 expired after 2"]);
  });

  it("waits as long as a provider asks that throttles a probe", async () => {
    const { lane, provider, desk } = aLane({ breaker });
    lane.offer(numbered(1));
    for (let failures = 0; failures < 2; failures++) {
      await vi.advanceTimersByTimeAsync(1000);
      await provider.of("1").end(anEnd.unavailable());
    }
    await vi.advanceTimersByTimeAsync(30_100);
    await provider.of("1").end(anEnd.throttled(60_000));
    expect(lane.held).toStrictEqual([]);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(provider.open).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(2000);
    await provider.of("1").end();

    expect(desk.lines).toStrictEqual(["1 accepted after 3"]);
  });
});

describe("a lane that operators pause", () => {
  it("begins no call until it is told to go on, and lets what waits expire", async () => {
    const { lane, provider, desk, holds } = aLane();
    lane.pause({ message: "by ann: an incident", until: null });
    lane.offer(numbered(1));
    lane.offer(numbered(2, { notAfter: Date.now() + 5000 }));
    await vi.advanceTimersByTimeAsync(100_000);
    expect([provider.called, lane.runnable]).toStrictEqual([[], false]);
    expect(desk.lines).toStrictEqual(["2 expired after 0"]);
    lane.pause(null);
    await aMoment();

    expect(provider.called).toStrictEqual(["1"]);
    expect(holds).toStrictEqual(["held: paused", "released: paused"]);
  });

  it("goes on by itself when the order's time is over", async () => {
    const { lane, provider } = aLane();
    lane.pause({ message: "by ann: an incident", until: Date.now() + 60_000 });
    lane.offer(numbered(1));
    await vi.advanceTimersByTimeAsync(59_900);
    expect(provider.called).toStrictEqual([]);
    await vi.advanceTimersByTimeAsync(200);

    expect(provider.called).toStrictEqual(["1"]);
  });

  it("lets the calls end that are with the provider", async () => {
    const { lane, provider, desk } = aLane();
    lane.offer(numbered(1));
    await aMoment();
    lane.pause({ message: "by ann: an incident", until: null });
    await provider.of("1").end();

    expect(desk.lines).toStrictEqual(["1 accepted after 1"]);
  });
});

describe("a lane in a hold window", () => {
  it("begins no call until the window is over, and says that it was held", async () => {
    vi.setSystemTime(Date.parse("2026-03-02T11:59:00Z"));
    const noon = { cron: "0 12 * * *", durationMs: 600_000, timezone: "UTC", reason: "lunch" };
    const { lane, provider, holds } = aLane({ holdWindows: [noon] });
    await vi.advanceTimersByTimeAsync(61_000);
    lane.offer(numbered(1));
    await vi.advanceTimersByTimeAsync(590_000);
    expect([provider.called, lane.held]).toMatchObject([[], [{ why: "window", message: "lunch" }]]);
    await vi.advanceTimersByTimeAsync(10_000);

    expect(provider.called).toStrictEqual(["1"]);
    expect(holds).toStrictEqual(["held: window", "released: window"]);
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
  it("forgets what waits and was delayed, and goes on with what is being called", async () => {
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
    expect(lane.inFlight).toBe(1);
    await provider.of("2").end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(provider.called).toStrictEqual(["1", "2", "4"]);
    expect(desk.lines).toStrictEqual(["2 accepted after 1"]);
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
    const { lane, provider, journal } = aLane();
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
    journal.elsewhere.add("req-0-2");
    lane.offer(numbered(2));
    expect(lane.steps).toBeGreaterThan(ended);
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
  const REFUSALS = [
    ...(["fenced", "target-held", "target-moved", "lapsed"] as const),
    ...(["taken", "finished", "conflict"] as const),
  ];
  const TARGETS = ["1", "2", "3", "key-0", "key-1", "key-2"];
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        offer: fc.constantFrom(...PRIORITIES),
        ms: fc.option(fc.nat(90_000)),
        isSlow: fc.boolean(),
        targets: fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 2 }),
        partition: fc.nat(1),
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
    { weight: 1, arbitrary: fc.record({ refuse: fc.constantFrom(...REFUSALS) }) },
    { weight: 1, arbitrary: fc.record({ isOpen: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({ target: fc.constantFrom(...TARGETS), hold: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ elsewhere: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ connectMs: fc.constantFrom(0, 700, 3000) }) },
  );

  /** Few targets, so that many requests share one. */
  const operationOf = (targets: readonly number[], isSlow: boolean) =>
    isSlow
      ? aTencentRerun({ instanceKeys: targets.map((one) => `key-${one}`) })
      : aDataWorksRerun({ instanceIds: targets.map((one) => String(one + 1)) });

  /** Readings that take a while, some of them longer than anybody waits for. */
  const preparing = (mode: Prepare["mode"]): Prepare => {
    let [asked, read] = [0, 0];
    return {
      mode,
      applies: () => (asked += 1) % 4 !== 0,
      read: async () =>
        new Promise((resolve) => {
          setTimeout(() => resolve({ marks: [] }), ((read += 1) % 5) * 700);
        }),
    };
  };

  /** The same limits where connecting takes a while before the gate is asked. */
  const connecting = (limits: RateLimits, ms: () => number): LaneOptions["limits"] => ({
    ticket: async () => limits.ticket(),
    gateFor: (...args) => {
      const gate = limits.gateFor(...args);
      return {
        pass: async (signal) => {
          await pause(ms(), signal);
          return gate.pass(signal);
        },
        close: () => gate.close(),
      };
    },
    opensAt: (...args) => limits.opensAt(...args),
    usedUp: () => limits.usedUp(),
    ...{ limitsTheDay: limits.limitsTheDay, perSecond: limits.perSecond },
    perSecondOf: (operation) => limits.perSecondOf(operation),
  });

  it("works every request to exactly one end and never stands still for good", async () => {
    const runs = fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: "max" }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(null, "auto" as const, "always" as const),
      fc.constantFrom(1, 2, 20),
      async (steps, maxConcurrentCalls, mode, maxInstances) => {
        vi.useFakeTimers({ now: START });
        const rateLimit = {
          ...{ callsPerSecond: 3, perOperation: { TencentRerunTaskInstances: 1 } },
          ...{ readsPerSecond: 1, totalPerSecond: null, callsPerDay: null, shareWith: null },
        };
        const clock = { now: () => performance.now(), epoch: () => Date.now() };
        let connectMs = 0;
        const limits = connecting(new RateLimits(rateLimit, clock), () => connectMs);
        const { lane, provider, desk, journal } = aLane({
          ...{ maxConcurrentCalls, limits },
          prepare: mode === null ? null : preparing(mode),
          coalesce: { maxInstances, maxBytes: 4000 },
        });
        const callsWhatIsGranted = ({ claimId, targets }: OpenCall): boolean => {
          const granted = [...journal.grantedBy(claimId).values()];
          const isWithin = granted.length === 1 || targets.length <= maxInstances;
          const isAlone = granted.length === 1 || maxInstances > 1;
          return isWithin && isAlone && new Set(granted.flat()).size === targets.length;
        };
        // Shorter than the longest connecting: then its time is over before its call begins.
        journal.writeWithinMs = 2000;
        let offered = 0;
        let forgotten = 0;
        for (const one of steps) {
          if (one === "forget") {
            forgotten += lane.forget(0).length + lane.forget(1).length;
          } else if ("refuse" in one) {
            journal.refusals.push(one.refuse);
          } else if ("isOpen" in one) {
            journal.isOpen = one.isOpen;
            lane.journalOpened();
          } else if ("hold" in one) {
            if (one.hold && !journal.isHeld("", one.target)) journal.hold(one.target);
            if (!one.hold && journal.isHeldByOthers(one.target)) journal.free(one.target);
          } else if ("elsewhere" in one) {
            journal.elsewhere.add(`req-0-${one.elsewhere}`);
          } else if ("connectMs" in one) {
            connectMs = one.connectMs;
          } else if ("offer" in one) {
            const notAfter = one.ms === null ? null : Date.now() + one.ms;
            offered += 1;
            const operation = operationOf(one.targets, one.isSlow);
            const asked = { priority: one.offer, notAfter, operation };
            lane.offer(numbered(offered, asked, one.partition));
          } else if ("pass" in one) {
            await vi.advanceTimersByTimeAsync(one.pass);
          } else {
            const end =
              one.end === "throttled" ? anEnd.throttled(one.retryAfterMs) : anEnd[one.end]();
            await provider.open[one.pick % Math.max(1, provider.open.length)]?.end(end);
          }
          expect(lane.inFlight).toBeLessThanOrEqual(maxConcurrentCalls);
          expect(provider.open.filter((open) => !callsWhatIsGranted(open))).toStrictEqual([]);
        }
        journal.isOpen = true;
        connectMs = 0;
        journal.free(...TARGETS.filter((target) => journal.isHeldByOthers(target)));
        lane.journalOpened();
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
    await fc.assert(runs, { numRuns: 150 });
  }, 60_000);
});
