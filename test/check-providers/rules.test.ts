import { describe, expect, it } from "vitest";
import {
  judgementOf,
  type Knowable,
  type Told,
  type Truth,
} from "../../dev/check-providers/rules.ts";
import type { CallEnd, TargetEnd } from "../../src/domain/call-end.ts";
import type { RunFinding } from "../../src/domain/evidence.ts";
import { anEnd } from "../support/call-ends.ts";

const told = (end: CallEnd, overrides: Partial<Told> = {}): Told => {
  const targets = end.kind === "accepted" ? end.targets : [];
  return { end, followed: null, targets, findings: [], ...overrides };
};
const truth = (overrides: Partial<Truth> = {}): Truth => {
  return { arrived: 1, executed: false, ran: [], ranBadly: [], ranByOthers: [], ...overrides };
};
const executed = truth({ executed: true, ran: ["1", "2"] });
const lost = truth({ arrived: 0 });
const only = (end: Knowable["end"]): Knowable => ({ end });
const statuses = (...each: readonly TargetEnd["status"][]): readonly TargetEnd[] =>
  each.map((status, index) => ({ target: String(index + 1), status, message: null }));
const finding = (found: RunFinding) => [{ target: "1", finding: found, why: "" }];

describe("the rules of check:providers", () => {
  it.each<[string, Told, Truth, Knowable]>([
    ["a success that was one", told(anEnd.accepted("1", "2")), executed, only("accepted")],
    ["a job that was opened", told(anEnd.started("job")), executed, only("accepted")],
    ["a refusal", told(anEnd.refused()), truth(), only("refused")],
    ["a call that never left", told(anEnd.unavailable()), lost, only("unavailable")],
    ["an honest doubt about what ran", told(anEnd.uncertain()), executed, only("uncertain")],
    ["an honest doubt about what did not", told(anEnd.uncertain()), truth(), only("uncertain")],
  ])("take %s for the truth", (_name, given, happened, knowable) => {
    expect(judgementOf(given, happened, knowable)).toStrictEqual({ verdict: "ok", why: [] });
  });

  it.each<[string, CallEnd]>([
    ["unavailable", anEnd.unavailable()],
    ["throttled", anEnd.throttled()],
    ["refused", anEnd.refused()],
    ["quota", anEnd.quota()],
    ["credentials", anEnd.credentials()],
  ])("see a lie in %s when the call was executed", (kind, end) => {
    // Not even a provider that says so itself makes it true.
    expect(judgementOf(told(end), executed, only(end.kind))).toMatchObject({
      verdict: "LIE",
      why: expect.arrayContaining([
        `${kind} says that it did not run, but it was executed`,
      ]) as string[],
    });
  });

  it.each<[string, Told, Truth, Knowable, RegExp]>([
    [
      "a refusal of what is only uncertain",
      ...([told(anEnd.refused()), truth(), only("uncertain")] as const),
      /refused is more than could be known: uncertain/,
    ],
    [
      "one sure end taken for another",
      ...([told(anEnd.throttled()), truth(), only("quota")] as const),
      /throttled is more/,
    ],
    [
      "unavailable when the request arrived, executed or not",
      ...([told(anEnd.unavailable()), truth(), only("unavailable")] as const),
      /nothing was written, but the call arrived/,
    ],
    [
      "accepted when nothing was taken",
      ...([told(anEnd.started("job")), truth(), only("accepted")] as const),
      /but it was not executed/,
    ],
    [
      "accepted when nobody can know",
      ...([told(anEnd.accepted("1")), executed, only("uncertain")] as const),
      /accepted is more/,
    ],
    [
      "a call that arrived twice, however it is told",
      ...([told(anEnd.uncertain()), truth({ arrived: 2 }), only("uncertain")] as const),
      /arrived 2 times/,
    ],
    [
      "a success of a target that did not run",
      told(anEnd.accepted("1", "2")),
      truth({ executed: true, ran: ["1"] }),
      only("accepted"),
      /^2 is told as succeeded, but it did not run/,
    ],
    [
      "a failure of a target that ran",
      told(anEnd.started("job"), { followed: "ended", targets: statuses("SUCCEEDED", "FAILED") }),
      executed,
      only("accepted"),
      /^2 is told as failed, but it ran/,
    ],
    [
      "a success of a run that ended badly",
      told(anEnd.started("job"), { followed: "ended", targets: statuses("SUCCEEDED") }),
      { ...executed, ranBadly: ["1"] },
      only("accepted"),
      /^1 is told as succeeded, but it ended badly/,
    ],
    [
      "ran, judged of what did not",
      told(anEnd.uncertain(), { findings: finding("ran") }),
      truth(),
      { end: "uncertain", finding: "cannot-tell" },
      /judged to have run, but it did not/,
    ],
    [
      "did-not-run, judged of what ran",
      told(anEnd.uncertain(), { findings: finding("did-not-run") }),
      executed,
      { end: "uncertain", finding: "did-not-run" },
      /judged not to have run, but it did/,
    ],
    [
      "did-not-run, judged too early",
      told(anEnd.uncertain(), { findings: finding("did-not-run") }),
      truth(),
      { end: "uncertain", finding: "cannot-tell" },
      /which could not be known/,
    ],
  ])("see a lie in %s", (_name, given, happened, knowable, why) => {
    const judgement = judgementOf(given, happened, knowable);

    expect(judgement).toMatchObject({
      verdict: "LIE",
      why: [expect.stringMatching(why) as string],
    });
  });

  it("take a failure of a run that ended badly for the truth", () => {
    const end = told(anEnd.started("job"), { followed: "ended", targets: statuses("FAILED") });

    expect(judgementOf(end, { ...executed, ranBadly: ["1"] }, only("accepted")).verdict).toBe("ok");
  });

  it("forgive that somebody else's rerun is taken for ours", () => {
    const end = told(anEnd.uncertain(), { findings: finding("ran") });
    const knowable = { end: "uncertain", finding: "ran" } as const;

    expect(judgementOf(end, truth({ ranByOthers: ["1"] }), knowable).verdict).toBe("ok");
  });

  it("take an answer that tells no target's end for a doubt", () => {
    const silent = { ...anEnd.accepted("1", "2"), targets: statuses("UNKNOWN", "UNKNOWN") };

    expect(judgementOf(told(silent as CallEnd), truth(), only("uncertain")).verdict).toBe("ok");
  });

  it.each<[string, Told, Knowable, RegExp]>([
    ["uncertain", told(anEnd.uncertain()), only("throttled"), /though throttled could be known/],
    [
      "open",
      told(anEnd.started("job"), { followed: "open", targets: statuses("UNKNOWN") }),
      { end: "accepted", followed: "ended" },
      /is open, though it could be ended/,
    ],
    [
      "UNKNOWN",
      told(anEnd.started("job"), { followed: "ended", targets: statuses("UNKNOWN") }),
      { end: "accepted", followed: "ended", targets: ["SUCCEEDED"] },
      /are UNKNOWN, though SUCCEEDED/,
    ],
    [
      "cannot-tell",
      told(anEnd.uncertain(), { findings: finding("cannot-tell") }),
      { end: "uncertain", finding: "ran" },
      /judged cannot-tell, though ran/,
    ],
  ])("call %s vague where more was told", (_name, given, knowable, why) => {
    const happened = given.end.kind === "uncertain" ? truth() : executed;

    expect(judgementOf(given, happened, knowable)).toMatchObject({
      verdict: "VAGUE",
      why: [expect.stringMatching(why) as string],
    });
  });
});
