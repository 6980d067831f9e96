import { getEventListeners } from "node:events";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { GuardLimits } from "../../src/domain/guard-limits.ts";
import { verdictOfSuppressed } from "../../src/domain/left-out.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { digestOf, keyOf } from "../../src/journal/digest.ts";
import type { ClaimAsk, Claimed } from "../../src/journal/journal.ts";
import type { ClaimRecord, JournalRecord } from "../../src/journal/journal-record.ts";
import { JournalReplica } from "../../src/journal/journal-replica.ts";
import { LogJournal } from "../../src/journal/log-journal.ts";
import { aDataWorksRerun, aReceived, aSource } from "../support/a-received-request.ts";
import { ALog } from "./a-log.ts";
import {
  aCheckpoint,
  aClaim,
  aClose,
  aDone,
  anAccepted,
  anEcho,
  aPublished,
  aReading,
  aRelease,
  PROVIDER,
  taken,
  told,
} from "./records.ts";

const CALL_WITHIN_MS = 2_000;
const TERMS = { connectTimeoutMs: 500, callTimeoutMs: 10_000 };

/** What this process's configuration allows. */
let guards: GuardLimits | null;
let log: ALog;
let replica: JournalReplica;
let journal: LogJournal;
let stop: AbortController;
/** How far the process's clock is ahead of its timers: it has just come out of a freeze. */
let frozenMs: number;
let freed: string[];
let troubles: unknown[];

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  frozenMs = 0;
  guards = null;
  await begin(1);
});

/** A journal of so many partitions that is open. */
async function begin(partitions: number): Promise<void> {
  [freed, troubles] = [[], []];
  log = new ALog(partitions);
  stop = new AbortController();
  const now = () => performance.now() + frozenMs;
  // Nothing here is beyond help.
  const onFailure = (error: unknown) => {
    throw error;
  };
  const states = Array.from({ length: partitions }, (_, one) => new ClaimStates(one));
  replica = new JournalReplica({ states, now, onFailure });
  journal = new LogJournal({
    ...{ replica, log, now, onFailure, signal: stop.signal, instance: "me" },
    packing: { pack: ({ requestId }) => `packed ${requestId}` },
    ...{ callWithinMs: CALL_WITHIN_MS, windowMs: 86_400_000, guardsOf: () => guards },
    onFreed: (provider, targets) => freed.push(...targets.map((one) => `${provider} ${one}`)),
    onTrouble: (error) => troubles.push(error),
  });
  replica.startedWith(new Map(states.map((_, one) => [one, 0n])));
  await log.follow(new Map(states.map((_, one) => [one, 0n])), replica);
  log.fetch();
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

interface Watched<T> {
  /** What it came to; null while it is open. */
  end: { readonly value: T } | { readonly error: unknown } | null;
}

function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: Watched<T> = { end: null };
  promise.then(
    (value) => (watched.end = { value }),
    (error: unknown) => (watched.end = { error }),
  );
  return watched;
}

/** The value that it has come to. */
function valueOf<T>({ end }: Watched<T>): T {
  if (end === null || "error" in end) throw new Error("it has not come to a value");
  return end.value;
}

/** An ask for one request with one target of its own. */
function ask(requestId = "r", overrides: Partial<ClaimAsk> = {}): ClaimAsk {
  return {
    received: aReceived({ offset: 1 }, { requestId }),
    targets: [`target of ${requestId}`],
    before: null,
    evidenceAt: null,
    ...overrides,
  };
}

function claim(...asks: readonly ClaimAsk[]): Watched<Claimed> {
  return watch(journal.claim(PROVIDER, asks.length === 0 ? [ask()] : asks, TERMS));
}

/** A claim of `me` that was granted for these requests. */
async function granted(...requestIds: readonly string[]): Promise<Claimed["claim"]> {
  const watched = claim(...requestIds.map((id) => ask(id)));
  await pass(5);
  expect([...valueOf(watched).granted.keys()]).toStrictEqual(requestIds);
  return valueOf(watched).claim;
}

function kinds(): readonly string[] {
  return log.records().map(({ kind }) => kind);
}

function phaseOf(requestId = "r"): string {
  const { request, source } = aReceived({ offset: 1 }, { requestId });
  const standing = journal.standing(PROVIDER, requestId, digestOf(request), source);
  return standing.kind === "open" ? standing.entry.phase : standing.kind;
}

/** How others write of the requests that are asked for here. */
function theirs(requestId = "r") {
  const { request, source } = aReceived({ offset: 1 }, { requestId });
  return { requestId, source, digest: digestOf(request) };
}

function theirClaim(requestId = "r", overrides: Partial<ClaimRecord["requests"][number]> = {}) {
  return aClaim("theirs", [{ ...theirs(requestId), ...overrides }], { instance: "they" });
}

describe("a claim", () => {
  it("is granted once it is read back, with how often the request was called in vain", async () => {
    const watched = claim();
    const sent = performance.now();
    expect(watched.end).toBeNull();
    await pass(5);

    const { claim: won, granted: those, refused } = valueOf(watched);
    expect([...those]).toStrictEqual([["r", 0]]);
    expect(refused.size).toBe(0);
    expect(won).toStrictEqual({
      claimId: expect.any(String) as string,
      provider: PROVIDER,
      writeBy: sent + 2_500,
      settledBy: sent + 12_500,
    });
    await Promise.all([journal.release(won, ["r"], { called: true, why: "late" }), pass(5)]);
    const again = claim();
    await pass(5);
    expect([...valueOf(again).granted]).toStrictEqual([["r", 1]]);
    expect(valueOf(again).claim.claimId).not.toBe(won.claimId);
  });

  it("says in the log all that others need", async () => {
    const { received } = ask();
    const before = aReading("x");
    log.write(theirClaim());
    log.write(aRelease("theirs"));
    const watched = claim(ask("r", { targets: ["x", "y"], before, evidenceAt: 2n }));
    await pass(5);

    expect(log.records().at(-1)).toStrictEqual({
      ...{ kind: "CLAIM", provider: PROVIDER, claimId: valueOf(watched).claim.claimId },
      ...{ instance: "me", callWithinMs: 2_000, settleWithinMs: 12_500, windowMs: 86_400_000 },
      requests: [
        {
          ...{ requestId: "r", digest: digestOf(received.request), attempt: 2, trace: null },
          ...{ source: received.source, receivedAt: received.receivedAt, packed: "packed r" },
          ...{ targets: ["x", "y"], before, evidenceAt: 2n },
        },
      ],
    });
    expect(log.appends.map(({ partition, key }) => [partition, key])).toStrictEqual([
      [0, PROVIDER],
    ]);
  });

  it.each([
    ["taken", [theirClaim()]],
    ["taken", [theirClaim(), anAccepted("theirs")]],
    ["taken", [theirClaim(), aDone("theirs")]],
    ["finished", [theirClaim(), aDone("theirs"), aPublished()]],
    ["conflict", [theirClaim("r", { digest: "another" })]],
    ["conflict", [theirClaim("r", { digest: "another" }), aRelease("theirs")]],
    ["target-held", [theirClaim("s", { targets: ["target of r"] })]],
  ] as const)("is not asked for when it would be refused as %s", async (why, records) => {
    for (const record of records) log.write(record);
    const watched = claim();
    await pass(0);

    expect([...valueOf(watched).refused]).toStrictEqual([["r", why]]);
    expect(valueOf(watched).granted.size).toBe(0);
    expect(log.appends).toStrictEqual([]);
  });

  it.each([
    ["taken", [theirClaim()]],
    ["finished", [theirClaim(), aDone("theirs"), aPublished()]],
    ["conflict", [theirClaim("r", { digest: "another" })]],
    ["fenced", [theirClaim(), aRelease("theirs")]],
    ["target-held", [theirClaim("s", { targets: ["target of r"] })]],
    ["target-moved", [theirClaim("s", { targets: ["target of r"] }), aRelease("theirs", ["s"])]],
  ] as const)("is refused as %s when others came first", async (why, records) => {
    const watched = claim(ask("r", { before: aReading("x"), evidenceAt: 0n }));
    for (const record of records) log.write(record);
    await pass(5);

    expect([...valueOf(watched).refused]).toStrictEqual([["r", why]]);
    expect(valueOf(watched).granted.size).toBe(0);
    expect(journal.isDriven(valueOf(watched).claim.claimId)).toBe(false);
    expect(kinds().filter((kind) => kind === "RELEASE")).toHaveLength(
      records.filter(({ kind }) => kind === "RELEASE").length,
    );
  });

  it("may be granted in part, and is asked for only what may be granted", async () => {
    log.write(theirClaim("a"));
    const watched = claim(ask("a"), ask("b"), ask("c"), ask("d", { targets: ["target of c"] }));
    log.write({ ...theirClaim("b"), claimId: "later" });
    await pass(5);

    const { granted: those, refused } = valueOf(watched);
    expect([...those.keys()]).toStrictEqual(["c", "d"]);
    expect([...refused]).toStrictEqual([
      ["a", "taken"],
      ["b", "taken"],
    ]);
    expect(log.records().at(-1)).toMatchObject({
      requests: [{ requestId: "b" }, { requestId: "c" }, { requestId: "d" }],
    });
  });

  it("that was sent twice is granted once", async () => {
    log.plan.push("unacknowledged");
    const watched = claim();
    await pass(200);

    expect([...valueOf(watched).granted]).toStrictEqual([["r", 0]]);
    expect(kinds()).toStrictEqual(["CLAIM", "CLAIM"]);
    expect(phaseOf()).toBe("claimed");
    expect(troubles).toHaveLength(1);
  });

  it("is granted although the brokers never acknowledge it", async () => {
    log.plan.push("unacknowledged");
    log.appendMs = 10;
    const watched = claim();
    await pass(12);

    expect([...valueOf(watched).granted]).toStrictEqual([["r", 0]]);
  });

  it("of others is nobody's business here", async () => {
    log.write(theirClaim());
    await pass(60_000);

    expect([kinds(), phaseOf()]).toStrictEqual([["CLAIM"], "claimed"]);
  });
});

describe("while the journal is not open", () => {
  const closed: readonly (readonly [string, () => Promise<void> | void])[] = [
    [
      "has not been read to its end",
      () => {
        log.isRead = false;
        log.write(null);
        replica.startedWith(new Map([[0, 1n]]));
      },
    ],
    [
      "has not been read for a while",
      async () => {
        log.isRead = false;
        await pass(1_500);
      },
    ],
    ["holds records of other rules", () => log.write(Buffer.from('{"v":2}'))],
  ];

  it.each(closed)("because it %s, a claim lapses unwritten", async (_why, close) => {
    await close();
    const watched = claim(ask("r"), ask("s"));
    await pass(0);

    expect(journal.isOpen).toBe(false);
    expect([...valueOf(watched).refused]).toStrictEqual([
      ["r", "lapsed"],
      ["s", "lapsed"],
    ]);
    expect(log.appends).toStrictEqual([]);
    expect(journal.isHeld(PROVIDER, "target of r")).toBe(false);
  });

  it("because it is of other rules, it stays closed for good", async () => {
    log.write(Buffer.from('{"v":2}'));
    await pass(60_000);

    expect(journal.isOpen).toBe(false);
  });

  it("the others are written all the same", async () => {
    const won = await granted("r");
    log.write(Buffer.from('{"v":2}'));
    const watched = watch(journal.done(won, new Map([["r", told("SUCCEEDED")]])));
    await pass(5);

    expect(watched.end).toStrictEqual({ value: undefined });
    expect(phaseOf()).toBe("done");
  });
});

describe("a claim that is not decided in time", () => {
  it("lapses, and is given back when it is read after all, once", async () => {
    log.isRead = false;
    const watched = claim();
    await pass(CALL_WITHIN_MS - 1);
    expect(watched.end).toBeNull();
    await pass(1);
    expect([...valueOf(watched).refused]).toStrictEqual([["r", "lapsed"]]);
    expect(journal.isDriven(valueOf(watched).claim.claimId)).toBe(false);

    log.isRead = true;
    await pass(60_000);
    expect(log.records()).toMatchObject([
      { kind: "CLAIM" },
      {
        kind: "RELEASE",
        claimId: valueOf(watched).claim.claimId,
        requestIds: ["r"],
        called: false,
      },
    ]);
    expect(phaseOf()).toBe("free");
  });

  it("is given back whole when it was for several, and only what was granted of it", async () => {
    log.isRead = false;
    const watched = claim(ask("r"), ask("s"), ask("t"));
    log.write(theirClaim("s"));
    await pass(CALL_WITHIN_MS);
    log.isRead = true;
    await pass(1_000);

    expect([...valueOf(watched).refused.values()]).toStrictEqual(["lapsed", "lapsed", "lapsed"]);
    expect(log.records().at(-1)).toMatchObject({ kind: "RELEASE", requestIds: ["r", "t"] });
    expect(["r", "s", "t"].map(phaseOf)).toStrictEqual(["free", "claimed", "free"]);
  });

  it("needs no release when it was refused", async () => {
    log.isRead = false;
    const watched = claim();
    log.write(theirClaim());
    await pass(CALL_WITHIN_MS);
    log.isRead = true;
    await pass(1_000);

    expect([...valueOf(watched).refused]).toStrictEqual([["r", "lapsed"]]);
    expect(kinds()).toStrictEqual(["CLAIM", "CLAIM"]);
  });

  it("is not sent any more when the brokers come back", async () => {
    log.plan.push(...Array.from({ length: 10 }, () => "lost" as const));
    const watched = claim();
    await pass(60_000);

    expect([...valueOf(watched).refused]).toStrictEqual([["r", "lapsed"]]);
    expect(kinds()).toStrictEqual([]);
  });

  it("lapses in time although an append never ends", async () => {
    log.plan.push("silent");
    const watched = claim();
    await pass(CALL_WITHIN_MS);

    expect([...valueOf(watched).refused]).toStrictEqual([["r", "lapsed"]]);
  });

  it("is given back when the process was frozen until it was too late", async () => {
    const watched = claim();
    await pass(0);
    frozenMs = CALL_WITHIN_MS + 1;
    await pass(5);

    expect([...valueOf(watched).refused]).toStrictEqual([["r", "lapsed"]]);
    expect(kinds()).toStrictEqual(["CLAIM", "RELEASE"]);
    expect(phaseOf()).toBe("free");
  });

  it("is given back until the brokers acknowledge that", async () => {
    log.isRead = false;
    claim();
    await pass(CALL_WITHIN_MS);
    log.plan.push("lost", "lost");
    log.isRead = true;
    await pass(1_000);

    expect(kinds()).toStrictEqual(["CLAIM", "RELEASE"]);
    expect(troubles).toHaveLength(2);
  });
});

describe("a late copy of a claim", () => {
  it("that is granted what was refused at first is given back at once", async () => {
    const watched = claim(ask("r"), ask("s"));
    log.write(theirClaim("x", { targets: ["target of s"] }));
    await pass(5);
    const { claim: won, refused } = valueOf(watched);
    expect([...refused]).toStrictEqual([["s", "target-held"]]);

    log.write(aRelease("theirs", ["x"]));
    log.write(log.records()[1]!);
    expect(phaseOf("s")).toBe("claimed");
    await pass(5);
    expect(log.records().at(-1)).toMatchObject({
      ...{ kind: "RELEASE", claimId: won.claimId, requestIds: ["s"], called: false },
    });
    expect(["r", "s"].map(phaseOf)).toStrictEqual(["claimed", "free"]);
    expect(journal.isDriven(won.claimId)).toBe(true);
  });

  it("is given back also when it is read together with the first", async () => {
    const watched = claim();
    log.isRead = false;
    log.write(theirClaim("x", { targets: ["target of r"] }));
    await pass(5);
    log.write(aRelease("theirs", ["x"]));
    log.write(log.records()[1]!);
    log.isRead = true;
    await pass(300);

    expect([...valueOf(watched).refused]).toStrictEqual([["r", "target-held"]]);
    expect(kinds()).toStrictEqual(["CLAIM", "CLAIM", "RELEASE", "CLAIM", "RELEASE"]);
    expect(phaseOf()).toBe("free");
  });

  it("of what was done has no effect", async () => {
    const won = await granted("r");
    await Promise.all([journal.release(won, ["r"], { called: false, why: "late" }), pass(5)]);
    log.write(log.records()[0]!);
    await pass(1_000);

    expect(kinds()).toStrictEqual(["CLAIM", "RELEASE", "CLAIM"]);
    expect(phaseOf()).toBe("free");
  });
});

describe("the targets of a claim", () => {
  it("are held from when they are asked for", async () => {
    const first = claim(ask("r", { targets: ["x", "y"] }));
    const second = claim(ask("s", { targets: ["y"] }));
    expect(journal.isHeld(PROVIDER, "x")).toBe(true);
    expect(journal.isHeld("elsewhere", "x")).toBe(false);
    await pass(5);

    expect(valueOf(first).granted.size).toBe(1);
    expect([...valueOf(second).refused]).toStrictEqual([["s", "target-held"]]);
    expect(log.appends).toHaveLength(1);
    expect(journal.isHeld(PROVIDER, "x")).toBe(true);
    expect(freed).toStrictEqual([]);
  });

  it("are free again when it is refused, which is told", async () => {
    claim(ask("r", { targets: ["x", "y"] }));
    log.write(theirClaim("r", { targets: ["z"] }));
    await pass(5);

    expect(freed).toStrictEqual([`${PROVIDER} x`, `${PROVIDER} y`]);
    expect(journal.isHeld(PROVIDER, "x")).toBe(false);
  });

  it("are free again when it lapses, which is told", async () => {
    log.plan.push("silent");
    claim(ask("r", { targets: ["x"] }));
    await pass(CALL_WITHIN_MS);

    expect(freed).toStrictEqual([`${PROVIDER} x`]);
    expect(journal.isHeld(PROVIDER, "x")).toBe(false);
  });

  it("that others hold now, or that were granted in part, are not told", async () => {
    claim(
      ask("r", { targets: ["x"] }),
      ask("s", { targets: ["x", "y"] }),
      ask("t", { targets: ["z"] }),
    );
    log.write(aClaim("1", [theirs("s")], { instance: "they" }));
    log.write(aClaim("2", [{ requestId: "u", targets: ["z"] }], { instance: "they" }));
    await pass(5);

    expect(freed).toStrictEqual([`${PROVIDER} y`]);
    expect(["x", "y", "z"].map((target) => journal.isHeld(PROVIDER, target))).toStrictEqual([
      ...[true, false, true],
    ]);
  });
});

/** Each way to say how a claim ended, with the phase that it leads to. */
const ENDINGS = {
  release: {
    kind: "RELEASE",
    phase: "free",
    tell: async (won: Claimed["claim"], ids: readonly string[]) =>
      journal.release(won, ids, { called: true, why: "throttled" }),
  },
  accepted: {
    kind: "ACCEPTED",
    phase: "accepted",
    tell: async (won: Claimed["claim"], ids: readonly string[]) =>
      journal.accepted(
        won,
        new Map(ids.map((id) => [id, { taken: taken(), told: told("ACCEPTED") }])),
      ),
  },
  done: {
    kind: "DONE",
    phase: "done",
    tell: async (won: Claimed["claim"], ids: readonly string[]) =>
      journal.done(won, new Map(ids.map((id) => [id, told("SUCCEEDED")]))),
  },
} as const;

describe.each(Object.entries(ENDINGS))("%s", (_name, { kind, phase, tell }) => {
  it("is over when it is read back, and the claim is driven until then", async () => {
    const won = await granted("r");
    log.isRead = false;
    const watched = watch(tell(won, ["r"]));
    await pass(100);
    expect(kinds()).toStrictEqual(["CLAIM", kind]);
    expect([watched.end, journal.isDriven(won.claimId)]).toStrictEqual([null, true]);

    log.isRead = true;
    await pass(250);
    expect(watched.end).toStrictEqual({ value: undefined });
    expect([journal.isDriven(won.claimId), journal.drivenCount]).toStrictEqual([false, 0]);
    expect(phaseOf()).toBe(phase);
  });

  it("is written until it is acknowledged", async () => {
    const won = await granted("r");
    log.plan.push("lost", "lost", "lost");
    const watched = watch(tell(won, ["r"]));
    await pass(300);
    expect(watched.end).toBeNull();
    await pass(5_000);

    expect([watched.end, phaseOf()]).toStrictEqual([{ value: undefined }, phase]);
    expect(troubles).toHaveLength(3);
  });

  it("of a part leaves the rest of the claim to be driven", async () => {
    const won = await granted("r", "s");
    await Promise.all([tell(won, ["r"]), pass(5)]);
    expect([journal.isDriven(won.claimId), phaseOf("s")]).toStrictEqual([true, "claimed"]);

    await Promise.all([tell(won, ["s"]), pass(5)]);
    expect(journal.isDriven(won.claimId)).toBe(false);
  });

  it("is over as well when a judge was faster", async () => {
    const won = await granted("r");
    log.write(aDone(won.claimId, ["r"], told("UNKNOWN", "a judge")));
    const watched = watch(tell(won, ["r"]));
    await pass(5);

    expect(watched.end).toStrictEqual({ value: undefined });
    expect([journal.isDriven(won.claimId), phaseOf()]).toStrictEqual([false, "done"]);
  });

  it("is over as well when the judge's verdict is out by then", async () => {
    const won = await granted("r");
    log.write(aDone(won.claimId));
    log.write(aPublished());
    const watched = watch(tell(won, ["r"]));
    await pass(5);

    expect(watched.end).toStrictEqual({ value: undefined });
  });

  it("ends with the process", async () => {
    const won = await granted("r");
    log.plan.push("silent");
    const watched = watch(tell(won, ["r"]));
    await pass(5);
    stop.abort(new Error("the drain is over"));
    await pass(0);

    expect(watched.end).toStrictEqual({ error: new Error("the drain is over") });
  });

  it("ends with the process also while it is to be read back", async () => {
    const won = await granted("r");
    log.isRead = false;
    const watched = watch(tell(won, ["r"]));
    await pass(100);
    stop.abort(new Error("the drain is over"));
    await pass(0);

    expect(watched.end).toStrictEqual({ error: new Error("the drain is over") });
  });
});

describe("an accepted call", () => {
  it("is done by whoever follows it, whether it had the claim or not", async () => {
    log.write(theirClaim());
    log.write(anAccepted("theirs"));
    const won = { claimId: "theirs", provider: PROVIDER };
    const watched = watch(journal.done(won, new Map([["r", told("SUCCEEDED")]])));
    log.isRead = false;
    await pass(100);
    expect(watched.end).toBeNull();
    log.isRead = true;
    await pass(250);

    expect([watched.end, phaseOf()]).toStrictEqual([{ value: undefined }, "done"]);
  });
});

describe("published", () => {
  const states = {
    accepted: [theirClaim(), anAccepted("theirs")],
    final: [theirClaim(), aDone("theirs")],
  };

  it.each(["accepted", "final"] as const)("%s is over when it is read back", async (which) => {
    for (const record of states[which]) log.write(record);
    log.isRead = false;
    const watched = watch(journal.published(PROVIDER, "r", which));
    await pass(100);
    expect(log.records().at(-1)).toStrictEqual(aPublished(["r"], { which }));
    expect(watched.end).toBeNull();

    log.isRead = true;
    await pass(250);
    expect(watched.end).toStrictEqual({ value: undefined });
  });

  it.each(["accepted", "final"] as const)("%s is over when others were faster", async (which) => {
    for (const record of states[which]) log.write(record);
    const watched = watch(journal.published(PROVIDER, "r", which));
    log.write(aPublished(["r"], { which }));
    await pass(5);

    expect(watched.end).toStrictEqual({ value: undefined });
  });

  it("accepted is over when the call has ended meanwhile", async () => {
    for (const record of states.accepted) log.write(record);
    const watched = watch(journal.published(PROVIDER, "r", "accepted"));
    log.write(aDone("theirs"));
    await pass(5);

    expect(watched.end).toStrictEqual({ value: undefined });
  });
});

describe("a verdict without a call", () => {
  const closing = () => {
    const { digest, source } = theirs();
    return { echo: anEcho(), digest, source, receivedAt: 5, trace: null, causedBy: null };
  };
  const close = () => watch(journal.close(closing(), told("EXPIRED")));

  it("stands when it is read back", async () => {
    log.isRead = false;
    const watched = close();
    await pass(100);
    expect(watched.end).toBeNull();
    log.isRead = true;
    await pass(250);

    expect(watched.end).toStrictEqual({ value: null });
    expect(log.records()).toStrictEqual([
      {
        ...{ kind: "CLOSE", provider: PROVIDER, instance: "me", windowMs: 86_400_000 },
        requests: [
          {
            ...{ requestId: "r", digest: theirs().digest, attempt: 1, source: aSource(1) },
            ...{ receivedAt: 5, trace: null, echo: anEcho(), told: told("EXPIRED") },
          },
        ],
      },
    ]);
    expect(phaseOf()).toBe("done");
  });

  it.each([
    ["taken", [theirClaim()]],
    ["taken", [theirClaim(), anAccepted("theirs")]],
    ["taken", [aClose([{ ...theirs(), told: told("REJECTED", "they") }], { instance: "they" })]],
    ["finished", [theirClaim(), aDone("theirs"), aPublished()]],
    ["conflict", [theirClaim("r", { digest: "another" }), aRelease("theirs")]],
  ] as const)("has no effect when the request is %s by then", async (why, records) => {
    const watched = close();
    for (const record of records) log.write(record);
    await pass(5);

    expect(watched.end).toStrictEqual({ value: why });
  });

  it("is written anew when it was too late for its attempt", async () => {
    const watched = close();
    log.write(theirClaim());
    log.write(aRelease("theirs"));
    await pass(10);

    expect(watched.end).toStrictEqual({ value: null });
    expect(log.records().filter(({ kind }) => kind === "CLOSE")).toMatchObject([
      { requests: [{ attempt: 1 }] },
      { requests: [{ attempt: 2 }] },
    ]);
  });

  it("stands although it was sent twice", async () => {
    log.plan.push("unacknowledged");
    const watched = close();
    await pass(200);

    expect(watched.end).toStrictEqual({ value: null });
    expect(kinds()).toStrictEqual(["CLOSE", "CLOSE"]);
  });

  it("is the first one's when it is asked for twice at once, and the other one hears so", async () => {
    const [first, second] = [close(), watch(journal.close(closing(), told("REJECTED")))];
    await pass(10);

    expect([first.end, second.end]).toStrictEqual([{ value: null }, { value: "taken" }]);
    const entry = replica.of(PROVIDER).entry(keyOf(PROVIDER, "r"));
    expect(entry?.told?.verdict.status).toBe("EXPIRED");
  });

  it("stands for one of many who ask at once, also when the first was too late", async () => {
    const asked = Array.from({ length: 5 }, close);
    log.write(theirClaim());
    log.write(aRelease("theirs"));
    await pass(50);

    const ends = asked.map((one) => valueOf(one) ?? "it stands");
    expect(ends.toSorted()).toStrictEqual(["it stands", "taken", "taken", "taken", "taken"]);
  });

  it("is not taken for that of another process", async () => {
    log.isRead = false;
    const watched = close();
    log.write(aClose([{ requestId: "s" }], { instance: "they" }));
    log.isRead = true;
    log.fetch();
    expect(watched.end).toBeNull();
    await pass(5);

    expect(watched.end).toStrictEqual({ value: null });
  });

  it("ends with the process", async () => {
    log.isRead = false;
    const watched = close();
    await pass(100);
    stop.abort(new Error("the drain is over"));
    await pass(0);

    expect(watched.end).toStrictEqual({ error: new Error("the drain is over") });
  });
});

describe("a claim at the end of the process", () => {
  it("lapses in its time", async () => {
    log.plan.push("silent");
    const watched = claim();
    await pass(5);
    stop.abort(new Error("the drain is over"));
    await pass(CALL_WITHIN_MS);

    expect([...valueOf(watched).refused]).toStrictEqual([["r", "lapsed"]]);
  });
});

describe("what the journal says of a request", () => {
  const answers = () => {
    const { digest, source } = theirs();
    const standing = (of: string, at = source) => journal.standing(PROVIDER, "r", of, at);
    return [
      ...[standing(digest).kind, standing("another").kind, standing(digest, aSource(2))],
      journal.mayClaim(PROVIDER, "r"),
    ] as const;
  };
  const last: readonly JournalRecord[] = [theirClaim(), aRelease("theirs")];

  it("is nothing before anybody was granted anything", () => {
    expect(answers()).toStrictEqual(["unknown", "unknown", { kind: "unknown" }, true]);
  });

  it.each([
    ["free", true, last],
    ["claimed", false, [theirClaim()]],
    ["accepted", false, [theirClaim(), anAccepted("theirs")]],
    ["done", false, [theirClaim(), aDone("theirs")]],
  ] as const)("is that it is %s, and whether it may be claimed: %s", (phase, may, records) => {
    for (const record of records) log.write(record);

    expect(answers()).toMatchObject(["open", "conflict", { kind: "open", entry: { phase } }, may]);
  });

  it.each([
    ["just now", []],
    ["and is sealed", [aCheckpoint([], true)]],
  ])("is that it is finished %s, and from where", (_when, more) => {
    for (const record of [theirClaim(), aDone("theirs"), aPublished(), ...more]) log.write(record);
    const { digest, source } = theirs();

    expect(answers()).toStrictEqual([
      ...["finished", "conflict", { kind: "finished", isSameSource: false }, false],
    ]);
    expect(journal.standing(PROVIDER, "r", digest, source)).toStrictEqual({
      ...{ kind: "finished", isSameSource: true },
    });
  });

  it("is told for a position of the log", () => {
    expect(journal.position(PROVIDER)).toBe(0n);
    for (const record of last) log.write(record);

    expect(journal.position(PROVIDER)).toBe(2n);
  });
});

describe("what belongs to no connection", () => {
  it("is written to its partition", async () => {
    await begin(3);
    const watched = watch(journal.append(2, aCheckpoint()));
    await pass(5);

    expect(watched.end).toStrictEqual({ value: true });
    expect(log.records(2)).toStrictEqual([aCheckpoint()]);
  });

  it("is not written when the process ends", async () => {
    log.plan.push("silent");
    const watched = watch(journal.append(0, aCheckpoint()));
    await pass(5);
    stop.abort(new Error("over"));
    await pass(0);

    expect(watched.end).toStrictEqual({ value: false });
  });

  it.each(["#0", "partition 0"])(
    "is not mixed up with a connection that a request calls %j",
    async (provider) => {
      await begin(7);
      for (let partition = 0; partition < 7; partition += 1) {
        void journal.append(partition, aCheckpoint());
      }
      const echo = { ...anEcho(), provider };
      const closing = { ...theirs(), echo, receivedAt: 5, trace: null, causedBy: null };
      const watched = watch(journal.close(closing, told("REJECTED")));
      expect(journal.queues.size).toBe(8);
      await pass(5);

      expect(watched.end).toStrictEqual({ value: null });
      expect(log.records(replica.partitionOf(provider))).toHaveLength(2);
      expect(replica.partitionOf(provider)).not.toBe(0);
    },
  );

  it("does not wait behind a connection's records", async () => {
    log.plan.push("silent");
    claim();
    await pass(5);
    const watched = watch(journal.append(0, aCheckpoint()));
    await pass(5);

    expect(watched.end).toStrictEqual({ value: true });
  });
});

describe("the queues into the journal", () => {
  it("go away with what they had to write, however many connections requests name", async () => {
    const names = Array.from({ length: 50 }, (_, one) => `nobody knows ${one}`);
    const closed = names.map(async (provider) => {
      const closing = {
        ...theirs(),
        echo: { ...anEcho(), provider },
        receivedAt: 5,
        trace: null,
        causedBy: null,
      };
      return journal.close(closing, told("REJECTED"));
    });
    expect(journal.queues.size).toBe(50);
    await Promise.all([...closed, pass(5)]);

    expect(journal.queues.size).toBe(0);
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
  });

  it("go away also when what they had to write became too old", async () => {
    log.plan.push("lost");
    claim();
    await pass(1);
    log.plan.push("lost", "lost", "lost", "lost", "lost", "lost", "lost", "lost", "lost", "lost");
    await pass(CALL_WITHIN_MS + 1_000);

    expect(journal.queues.size).toBe(0);
  });

  it("stay while anything waits, with one produce in flight", async () => {
    const won = await granted("r", "s");
    log.appendMs = 10;
    void ENDINGS.done.tell(won, ["r"]);
    await pass(5);
    void ENDINGS.done.tell(won, ["s"]);
    await pass(8);
    const [queue] = journal.queues.values();
    void journal.published(PROVIDER, "r", "final");
    await pass(5);

    expect([...journal.queues.values()]).toStrictEqual([queue]);
    await pass(50);
    const starts = log.appends.slice(1).map(({ at }) => at);
    const gaps = starts.slice(1).map((at, index) => at - starts[index]!);
    expect(gaps.map((ms) => ms >= 10)).toStrictEqual([true, true]);
    expect(journal.queues.size).toBe(0);
  });

  it("never seem to stand still when they come and go", async () => {
    const steps: number[] = [];
    for (const id of ["r", "s", "t"]) {
      const closing = { ...theirs(), echo: anEcho(id), receivedAt: 5, trace: null, causedBy: null };
      void journal.close(closing, told("REJECTED"));
      steps.push(...[...journal.queues.values()].map((queue) => queue.steps));
      await pass(5);
    }

    expect(steps).toStrictEqual([0, 1, 2]);
  });
});

describe("the records of one connection", () => {
  it("stand in the order in which they were asked for", async () => {
    const won = await granted("r", "s", "t");
    log.plan.push("lost", "unacknowledged");
    const all = [
      journal.release(won, ["r"], { called: false, why: "late" }),
      ENDINGS.accepted.tell(won, ["s"]),
      ENDINGS.done.tell(won, ["t"]),
      ENDINGS.done.tell(won, ["s"]),
    ];
    await Promise.all([...all, pass(1_000)]);

    expect(kinds().slice(-4)).toStrictEqual(["RELEASE", "ACCEPTED", "DONE", "DONE"]);
    expect(["r", "s", "t"].map(phaseOf)).toStrictEqual(["free", "done", "done"]);
  });

  it("do not wait behind another connection's", async () => {
    log.plan.push("silent");
    claim();
    const other = watch(journal.claim("elsewhere", [ask()], TERMS));
    await pass(5);

    expect([...valueOf(other).granted]).toStrictEqual([["r", 0]]);
  });
});

describe("a journal with guards", () => {
  const BUDGET: GuardLimits = {
    budget: { reruns: 1, perMs: 60_000 },
    ...{ coolDownMs: null, maxChain: 1 },
  };
  /** A request for two DataWorks instances. */
  const pair = (requestId: string, about: object = {}) =>
    aReceived(
      { offset: 1 },
      { requestId, operation: aDataWorksRerun({ instanceIds: ["1", "2"] }), ...about },
    );
  const asksFor = (requestId: string, ...targets: readonly string[]) =>
    ask(requestId, { received: pair(requestId), targets });

  beforeEach(() => {
    guards = BUDGET;
  });

  /** Somebody ran this target again a moment ago. */
  async function theirRerun(target: string): Promise<void> {
    log.write(aClaim("theirs", [{ requestId: "before", targets: [target] }], { guards: BUDGET }));
    log.write(aDone("theirs", ["before"]));
    await pass(5);
  }

  it("says nothing of them without any, and what a claim is held to with some", async () => {
    guards = null;
    claim(ask("r1"));
    await pass(5);
    guards = BUDGET;
    claim(ask("r2"));
    claim(ask("r3", { received: pair("r3", { force: true, causedBy: "r2" }) }));
    await pass(5);
    const [plain, guarded, forced] = log.records() as readonly ClaimRecord[]; // only claims

    expect(plain).not.toHaveProperty("guards");
    expect(guarded).toMatchObject({ guards: BUDGET });
    expect(guarded?.requests[0]).not.toHaveProperty("guarded");
    expect(forced?.requests[0]).toMatchObject({
      guarded: { force: true, causedBy: "r2", leftOut: [] },
    });
  });

  it("tells before asking what is forbidden, and asks for nothing of it", async () => {
    await theirRerun("1");
    const { length } = log.records();

    expect(journal.forbidden(pair("r").request)).toMatchObject([
      { target: "1", code: "BUDGET_EXCEEDED" },
    ]);
    expect(journal.forbidden(pair("r", { force: true }).request)).toStrictEqual([]);
    const watched = claim(asksFor("r", "1", "2"));
    await pass(5);
    expect(valueOf(watched).refused.get("r")).toBe("guarded");
    const empty = claim(asksFor("r"));
    await pass(5);
    expect(valueOf(empty).refused.get("r")).toBe("guarded");
    expect(log.records()).toHaveLength(length);
  });

  it("tells what was left out beside the verdict, whoever writes it", async () => {
    await theirRerun("1");
    const leftOut = journal.forbidden(pair("r").request);
    const asked = claim({ ...asksFor("r", "2"), leftOut });
    await pass(5);
    const verdict = {
      ...told("SUCCEEDED").verdict,
      targets: [{ target: "2", status: "SUCCEEDED", message: null }] as const,
    };
    void journal.done(valueOf(asked).claim, new Map([["r", { ...told("SUCCEEDED"), verdict }]]));
    await pass(5);

    expect(log.records().at(-1)).toMatchObject({
      results: [
        {
          told: {
            verdict: {
              status: "PARTIALLY_SUCCEEDED",
              reason: { code: "TARGETS_SUPPRESSED" },
              targets: [{ target: "2" }, { target: "1", status: "SUPPRESSED" }],
            },
          },
        },
      ],
    });
  });

  it("closes what is forbidden, and hears of it when that is not so any more", async () => {
    await theirRerun("1");
    const verdict = verdictOfSuppressed([{ ...journal.forbidden(pair("r").request)[0]! }]);
    const suppressed = { ...told("SUPPRESSED"), verdict };
    const closing = (requestId: string) => ({
      ...theirs(requestId),
      ...{ echo: anEcho(requestId), receivedAt: 5, trace: null, causedBy: "r0" },
    });
    const first = watch(journal.close(closing("r1"), suppressed));
    await pass(5);
    expect(first.end).toStrictEqual({ value: null });
    expect(log.records().at(-1)).toMatchObject({
      ...{ guards: BUDGET, requests: [{ causedBy: "r0" }] },
    });

    await pass(60_000);
    const late = watch(journal.close(closing("r2"), suppressed));
    await pass(5);
    expect(late.end).toStrictEqual({ value: "unguarded" });
  });

  it("says nothing of them in other verdicts without a call", async () => {
    const closing = { ...theirs("r"), echo: anEcho("r"), receivedAt: 5, trace: null };
    void journal.close({ ...closing, causedBy: "r0" }, told("EXPIRED"));
    await pass(5);

    expect(log.records()[0]).not.toHaveProperty("guards");
  });
});
