import { describe, expect, it } from "vitest";
import { Deeds, deedsFor, type SettlingCounter } from "../../src/desk/deeds.ts";
import type { RunFinding, TargetFinding } from "../../src/domain/evidence.ts";
import type { Following, TrackUntil } from "../../src/domain/following.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Taken } from "../../src/domain/taken.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { keyOf } from "../../src/journal/digest.ts";
import type { JournalRecord, Told } from "../../src/journal/journal-record.ts";
import type { OpenQuestion } from "../../src/judging/judge.ts";
import type { FollowTerms, TrackEnd } from "../../src/tracking/call-tracker.ts";
import {
  aClaim,
  aClose,
  aDone,
  anAccepted,
  aPublished,
  aReading,
  aRelease,
  anEcho,
  PROVIDER,
  taken,
  told,
} from "../journal/records.ts";
import { aDataWorksRerun, aRequest } from "../support/a-received-request.ts";

const LOG_TIME = 1_700_000_003_000;
const KEY = keyOf(PROVIDER, "r");
const operation = aDataWorksRerun({ instanceIds: ["11", "12"] });
const claim = (claimId: string, attempt = 1) =>
  aClaim(claimId, [{ attempt, targets: ["11", "12"], before: aReading("11", "12") }]);

/** What the journal makes of the records, one a second. */
function statesOf(...records: readonly JournalRecord[]): ClaimStates {
  const states = new ClaimStates(0);
  records.forEach((record, index) => {
    states.apply(record, { offset: BigInt(index), appendedAt: LOG_TIME + 1000 * index });
  });
  return states;
}

interface Circumstances {
  /** What readings find of each target; null: the dispatcher stops before they do. */
  readonly findings?: Readonly<Record<string, RunFinding>> | null;
  readonly until?: TrackUntil;
  readonly tracked?: TrackEnd;
  readonly isConfigured?: boolean;
}

/** Does what the request `r` needs by these records, and tells what came of it. */
async function doing(states: ClaimStates, circumstances: Circumstances = {}) {
  const { findings = {}, until = "submitted", tracked, isConfigured = true } = circumstances;
  const did = {
    questions: [] as OpenQuestion[],
    followed: [] as (FollowTerms & { readonly following: Following })[],
    written: [] as string[],
    told: [] as Told[],
    taken: [] as Taken[],
    published: [] as Outcome[],
  };
  const counter: SettlingCounter = {
    until,
    judge: {
      judge: async (question) => {
        did.questions.push(question);
        if (findings === null) return null;
        return question.targets.map((target): TargetFinding => {
          return { target, finding: findings[target] ?? "cannot-tell", why: `saw ${target}` };
        });
      },
    },
    tracker: {
      follow: async (following, terms) => {
        did.followed.push({ following, ...terms });
        return tracked ?? { kind: "handed-over" };
      },
    },
  };
  const deeds = new Deeds({
    journal: {
      accepted: async ({ claimId }, results) => {
        for (const [id, one] of results) {
          did.written.push(`ACCEPTED ${claimId} ${id}`);
          did.told.push(one.told);
          did.taken.push(one.taken);
        }
      },
      done: async ({ claimId }, results) => {
        for (const [id, one] of results) {
          did.written.push(`DONE ${claimId} ${id}`);
          did.told.push(one);
        }
      },
      published: async (provider, id, which) => {
        did.written.push(`PUBLISHED ${provider} ${id} ${which}`);
      },
    },
    replica: { of: () => states },
    counterOf: () => (isConfigured ? counter : undefined),
    unpack: (packed) => aRequest({ requestId: packed.replace("packed ", ""), operation }),
    publish: async (outcome) => {
      did.written.push(`published ${outcome.status}`);
      did.published.push(outcome);
    },
    ...{ dispatcher: "judge 1", epoch: () => 1_700_000_099_000 },
  });
  const entry = states.entry(KEY);
  if (entry === undefined) throw new Error("the journal knows no open request");
  const leave = new AbortController();
  for (const deed of deedsFor(entry)) await deeds.do(deed, entry, leave.signal);
  return { ...did, leave: leave.signal };
}

describe("what an open request needs", () => {
  const phases: readonly [string, readonly JournalRecord[], readonly string[]][] = [
    ["free", [claim("c"), aRelease("c")], []],
    ["claimed", [claim("c")], ["judge"]],
    ["accepted", [claim("c"), anAccepted("c")], ["publish-accepted", "follow"]],
    [
      "accepted and told",
      [claim("c"), anAccepted("c"), aPublished(["r"], { which: "accepted" })],
      ["follow"],
    ],
    ["done", [claim("c"), aDone("c")], ["publish-final"]],
    ["closed", [aClose()], ["publish-final"]],
  ];
  it.each(phases)("follows from how it stands: %s", (_name, records, deeds) => {
    expect(deedsFor(statesOf(...records).entry(KEY)!)).toStrictEqual(deeds);
  });
});

describe("a claim whose caller fell silent", () => {
  it("is judged by what was read before its call, at all its targets", async () => {
    const { questions } = await doing(statesOf(claim("c")));

    expect(questions).toStrictEqual([
      {
        call: { claimId: "c", operation, targets: ["11", "12"] },
        ...{ targets: ["11", "12"], before: aReading("11", "12"), rivals: [] },
      },
    ]);
  });

  it("is judged with the targets at which an earlier call's run may show", async () => {
    const first = aClaim("c1", [{ requestId: "other", targets: ["12"] }]);
    const { questions } = await doing(statesOf(first, aDone("c1", ["other"]), claim("c2")));

    expect(questions).toMatchObject([{ rivals: ["12"] }]);
  });

  it("is told with how many requests were granted their call together", async () => {
    const asked = (requestId: string) => ({ requestId, targets: ["11", "12"] });
    const both = aClaim("c", [{ ...asked("r"), before: aReading("11", "12") }, asked("other")]);
    const did = await doing(statesOf(both), { findings: { 11: "ran", 12: "ran" } });

    expect(did.told).toMatchObject([{ history: { coalesced: 2 } }]);
  });

  it("ends as evidence shows, counted as a call that began when it was granted", async () => {
    const records = [claim("c1"), aRelease("c1", ["r"], { called: true }), claim("c2", 2)];
    const findings = { 11: "ran", 12: "did-not-run" } as const;
    const did = await doing(statesOf(...records), { findings });

    expect(did.written).toStrictEqual(["DONE c2 r"]);
    expect(did.told).toMatchObject([
      {
        verdict: { status: "PARTIALLY_SUCCEEDED", reason: { code: "TARGETS_FAILED" } },
        history: { attempts: 2, calledAt: LOG_TIME + 2000, coalesced: 1, reconciled: true },
        ...{ completedAt: 1_700_000_099_000, dispatcher: "judge 1" },
      },
    ]);
  });

  it("ends UNKNOWN where nothing can be told, and says why", async () => {
    const { told: tellings } = await doing(statesOf(claim("c")));

    expect(tellings).toMatchObject([
      {
        verdict: {
          status: "UNKNOWN",
          reason: {
            code: "CALL_UNCERTAIN",
            message: expect.stringContaining("fell silent before it told how it ended") as string,
          },
        },
        history: { attempts: 1, reconciled: false },
      },
    ]);
  });

  it("is followed where its runs are to be seen to their end", async () => {
    const findings = { 11: "ran", 12: "ran" } as const;
    const did = await doing(statesOf(claim("c")), { findings, until: "finished" });

    expect(did.written).toStrictEqual(["ACCEPTED c r"]);
    expect(did.told).toMatchObject([
      { verdict: { status: "ACCEPTED" }, history: { attempts: 1, reconciled: true } },
    ]);
    expect(did.taken).toMatchObject([
      { following: { until: "finished", job: null, calledAt: LOG_TIME }, reconciled: true },
    ]);
  });

  it("is left to somebody else when the dispatcher stops before it is judged", async () => {
    expect((await doing(statesOf(claim("c")), { findings: null })).written).toStrictEqual([]);
  });

  it("ends UNKNOWN, unread, where its connection is not configured any more", async () => {
    const did = await doing(statesOf(claim("c")), { isConfigured: false });

    expect([did.written, did.questions]).toStrictEqual([["DONE c r"], []]);
    expect(did.told).toMatchObject([
      {
        verdict: {
          status: "UNKNOWN",
          reason: { code: "CALL_UNCERTAIN" },
          targets: [
            { target: "11", status: "UNKNOWN" },
            { target: "12", status: "UNKNOWN" },
          ],
        },
      },
    ]);
  });
});

describe("a request that the provider took", () => {
  const accepted = [claim("c"), anAccepted("c"), aPublished(["r"], { which: "accepted" })];
  const later = [...accepted, claim("other claim"), claim("another one")];
  const ended = (status: "SUCCEEDED" | "FAILED", by: "job" | "evidence"): TrackEnd => ({
    ...{ kind: "ended", by },
    targets: ["11", "12"].map((target) => ({ target, status, message: null })),
  });

  it("is followed from where the call began, with all that the journal kept of it", async () => {
    const { followed, leave } = await doing(statesOf(...later));

    expect(followed).toStrictEqual([
      {
        following: {
          ...taken().following,
          call: { claimId: "c", operation, targets: ["11", "12"] },
          before: aReading("11", "12"),
        },
        // Three records after its own one.
        ...{ ageMs: 3000, signal: leave },
      },
    ]);
  });

  it("ends as its job did, and is reconciled where only readings told that", async () => {
    const byJob = await doing(statesOf(...accepted), { tracked: ended("FAILED", "job") });
    const byReadings = await doing(statesOf(...accepted), {
      tracked: ended("SUCCEEDED", "evidence"),
    });

    expect(byJob.written).toStrictEqual(["DONE c r"]);
    expect(byJob.told).toMatchObject([
      { verdict: { status: "FAILED", asyncJobId: "job-1" }, history: { reconciled: false } },
    ]);
    expect(byReadings.told).toMatchObject([
      { verdict: { status: "SUCCEEDED" }, history: { reconciled: true }, dispatcher: "judge 1" },
    ]);
  });

  it("comes to no end here when it is somebody else's to follow", async () => {
    const did = await doing(statesOf(...accepted), { tracked: { kind: "handed-over" } });

    expect([did.followed.length, did.written]).toStrictEqual([1, []]);
  });

  it("ends UNKNOWN where its connection is not configured any more", async () => {
    const did = await doing(statesOf(...accepted), { isConfigured: false });

    expect(did.written).toStrictEqual(["DONE c r"]);
    expect(did.told).toMatchObject([
      {
        verdict: {
          ...{ status: "UNKNOWN", asyncJobId: "job-1" },
          reason: {
            code: "TRACKING_TIMED_OUT",
            message: `the connection ${PROVIDER} is not configured any more`,
          },
        },
      },
    ]);
  });

  it("is told as taken, as it was decided then", async () => {
    const did = await doing(statesOf(claim("c"), anAccepted("c")));

    expect(did.written).toStrictEqual(["published ACCEPTED", `PUBLISHED ${PROVIDER} r accepted`]);
    expect(did.published).toMatchObject([
      { status: "ACCEPTED", dispatcher: "me", completedAt: 1_700_000_002_000 },
    ]);
  });
});

describe("a decided request", () => {
  it("is told as it was decided, whoever tells it, before the journal hears of that", async () => {
    const did = await doing(statesOf(claim("c"), aDone("c", ["r"], told("FAILED", "they 2"))));

    expect(did.written).toStrictEqual(["published FAILED", `PUBLISHED ${PROVIDER} r final`]);
    expect(did.published).toMatchObject([
      {
        ...{ status: "FAILED", dispatcher: "they 2", completedAt: 1_700_000_002_000 },
        ...{ source: { offset: 1n }, receivedAt: 1_700_000_000_000 },
        echo: { requestId: "r", provider: PROVIDER },
      },
    ]);
  });

  it("repeats what was written of a request that was never claimed", async () => {
    const echo = { ...anEcho(), labels: { team: "a" } };
    const did = await doing(statesOf(aClose([{ echo }])));

    expect(did.published).toMatchObject([{ status: "REJECTED", echo }]);
  });
});
