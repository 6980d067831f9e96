import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Counter } from "../../src/desk/desk-parts.ts";
import { RequestDesk } from "../../src/desk/request-desk.ts";
import type { TargetEnd } from "../../src/domain/call-end.ts";
import { NEVER_CALLED, type Outcome, plainVerdict } from "../../src/domain/outcome.ts";
import {
  echoOf,
  type ReceivedRequest,
  type RequestId,
  type Source,
} from "../../src/domain/rerun-request.ts";
import type { DecidedEnd, UnexecutedEnd } from "../../src/domain/verdict.ts";
import type { Entry } from "../../src/journal/claim-entry.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { digestOf } from "../../src/journal/digest.ts";
import { JournalReplica } from "../../src/journal/journal-replica.ts";
import type { JournalRecord } from "../../src/journal/journal-record.ts";
import { LogJournal } from "../../src/journal/log-journal.ts";
import { ALog } from "../journal/a-log.ts";
import { aDataWorksRerun, aReceived } from "../support/a-received-request.ts";
import { anEnd } from "../support/call-ends.ts";

const PROVIDER = "dataworks-sh";
const TERMS = { connectTimeoutMs: 5000, callTimeoutMs: 10_000 };
const CALL_WITHIN_MS = 3000;

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_002_000 }));
afterEach(() => void vi.useRealTimers());
const pass = async (ms = 20) => vi.advanceTimersByTimeAsync(ms);

/** A desk on a real journal in memory, between fakes of everything else. */
async function aDesk(counter: Partial<Counter> = {}) {
  const log = new ALog();
  const stop = new AbortController();
  const rig = {
    log,
    offered: [] as { readonly received: ReceivedRequest; readonly tries: number }[],
    considered: [] as Entry[],
    published: [] as Outcome[],
    completed: [] as string[],
    duplicates: [] as bigint[],
    conflicts: [] as bigint[],
    failures: [] as unknown[],
    lost: new Set<number>(),
    stop,
  };
  const fail = (error: unknown) => void rig.failures.push(error);
  const now = () => performance.now();
  const replica = new JournalReplica({ states: [new ClaimStates(0)], now, onFailure: fail });
  // What others claim is the first request.
  const packed = [first.request];
  const journal = new LogJournal({
    guardsOf: () => null,
    ...{ replica, log, instance: "me", callWithinMs: CALL_WITHIN_MS, windowMs: 86_400_000, now },
    // A packed request is its number here.
    packing: { pack: (request) => String.fromCharCode(packed.push(request) - 1) },
    ...{ signal: stop.signal, onFreed: () => undefined, onTrouble: fail, onFailure: fail },
  });
  const placeOf = ({ partition, offset }: Source) => `${partition}/${offset}`;
  const desk = new RequestDesk({
    journal,
    settler: { consider: (entry) => void rig.considered.push(entry), finished: () => undefined },
    unpack: (text) => packed[text.charCodeAt(0)]!,
    publish: async (outcome) => void rig.published.push(outcome),
    complete: (source) => void rig.completed.push(placeOf(source)),
    keeps: ({ partition }) => !rig.lost.has(partition),
    conflicts: async ({ offset }) => void rig.conflicts.push(offset),
    ownsOrphan: () => false,
    requestsRetentionMs: 3_600_000,
    overflow: { mustWait: () => false, add: () => undefined, forget: () => undefined },
    onDuplicate: ({ source }) => void rig.duplicates.push(source.offset),
    onFailure: fail,
    ...{ dispatcher: "me 1", now, epoch: () => Date.now(), stopped: stop.signal },
  });
  const lane = {
    offer: (received: ReceivedRequest, tries = 0) => void rig.offered.push({ received, tries }),
    forget: (partition: number) => {
      const gone = rig.offered.filter(({ received }) => received.source.partition === partition);
      rig.offered = rig.offered.filter((one) => !gone.includes(one));
      return gone.map(({ received }) => received);
    },
  };
  desk.open(PROVIDER, {
    ...{ kind: "alibaba-dataworks", operations: ["DataWorksRerunTaskInstances"], lane },
    ...{ maxAttempts: 3, uncertain: "report", until: "submitted", objection: () => null },
    tracker: { follow: async () => ({ kind: "handed-over" }) },
    judge: {
      judge: async ({ targets }) =>
        targets.map((target) => ({ target, finding: "did-not-run", why: "no new run" })),
    },
    ...counter,
  });
  replica.listen({ changed: (change) => desk.changed(change), opened: () => undefined });
  replica.startedWith(new Map());
  await log.follow(new Map([[0, 0n]]), replica);
  log.fetch();
  await pass(0);
  const written = () =>
    log.records().filter(({ kind }) => kind !== "CLAIM" && kind !== "PUBLISHED");
  const claim = async (received: ReceivedRequest) => {
    const ask = { received, targets: ["1234"], before: null, evidenceAt: null };
    const claiming = journal.claim(PROVIDER, [ask], TERMS);
    await pass();
    return (await claiming).claim;
  };
  /** The lane's call of it ended so. */
  const called = async (received: ReceivedRequest, end: DecidedEnd) => {
    const call = { claimId: "", operation: received.request.operation, targets: ["1234"] };
    const history = { attempts: 1, calledAt: 5, coalesced: 1, reconciled: false };
    const claimed = await claim(received);
    const one = { received, history, targets: call.targets };
    desk.decided([one], { claim: claimed, call, end, before: null });
    await pass();
  };
  /** The lane's call for all of these, by their targets, ended so. */
  const calledTogether = async (
    asked: readonly (readonly [ReceivedRequest, readonly string[]])[],
    end: DecidedEnd,
  ) => {
    const asks = asked.map(([received, targets]) => {
      return { received, targets, before: null, evidenceAt: null };
    });
    const claiming = journal.claim(PROVIDER, asks, TERMS);
    await pass();
    const { claim: claimed } = await claiming;
    const instanceIds = [...new Set(asks.flatMap(({ targets }) => targets))];
    const operation = aDataWorksRerun({ instanceIds });
    const call = { claimId: claimed.claimId, operation, targets: instanceIds };
    const history = { attempts: 1, calledAt: 5, coalesced: asked.length, reconciled: false };
    const shared = asks.map(({ received, targets }) => ({ received, history, targets }));
    desk.decided(shared, { claim: claimed, call, end, before: { marks: [] } });
    await pass();
  };
  return { desk, journal, rig, written, claim, called, calledTogether };
}

/** What another process writes about a request. */
function foreign(received: ReceivedRequest, claimId = "theirs") {
  const { request, source, receivedAt, trace } = received;
  const { requestId } = request;
  const provider = PROVIDER;
  const told = {
    ...{ verdict: plainVerdict("SUCCEEDED"), history: NEVER_CALLED, completedAt: 1 },
    dispatcher: "they 1",
  };
  return {
    claim: (attempt = 1): JournalRecord => ({
      ...{ kind: "CLAIM", provider, claimId, instance: "they" },
      ...{ callWithinMs: 3000, settleWithinMs: 18_000, windowMs: 86_400_000 },
      requests: [
        {
          ...{ requestId, digest: digestOf(request), attempt, source, receivedAt, trace },
          ...{ packed: "\u0000", targets: ["1234"], before: null, evidenceAt: null },
        },
      ],
    }),
    release: (called: boolean): JournalRecord => ({
      ...{ kind: "RELEASE", provider, claimId, requestIds: [requestId], called, why: "throttled" },
    }),
    done: (): JournalRecord => ({
      ...{ kind: "DONE", provider, claimId, results: [{ requestId, told }] },
    }),
    published: (): JournalRecord => ({
      ...{ kind: "PUBLISHED", provider, requestIds: [requestId], which: "final" },
    }),
  };
}

const first = aReceived({ offset: 1 }, { requestId: "r" });
const repeat = aReceived({ offset: 2, partition: 1 }, { requestId: "r" });
const other = aReceived(
  { offset: 3, partition: 1 },
  { requestId: "r", operation: aDataWorksRerun({ instanceIds: ["99"] }) },
);

describe("a request that is received", () => {
  it("goes to its lane when nobody knows it", async () => {
    const { desk, rig } = await aDesk();

    expect(desk.receive(first)).toStrictEqual({ kind: "taken" });
    expect(rig.offered).toStrictEqual([{ received: first, tries: 0 }]);
    expect(rig.completed).toStrictEqual([]);
  });

  it("is counted as a repetition and complete only when the first one's outcome is out", async () => {
    const { desk, rig } = await aDesk();
    desk.receive(first);
    desk.receive(repeat);
    const { claim, done, published } = foreign(first);
    for (const record of [claim(), done()]) rig.log.write(record);
    // The lane finds it taken.
    desk.elsewhere({ received: first, history: NEVER_CALLED });
    const before = [...rig.completed];
    rig.log.write(published());

    expect(before).toStrictEqual([]);
    expect(rig.offered).toHaveLength(1);
    expect(rig.duplicates).toStrictEqual([2n]);
    expect(rig.completed).toStrictEqual(["0/1", "1/2"]);
  });

  it("is complete at once when it is finished, and no repetition when it is the same record", async () => {
    const { desk, rig } = await aDesk();
    const { claim, done, published } = foreign(first);
    for (const record of [claim(), done(), published()]) rig.log.write(record);
    desk.receive(first);
    desk.receive(repeat);

    expect(rig.completed).toStrictEqual(["0/1", "1/2"]);
    expect(rig.duplicates).toStrictEqual([2n]);
    expect(rig.offered).toStrictEqual([]);
  });

  it("conflicts when another request has its id, open or finished", async () => {
    const { desk, rig } = await aDesk();
    const { claim, done, published } = foreign(first);
    rig.log.write(claim());
    const open = desk.receive(other);
    for (const record of [done(), published()]) rig.log.write(record);

    expect(open).toMatchObject({ kind: "conflict" });
    expect(desk.receive(other)).toMatchObject({ kind: "conflict" });
  });

  it("waits beside one that asks for something else until one of them is granted", async () => {
    const { desk, rig, claim } = await aDesk();
    desk.receive(first);
    const answer = desk.receive(other);
    const before = [...rig.conflicts];
    await claim(first);

    expect(answer).toStrictEqual({ kind: "taken" });
    expect(before).toStrictEqual([]);
    expect(rig.conflicts).toStrictEqual([3n]);
  });

  it("is a dead letter when another request with its id was granted elsewhere meanwhile", async () => {
    const { desk, rig } = await aDesk();
    desk.receive(other);
    rig.log.write(foreign(first).claim());
    desk.elsewhere({ received: other, history: NEVER_CALLED });

    expect(rig.conflicts).toStrictEqual([3n]);
  });

  it("is left to the settler when somebody else has it", async () => {
    const { desk, rig } = await aDesk();
    rig.log.write(foreign(first).claim());
    desk.receive(first);

    expect(rig.offered).toStrictEqual([]);
    expect(rig.considered.at(-1)).toMatchObject({ phase: "claimed" });
  });

  it("goes to its lane with the calls that others made when they give it back", async () => {
    const { desk, rig } = await aDesk();
    rig.log.write(foreign(first).claim());
    desk.receive(first);
    rig.log.write(foreign(first).release(true));

    expect(rig.offered).toMatchObject([{ received: { source: first.source }, tries: 1 }]);
  });

  it("ends RETRIES_EXHAUSTED when others have made all its calls", async () => {
    const { desk, rig, written } = await aDesk();
    for (const attempt of [1, 2, 3]) {
      const { claim, release } = foreign(first, `c${attempt}`);
      for (const record of [claim(attempt), release(true)]) rig.log.write(record);
    }
    desk.receive(first);
    await pass();

    expect(rig.offered).toStrictEqual([]);
    expect(written().at(-1)).toMatchObject({
      kind: "CLOSE",
      requests: [
        {
          told: {
            verdict: { status: "FAILED", reason: { code: "RETRIES_EXHAUSTED" } },
            history: { attempts: 3 },
          },
        },
      ],
    });
  });
});

describe("a verdict without a call", () => {
  it("is written for what admission turns away, and left to the settler to publish", async () => {
    const { desk, rig, written } = await aDesk();
    desk.receive(aReceived({ offset: 1 }, { provider: "nobody" }));
    await pass();

    expect(written()).toMatchObject([
      {
        kind: "CLOSE",
        requests: [{ told: { verdict: { reason: { code: "UNKNOWN_PROVIDER" } } } }],
      },
    ]);
    expect(rig.considered.at(-1)).toMatchObject({ phase: "done" });
    expect(rig.published).toStrictEqual([]);
  });

  it("is written for a request that makes no sense and has an id", async () => {
    const { desk, written } = await aDesk();
    desk.reject({ ...first, reason: { code: "INVALID_REQUEST", message: "no" } });
    await pass();

    expect(written()).toMatchObject([
      { kind: "CLOSE", requests: [{ requestId: "r", told: { verdict: { status: "REJECTED" } } }] },
    ]);
  });

  it("is published at once for what has no id that could be remembered", async () => {
    const { desk, rig, written } = await aDesk();
    const request = { ...first.request, requestId: "no id!" as RequestId }; // which it is not
    desk.reject({ ...first, request, reason: { code: "INVALID_REQUEST", message: "no" } });
    await pass();

    expect(written()).toStrictEqual([]);
    expect(rig.published).toMatchObject([{ status: "REJECTED", echo: echoOf(request) }]);
    expect(rig.completed).toStrictEqual(["0/1"]);
  });

  it("is EXPIRED, and says so in the journal", async () => {
    const { desk, written } = await aDesk();
    desk.receive(first);
    desk.expired({ received: first, history: NEVER_CALLED });
    await pass();

    expect(written()).toMatchObject([
      { kind: "CLOSE", requests: [{ told: { verdict: { status: "EXPIRED" } } }] },
    ]);
  });

  it("is EXPIRED too when its record is about to be deleted before its turn", async () => {
    const { desk, written } = await aDesk();
    desk.receive(first);
    desk.dying({ received: first, history: NEVER_CALLED });
    await pass();

    const told = { verdict: { status: "EXPIRED", reason: { code: "RETENTION" } } };
    expect(written()).toMatchObject([{ kind: "CLOSE", requests: [{ told }] }]);
  });

  it("tells the last call's words and traces when all calls were made", async () => {
    const { desk, written } = await aDesk();
    desk.receive(first);
    const history = { ...NEVER_CALLED, attempts: 3 };
    // It is an end that surely did not execute.
    desk.exhausted({ received: first, history }, ["1234"], anEnd.throttled() as UnexecutedEnd);
    await pass();

    expect(written()).toMatchObject([
      {
        requests: [
          {
            told: {
              verdict: { providerRequestId: "call-1", targets: [{ status: "FAILED" }] },
              history: { attempts: 3 },
            },
          },
        ],
      },
    ]);
  });

  it("gives way to a claim that came before it in the log", async () => {
    const { desk, rig, written } = await aDesk();
    desk.receive(first);
    desk.expired({ received: first, history: NEVER_CALLED });
    rig.log.write(foreign(first).claim());
    await pass();

    expect(written()).toMatchObject([{ kind: "CLOSE" }]);
    expect(rig.considered.at(-1)).toMatchObject({ phase: "claimed" });
  });

  it("is RETENTION for a free request whose record is gone", async () => {
    const { desk, rig, written } = await aDesk();
    desk.receive(first);
    desk.forget(0);
    rig.log.write(foreign(first).claim());
    rig.log.write(foreign(first).release(false));
    desk.retire(rig.considered.at(-1)!);
    await pass();

    expect(written().at(-1)).toMatchObject({
      requests: [{ told: { verdict: { status: "EXPIRED", reason: { code: "RETENTION" } } } }],
    });
  });
});

describe("a call that ended", () => {
  it.each<[string, DecidedEnd, string, string]>([
    ["taken for all", anEnd.accepted("1234") as DecidedEnd, "DONE", "SUCCEEDED"],
    ["refused", anEnd.refused() as DecidedEnd, "DONE", "REJECTED"],
    ["uncertain", anEnd.uncertain() as DecidedEnd, "DONE", "FAILED"],
    ["a job", anEnd.started("job-1") as DecidedEnd, "ACCEPTED", "ACCEPTED"],
  ])("is written down when it was %s", async (_name, end, kind, status) => {
    const { desk, rig, written, called } = await aDesk();
    desk.receive(first);
    await called(first, end);

    expect(written()).toMatchObject([
      { kind, results: [{ told: { verdict: { status }, history: { attempts: 1, calledAt: 5 } } }] },
    ]);
    expect(rig.failures).toStrictEqual([]);
  });

  it("leaves its claim to others when the dispatcher stops before it could be judged", async () => {
    const { desk, written, called } = await aDesk({ judge: { judge: async () => null } });
    desk.receive(first);
    await called(first, anEnd.uncertain() as DecidedEnd);

    expect(written()).toStrictEqual([]);
  });

  it("is repeated when evidence shows that it did not run, if so wanted, once nobody can doubt it", async () => {
    const { desk, rig, written, called } = await aDesk({ uncertain: "retry-if-absent" });
    desk.receive(first);
    rig.offered = [];
    await called(first, anEnd.uncertain() as DecidedEnd);
    const early = written();
    await pass(CALL_WITHIN_MS + TERMS.connectTimeoutMs + TERMS.callTimeoutMs);

    expect(early).toStrictEqual([]);
    expect(written()).toMatchObject([{ kind: "RELEASE", called: true }]);
    expect(rig.offered).toMatchObject([{ tries: 1 }]);
  });

  it("is told as it is when it did not run and nobody asked for another call", async () => {
    const { desk, rig, written, called } = await aDesk();
    desk.receive(first);
    rig.offered = [];
    await called(first, anEnd.uncertain() as DecidedEnd);

    expect(written()).toMatchObject([
      { results: [{ told: { verdict: { reason: { code: "NOT_EXECUTED" } } } }] },
    ]);
    expect(rig.offered).toStrictEqual([]);
  });
});

describe("a request that is read again after it waited outside of memory", () => {
  it("is a dead letter when another one with its id was granted meanwhile", async () => {
    const { desk, rig } = await aDesk();
    const other = aReceived(
      { offset: 9 },
      { ...first.request, operation: aDataWorksRerun({ instanceIds: ["9"] }) },
    );
    desk.receive(first);
    desk.recalled(other, "room");
    await pass();
    expect(rig.conflicts).toStrictEqual([]);

    const { desk: late, rig: lateRig, claim } = await aDesk();
    await claim(first);
    late.recalled(other, "room");
    await pass();
    expect(lateRig.conflicts).toStrictEqual([9n]);
  });
});

describe("a call that several requests shared", () => {
  const asking = (offset: number) => aReceived({ offset, partition: 5 });
  const [one, two, three] = [asking(1), asking(2), asking(3)];

  /** An answer that tells the end of each target. */
  const answering = (ends: Readonly<Record<string, TargetEnd["status"]>>): DecidedEnd => ({
    ...{ kind: "accepted", job: null, asyncJobId: null },
    targets: Object.entries(ends).map(([target, status]) => ({ target, status, message: null })),
    ...{ providerRequestId: "call-1", providerErrorCode: null },
  });

  /** The verdicts that each record tells, by request. */
  function toldIn(records: readonly JournalRecord[]) {
    return records.map((record) => {
      const results = record.kind === "DONE" || record.kind === "ACCEPTED" ? record.results : [];
      return results.map(({ requestId, told: { verdict, history } }) => {
        const targets = verdict.targets.map(({ target, status }) => `${target} ${status}`);
        const { coalesced, reconciled } = history;
        return { requestId, status: verdict.status, targets, coalesced, reconciled };
      });
    });
  }

  it("ends for each by its own targets, in one record", async () => {
    const { desk, rig, written, calledTogether } = await aDesk();
    for (const received of [one, two, three]) desk.receive(received);
    await calledTogether(
      [
        [one, ["1", "2"]],
        [two, ["2", "3"]],
        [three, ["3"]],
      ],
      answering({ "1": "SUCCEEDED", "2": "SUCCEEDED", "3": "FAILED" }),
    );

    const shared = { coalesced: 3, reconciled: false };
    expect(toldIn(written())).toStrictEqual([
      [
        {
          ...{ requestId: "req-5-1", status: "SUCCEEDED", ...shared },
          targets: ["1 SUCCEEDED", "2 SUCCEEDED"],
        },
        {
          ...{ requestId: "req-5-2", status: "PARTIALLY_SUCCEEDED", ...shared },
          targets: ["2 SUCCEEDED", "3 FAILED"],
        },
        { ...{ requestId: "req-5-3", status: "FAILED", ...shared }, targets: ["3 FAILED"] },
      ],
    ]);
    expect(rig.failures).toStrictEqual([]);
  });

  it("is judged once, only for what the answer left open, and is reconciled only for those", async () => {
    const asked: (readonly string[])[] = [];
    const judge: Counter["judge"] = {
      judge: async ({ targets }) => {
        asked.push(targets);
        return targets.map((target) => ({ target, finding: "ran", why: "a new run" }));
      },
    };
    const { desk, written, calledTogether } = await aDesk({ judge });
    for (const received of [one, two]) desk.receive(received);
    await calledTogether(
      [
        [one, ["1"]],
        [two, ["2"]],
      ],
      answering({ "1": "SUCCEEDED", "2": "UNKNOWN" }),
    );

    expect(asked).toStrictEqual([["2"]]);
    expect(toldIn(written())[0]?.map(({ reconciled }) => reconciled)).toStrictEqual([false, true]);
  });

  it("is repeated for those alone whose targets surely did not run", async () => {
    const judge: Counter["judge"] = {
      judge: async ({ targets }) =>
        targets.map((target) => {
          return { target, finding: target === "1" ? "ran" : "did-not-run", why: "seen" };
        }),
    };
    const { desk, rig, written, calledTogether } = await aDesk({
      ...{ judge, uncertain: "retry-if-absent" },
    });
    for (const received of [one, two]) desk.receive(received);
    rig.offered = [];
    await calledTogether(
      [
        [one, ["1"]],
        [two, ["2"]],
      ],
      anEnd.uncertain() as DecidedEnd, // it is one
    );
    expect(written()).toMatchObject([{ kind: "DONE", results: [{ requestId: "req-5-1" }] }]);

    await pass(CALL_WITHIN_MS + TERMS.connectTimeoutMs + TERMS.callTimeoutMs);
    expect(written().at(-1)).toMatchObject({ kind: "RELEASE", requestIds: ["req-5-2"] });
    expect(rig.offered).toMatchObject([{ received: { source: two.source }, tries: 1 }]);
  });

  it("is followed for each by its own targets when the provider began a job", async () => {
    const { desk, written, calledTogether } = await aDesk();
    for (const received of [one, two]) desk.receive(received);
    await calledTogether(
      [
        [one, ["1"]],
        [two, ["2"]],
      ],
      anEnd.started("job-1") as DecidedEnd, // it is one
    );
    const job = { taken: { following: { job: { jobId: "job-1" } } } };
    expect(written()).toMatchObject([
      {
        kind: "ACCEPTED",
        results: [
          { requestId: "req-5-1", ...job },
          { requestId: "req-5-2", ...job },
        ],
      },
    ]);
  });

  it("is followed only where its runs are still to end, with an answer about those alone", async () => {
    const { desk, written, calledTogether } = await aDesk({ until: "finished" });
    for (const received of [one, two]) desk.receive(received);
    await calledTogether(
      [
        [one, ["1"]],
        [two, ["2"]],
      ],
      answering({ "1": "SUCCEEDED", "2": "FAILED" }),
    );
    const kinds = written().map(({ kind }) => kind);
    expect(kinds.toSorted()).toStrictEqual(["ACCEPTED", "DONE"]);
    expect(written().find(({ kind }) => kind === "ACCEPTED")).toMatchObject({
      results: [{ requestId: "req-5-1", taken: { end: { targets: [{ target: "1" }] } } }],
    });
  });
});

describe("a partition that is lost", () => {
  it("takes along what waits, and another record of the same id takes its place", async () => {
    const { desk, rig } = await aDesk();
    desk.receive(first);
    desk.receive(repeat);
    const goingOn = desk.forget(0);

    expect(goingOn).toStrictEqual(new Set());
    expect(rig.offered).toMatchObject([{ received: { source: repeat.source } }]);
  });

  it("leaves what is being written, which is completed as always", async () => {
    const { desk, rig } = await aDesk();
    desk.receive(first);
    desk.expired({ received: first, history: NEVER_CALLED });
    rig.offered = [];

    expect(desk.forget(0)).toStrictEqual(new Set([1n]));
  });

  it("is not gone back to when a call comes back unexecuted", async () => {
    const { desk, rig } = await aDesk();
    desk.receive(first);
    desk.receive(repeat);
    rig.lost.add(0);
    rig.offered = [];

    expect(desk.keeps(first)).toBe(false);
    expect(rig.offered).toMatchObject([{ received: { source: repeat.source } }]);
  });
});

it("says whose an open request is to settle", async () => {
  const { desk, rig } = await aDesk();
  rig.log.write(foreign(first).claim());
  const entry = rig.considered.at(-1)!;
  const unknown = desk.roleOf(entry);
  desk.receive(repeat);
  const duplicate = desk.roleOf(entry);
  desk.receive(first);

  expect([unknown, duplicate, desk.roleOf(entry)]).toStrictEqual([null, "duplicate", "source"]);
});
