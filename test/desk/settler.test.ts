import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Role, Settler } from "../../src/desk/settler.ts";
import type { Following } from "../../src/domain/following.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { plainVerdict } from "../../src/domain/outcome.ts";
import { echoOf } from "../../src/domain/rerun-request.ts";
import type { Entry, EntryClaim } from "../../src/journal/claim-entry.ts";
import { keyOf } from "../../src/journal/digest.ts";
import type { OpenQuestion } from "../../src/judging/judge.ts";
import type { FollowTerms, TrackEnd } from "../../src/tracking/call-tracker.ts";
import { aReceived } from "../support/a-received-request.ts";
import { anEnd } from "../support/call-ends.ts";

const GRACE_MS = 5000;
const SETTLE_WITHIN_MS = 18_000;
const JUDGED_AFTER_MS = SETTLE_WITHIN_MS + GRACE_MS;

const received = aReceived({ offset: 7 });
const { request, source } = received;
const key = keyOf(request.provider, request.requestId);
const claim: EntryClaim = {
  ...{ claimId: "c1", instance: "other", settleWithinMs: SETTLE_WITHIN_MS },
  ...{ targets: ["1234"], before: null, rivals: [], logTime: 1_700_000_000_000 },
};
const facts = {
  ...{ key, provider: request.provider, digest: "d", grants: 1, tries: 0, releasedWhy: null },
  request: {
    ...{ requestId: request.requestId, source, receivedAt: 0, trace: null },
    ...{ packed: "packed", echo: null },
  },
};
const told = {
  ...{ verdict: plainVerdict("SUCCEEDED"), completedAt: 5, dispatcher: "whoever decided" },
  history: { attempts: 1, calledAt: 1, coalesced: 1, reconciled: false },
};
const claimed: Entry = { ...facts, phase: "claimed", claim, taken: null, told: null };
const free: Entry = { ...facts, phase: "free", claim: null, taken: null, told: null };
const done: Entry = { ...facts, phase: "done", claim: null, taken: null, told };
const taken = {
  ...{ end: anEnd.started("job-1"), reconciled: false, evidence: [] },
  following: {
    ...{ until: "submitted", calledAt: 0, ended: [], notes: {} },
    job: { jobId: "job-1", scope: {} },
  },
} as const;
const acceptedTold = { ...told, verdict: plainVerdict("ACCEPTED") };
const accepted = (isPublished: boolean): Entry => ({
  ...{ ...facts, phase: "accepted", claim, told: null },
  // The end is one that is accepted.
  taken: { taken: taken as never, told: acceptedTold, logTime: 1_700_000_000_000, isPublished },
});

/** A settler between fakes; what it does is listed in order. */
function aSettler(role: Role = "source") {
  const rig = {
    role,
    deeds: [] as string[],
    entry: null as Entry | null,
    isDriven: false,
    isTrusted: true,
    seenAt: performance.now(),
    liveSince: performance.now(),
    isConfigured: true,
    published: [] as Outcome[],
    questions: [] as OpenQuestion[],
    followed: [] as (FollowTerms & { readonly following: Following })[],
    endFollowing: null as ((end: TrackEnd) => void) | null,
    stop: new AbortController(),
    failures: [] as unknown[],
  };
  const note = (deed: string) => void rig.deeds.push(deed);
  const settler = new Settler({
    journal: {
      isDriven: () => rig.isDriven,
      accepted: async (_claim, results) => note(`ACCEPTED ${[...results.keys()].join()}`),
      done: async (_claim, results) => {
        for (const one of results.values()) note(`DONE ${one.verdict.status}`);
      },
      published: async (_provider, _id, which) => note(`PUBLISHED ${which}`),
    },
    replica: {
      // Only what is used of the states.
      of: () => ({ entry: () => rig.entry ?? undefined, logTime: 1_700_000_060_000 }) as never,
      seenAt: () => rig.seenAt,
      get isTrusted() {
        return rig.isTrusted;
      },
      get liveSince() {
        return rig.liveSince;
      },
    },
    counterOf: () =>
      rig.isConfigured
        ? {
            until: "submitted",
            judge: {
              judge: async (question) => {
                note("judge");
                rig.questions.push(question);
                return question.targets.map((target) => ({ target, finding: "ran", why: "" }));
              },
            },
            tracker: {
              follow: async (following, terms) => {
                note("follow");
                rig.followed.push({ following, ...terms });
                return new Promise((resolve) => {
                  rig.endFollowing = resolve;
                  terms.signal.addEventListener("abort", () => resolve({ kind: "handed-over" }));
                });
              },
            },
          }
        : undefined,
    roleOf: () => rig.role,
    unpack: () => request,
    publish: async (outcome) => {
      note(`publish ${outcome.status}`);
      rig.published.push(outcome);
    },
    ...{ graceMs: GRACE_MS, dispatcher: "this one" },
    now: () => performance.now(),
    epoch: () => Date.now(),
    stopped: rig.stop.signal,
    onFailure: (error) => void rig.failures.push(error),
  });
  const consider = (entry: Entry) => {
    rig.entry = entry;
    settler.consider(entry);
  };
  return { rig, settler, consider };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const pass = async (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("a decided request", () => {
  it("is published as it was decided, and then told to the journal", async () => {
    const { rig, consider } = aSettler();
    consider(done);
    rig.entry = null;
    await pass(0);

    expect(rig.deeds).toStrictEqual(["publish SUCCEEDED", "PUBLISHED final"]);
    expect(rig.published).toStrictEqual([
      {
        ...{ ...told.verdict, ...told.history, echo: echoOf(request), source, trace: null },
        ...{ receivedAt: 0, completedAt: 5, dispatcher: "whoever decided" },
      },
    ]);
  });

  it.each<[Role, number]>([
    ["duplicate", 5000],
    ["orphan", 5000 + 2 * 30_000],
  ])("waits as %s for whoever has its record: %i ms", async (role, ms) => {
    const { rig, consider } = aSettler(role);
    consider(done);
    await pass(ms - 1);
    const early = [...rig.deeds];
    rig.entry = null;
    await pass(1);

    expect(early).toStrictEqual([]);
    // It was finished by somebody else meanwhile.
    expect(rig.deeds).toStrictEqual([]);
  });

  it("is published by the one who waited when nobody else has", async () => {
    const { rig, consider } = aSettler("duplicate");
    consider(done);
    await pass(5000);

    expect(rig.deeds[0]).toBe("publish SUCCEEDED");
  });

  it("is nobody's business here without a role", async () => {
    const { rig, consider } = aSettler(null);
    consider(done);
    await pass(1_000_000);

    expect(rig.deeds).toStrictEqual([]);
  });

  it("is published once, however often it is considered meanwhile", async () => {
    const { rig, consider } = aSettler();
    consider(done);
    consider(done);
    rig.entry = null;
    await pass(10);

    expect(rig.deeds).toStrictEqual(["publish SUCCEEDED", "PUBLISHED final"]);
  });
});

describe("a claim that nobody drives", () => {
  it("is judged when settleWithin and grace are over since it was seen", async () => {
    const { rig, consider } = aSettler();
    consider(claimed);
    await pass(JUDGED_AFTER_MS - 1);
    const early = [...rig.deeds];
    await pass(2);

    expect(early).toStrictEqual([]);
    expect(rig.deeds.slice(0, 2)).toStrictEqual(["judge", "DONE SUCCEEDED"]);
    expect(rig.questions[0]).toMatchObject({ call: { claimId: "c1" }, targets: ["1234"] });
  });

  it("is left alone while this process drives it", async () => {
    const { rig, consider } = aSettler();
    rig.isDriven = true;
    consider(claimed);
    await pass(10 * JUDGED_AFTER_MS);

    expect(rig.deeds).toStrictEqual([]);
  });

  it("is waited for anew after every break of the journal's tail", async () => {
    const { rig, consider } = aSettler();
    consider(claimed);
    await pass(JUDGED_AFTER_MS - 1000);
    rig.liveSince = performance.now();
    await pass(JUDGED_AFTER_MS - 1);
    const early = [...rig.deeds];
    await pass(2);

    expect(early).toStrictEqual([]);
    expect(rig.deeds[0]).toBe("judge");
  });

  it("is not judged while the tail is not live, and waited for anew when it is again", async () => {
    const { rig, consider } = aSettler();
    rig.liveSince = Infinity;
    consider(claimed);
    await pass(10 * JUDGED_AFTER_MS);
    rig.liveSince = performance.now();
    await pass(JUDGED_AFTER_MS - 1);
    const early = [...rig.deeds];
    await pass(1001);

    expect(early).toStrictEqual([]);
    expect(rig.deeds[0]).toBe("judge");
  });

  it("is not judged any more once the dispatcher stops", async () => {
    const { rig, consider } = aSettler();
    consider(claimed);
    rig.stop.abort(new Error("stopping"));
    await pass(10 * JUDGED_AFTER_MS);

    expect(rig.deeds).toStrictEqual([]);
  });

  it.each<[Role, number]>([
    ["duplicate", 5000],
    ["orphan", 5000 + 2 * SETTLE_WITHIN_MS],
  ])("is judged later by a keeper as %s", async (role, laterMs) => {
    const { rig, consider } = aSettler(role);
    consider(claimed);
    await pass(JUDGED_AFTER_MS + laterMs - 1);
    const early = [...rig.deeds];
    await pass(2);

    expect(early).toStrictEqual([]);
    expect(rig.deeds[0]).toBe("judge");
  });

  it("is left alone once it was given back", async () => {
    const { rig, consider } = aSettler();
    consider(claimed);
    consider(free);
    await pass(10 * JUDGED_AFTER_MS);

    expect(rig.deeds).toStrictEqual([]);
  });

  it("ends UNKNOWN when its connection is configured nowhere any more, after ten minutes", async () => {
    const { rig, consider } = aSettler();
    rig.isConfigured = false;
    consider(claimed);
    await pass(JUDGED_AFTER_MS + 600_000 - 1);
    const early = [...rig.deeds];
    await pass(1);

    expect(early).toStrictEqual([]);
    expect(rig.deeds[0]).toBe("DONE UNKNOWN");
  });
});

describe("a request that the provider took", () => {
  it("is told and followed at the same time, with the age that it has in the journal", async () => {
    const { rig, consider } = aSettler();
    consider(accepted(false));
    await pass(0);

    expect(rig.deeds.toSorted()).toStrictEqual([
      "PUBLISHED accepted",
      "follow",
      "publish ACCEPTED",
    ]);
    expect(rig.followed).toMatchObject([
      { ageMs: 60_000, following: { job: { jobId: "job-1" }, call: { targets: ["1234"] } } },
    ]);
  });

  it("is followed on when its outcome is out, by the same following", async () => {
    const { rig, consider } = aSettler();
    consider(accepted(false));
    await pass(0);
    consider(accepted(true));
    await pass(100_000);

    expect(rig.deeds.filter((deed) => deed === "follow")).toHaveLength(1);
  });

  it("is decided when its end is seen", async () => {
    const { rig, consider } = aSettler();
    consider(accepted(true));
    await pass(0);
    rig.entry = null;
    rig.endFollowing?.({
      ...{ kind: "ended", by: "job" },
      targets: [{ target: "1234", status: "FAILED", message: null }],
    });
    await pass(0);

    expect(rig.deeds).toStrictEqual(["follow", "DONE FAILED"]);
  });

  it("counts against its connection's share for as long as it is followed", async () => {
    const { rig, settler, consider } = aSettler();
    consider(accepted(true));
    await pass(0);
    expect([request.provider, "another"].map((one) => settler.followedOf(one))).toEqual([1, 0]);

    rig.entry = null;
    rig.endFollowing?.({
      ...{ kind: "ended", by: "job" },
      targets: [{ target: "1234", status: "FAILED", message: null }],
    });
    await pass(0);
    expect(settler.followedOf(request.provider)).toBe(0);
  });

  it("is handed over without a verdict when it is somebody else's now", async () => {
    const { rig, consider } = aSettler();
    consider(accepted(true));
    await pass(0);
    rig.role = null;
    consider(accepted(true));
    await pass(1_000_000);

    expect(rig.followed[0]?.signal.aborted).toBe(true);
    expect(rig.deeds).toStrictEqual(["follow"]);
  });

  it("is followed no more when somebody else has ended it", async () => {
    const { rig, settler, consider } = aSettler();
    consider(accepted(true));
    await pass(0);
    rig.entry = null;
    settler.finished(done);
    await pass(0);

    expect(rig.followed[0]?.signal.aborted).toBe(true);
    expect(rig.deeds).toStrictEqual(["follow"]);
  });

  it("is not begun to be followed once the dispatcher stops", async () => {
    const { rig, consider } = aSettler();
    rig.stop.abort(new Error("stopping"));
    consider(accepted(true));
    await pass(1_000_000);

    expect(rig.deeds).toStrictEqual([]);
  });

  it("is handed over when the dispatcher stops, while outcomes still go out", async () => {
    const { rig, consider } = aSettler();
    consider(accepted(true));
    await pass(0);
    rig.stop.abort(new Error("stopping"));
    await pass(0);
    consider(done);
    await pass(0);

    expect(rig.followed[0]?.signal.aborted).toBe(true);
    expect(rig.deeds.slice(0, 2)).toStrictEqual(["follow", "publish SUCCEEDED"]);
  });
});

it.each([
  ["published", done],
  ["judged", claimed],
  ["followed", accepted(true)],
])("nothing is %s when the journal cannot be trusted any more", async (_name, entry) => {
  const { rig, consider } = aSettler();
  rig.isTrusted = false;
  consider(entry);
  await pass(10 * JUDGED_AFTER_MS);

  expect(rig.deeds).toStrictEqual([]);
});

it("is idle only when nothing is being published", async () => {
  const { rig, settler, consider } = aSettler();
  let isIdle = false;
  consider(done);
  void settler.idle().then(() => (isIdle = true));
  const before = isIdle;
  rig.entry = null;
  await pass(0);

  expect(before).toBe(false);
  expect(isIdle).toBe(true);
  expect(rig.failures).toStrictEqual([]);
});
