import { beforeEach, describe, expect, it } from "vitest";
import type { GuardLimits } from "../../../src/domain/guard-limits.ts";
import { plainVerdict } from "../../../src/domain/outcome.ts";
import { AgingSegment } from "../../../src/journal/aging-segment.ts";
import type { Change } from "../../../src/journal/change.ts";
import { ClaimStates } from "../../../src/journal/claim-states.ts";
import type {
  AskedOfGuards,
  CloseRecord,
  JournalRecord,
  Told,
} from "../../../src/journal/journal-record.ts";
import {
  aCheckpoint,
  aClaim,
  aClose,
  aDone,
  anAccepted,
  aPublished,
  aRelease,
  PROVIDER,
  told,
} from "../records.ts";

const NOON = 1_700_000_000_000;
const MINUTE = 60_000;
const OFF: GuardLimits = { budget: null, coolDownMs: null, maxChain: null };
const TWICE: GuardLimits = { ...OFF, budget: { reruns: 2, perMs: 10 * MINUTE } };
const COOL: GuardLimits = { ...OFF, coolDownMs: 5 * MINUTE };
const CHAIN: GuardLimits = { ...OFF, maxChain: 1 };
const border = aCheckpoint([], true);

let states: ClaimStates;

beforeEach(() => {
  states = new ClaimStates(0);
});

/** What a record does to its requests, in a word each. */
function apply(record: JournalRecord, at = states.logTime): readonly string[] {
  const appendedAt = Math.max(NOON, at);
  return states
    .apply(record, { offset: states.position, appendedAt })
    .flatMap((change) => wordsOf(change));
}

function wordsOf(change: Change): readonly string[] {
  if (change.kind !== "claimed" && change.kind !== "closed") return [];
  return [...change.granted.map(() => "granted"), ...change.refused.map(({ why }) => why)];
}

const guardedBy = (about: Partial<AskedOfGuards>): AskedOfGuards => {
  return { force: false, causedBy: null, leftOut: [], ...about };
};

interface Claiming {
  readonly targets?: readonly string[];
  readonly guards?: GuardLimits | undefined;
  readonly guarded?: AskedOfGuards;
}

/** A CLAIM of one request, which is called like its claim. */
function claim(name: string, { targets = ["x"], guards = TWICE, guarded }: Claiming = {}) {
  const request = { requestId: name, targets, ...(guarded === undefined ? {} : { guarded }) };
  return aClaim(name, [request], { guards });
}

/** A rerun of the target that is over, and that nobody gave back. */
function rerun(name: string, claiming: Claiming = {}, at = states.logTime): readonly string[] {
  const words = apply(claim(name, claiming), at);
  apply(aDone(name, [name]));
  apply(aPublished([name]));
  return words;
}

const leftOut = (...targets: readonly string[]) =>
  targets.map((target) => ({ target, code: "BUDGET_EXCEEDED", message: "too often" }) as const);

/** A CLOSE that tells these targets to be suppressed. */
function suppression(name: string, targets: readonly string[], about: object = {}): CloseRecord {
  const verdict = {
    ...plainVerdict("SUPPRESSED", { code: "BUDGET_EXCEEDED", message: "too often" }),
    targets: targets.map((target) => ({ target, status: "SUPPRESSED" as const, message: null })),
  };
  const suppressed: Told = { ...told("SUPPRESSED"), verdict };
  return aClose([{ requestId: name, told: suppressed, ...about }], { guards: TWICE });
}

/** The state after it was written down and read again by another process. */
function restart(): void {
  const segments = {
    segments: states.finished.segments,
    guardSegments: states.guards.segments.map((one) => AgingSegment.fromBytes(one.toBytes())),
  };
  const saved = states.saved();
  states = new ClaimStates(0);
  states.restore(saved, segments);
}

describe("a budget", () => {
  it("counts one rerun per target and claim, from its grant", () => {
    expect([rerun("a"), rerun("b"), rerun("c")]).toStrictEqual([
      ["granted"],
      ["granted"],
      ["guarded"],
    ]);
    expect(apply(claim("d"), NOON + 10 * MINUTE)).toStrictEqual(["granted"]);
  });

  it("counts one, however many requests of the claim name the target", () => {
    const requests = ["a", "b", "c"].map((requestId) => ({ requestId, targets: ["x"] }));
    expect(apply(aClaim("shared", requests, { guards: TWICE }))).toStrictEqual([
      ...["granted", "granted", "granted"],
    ]);
    apply(aDone("shared", ["a", "b", "c"]));

    expect([rerun("d"), rerun("e")]).toStrictEqual([["granted"], ["guarded"]]);
  });

  it("is not eaten by a claim that all of its requests gave back", () => {
    const requests = ["a", "b"].map((requestId) => ({ requestId, targets: ["x"] }));
    apply(aClaim("shared", requests, { guards: TWICE }));
    apply(aRelease("shared", ["a"], { called: true }));
    apply(aRelease("shared", ["b"], { called: true }));

    expect([rerun("c"), rerun("d"), rerun("e")]).toStrictEqual([
      ["granted"],
      ["granted"],
      ["guarded"],
    ]);
  });

  it("is eaten by a claim that one of its requests did not give back", () => {
    const requests = ["a", "b"].map((requestId) => ({ requestId, targets: ["x"] }));
    apply(aClaim("shared", requests, { guards: TWICE }));
    apply(aDone("shared", ["a"]));
    apply(aRelease("shared", ["b"]));

    expect([rerun("c"), rerun("d")]).toStrictEqual([["granted"], ["guarded"]]);
  });

  it("is not eaten by a call that the provider refused as a whole", () => {
    apply(claim("a"));
    apply(aDone("a", ["a"], told("REJECTED")));

    expect([rerun("b"), rerun("c"), rerun("d")]).toStrictEqual([
      ["granted"],
      ["granted"],
      ["guarded"],
    ]);
  });

  it("is eaten by a call that the provider took first, although it ended REJECTED", () => {
    apply(claim("a"));
    apply(anAccepted("a", ["a"]));
    apply(aDone("a", ["a"], told("REJECTED")));

    expect([rerun("b"), rerun("c")]).toStrictEqual([["granted"], ["guarded"]]);
  });

  it("is eaten by what the provider took, and by what may have run", () => {
    apply(claim("a"));
    apply(anAccepted("a", ["a"]));
    apply(aDone("a", ["a"], told("FAILED")));
    apply(claim("b"));
    apply(aDone("b", ["b"], told("UNKNOWN")));

    expect(apply(claim("c"))).toStrictEqual(["guarded"]);
  });

  it("gives back what was granted before a border", () => {
    apply(claim("a"));
    apply(border);
    restart();
    apply(aRelease("a", ["a"], { called: true }));
    apply(border);
    restart();

    expect([rerun("b"), rerun("c"), rerun("d")]).toStrictEqual([
      ["granted"],
      ["granted"],
      ["guarded"],
    ]);
  });

  it("is not moved by late and doubled copies of any record", () => {
    const records = [claim("a"), aRelease("a", ["a"]), claim("b"), aDone("b", ["b"])];
    for (const record of records) {
      apply(record);
      for (const copy of records) apply(copy);
      apply(record);
    }
    apply(aPublished(["b"]));
    for (const copy of records) apply(copy);

    expect([rerun("c"), rerun("d")]).toStrictEqual([["granted"], ["guarded"]]);
  });

  it("is what the record says, not what the one before said", () => {
    rerun("a");
    rerun("b");
    const more = { ...TWICE, budget: { reruns: 3, perMs: 10 * MINUTE } };

    expect(rerun("c")).toStrictEqual(["guarded"]);
    expect(rerun("d", { guards: more })).toStrictEqual(["granted"]);
    expect(rerun("e", { guards: COOL })).toStrictEqual(["guarded"]);
  });

  it("is of the connection: the same name elsewhere is another target", () => {
    rerun("a");
    rerun("b");
    const record = { ...claim("c"), provider: "elsewhere" };

    expect(apply(record)).toStrictEqual(["granted"]);
  });

  it("goes by the latest time that the log has told", () => {
    rerun("a");
    rerun("b", {}, NOON + 1000);
    apply(border, NOON + 10 * MINUTE);

    expect(apply(claim("c"), NOON + 2000)).toStrictEqual(["granted"]);
  });
});

describe("a cool-down", () => {
  it("forbids the next rerun until it is over", () => {
    rerun("a", { guards: COOL });

    expect(apply(claim("b", { guards: COOL }), NOON + 5 * MINUTE - 1)).toStrictEqual(["guarded"]);
    expect(apply(claim("b", { guards: COOL }), NOON + 5 * MINUTE)).toStrictEqual(["granted"]);
  });

  it("does not hold up a request that gave its own claim back", () => {
    apply(claim("a", { guards: COOL }));
    apply(aRelease("a", ["a"], { called: true }));
    const again = { requestId: "a", attempt: 2, targets: ["x"] };

    expect(apply(aClaim("again", [again], { guards: COOL }))).toStrictEqual(["granted"]);
  });

  it("is not asked for a target that is held: its claim may be given back", () => {
    apply(claim("a", { guards: COOL }));

    expect(apply(claim("b", { guards: COOL }))).toStrictEqual(["target-held"]);
  });
});

describe("a budget beside a cool-down", () => {
  /** Both forbid the target; the cool-down does so for this long. */
  const toldWith = (coolDownMs: number) => {
    const guards = { ...OFF, budget: { reruns: 1, perMs: 10 * MINUTE }, coolDownMs };
    rerun("a", { guards });
    const about = { provider: PROVIDER, requestId: "b", force: false, causedBy: null };
    return states.guards.forbidden({ ...about, targets: ["x"] }, guards, NOON + MINUTE);
  };

  it.each([
    [5 * MINUTE, "BUDGET_EXCEEDED", 10 * MINUTE],
    [10 * MINUTE, "BUDGET_EXCEEDED", 10 * MINUTE],
    [10 * MINUTE + 1, "COOLING_DOWN", 10 * MINUTE + 1],
    [60 * MINUTE, "COOLING_DOWN", 60 * MINUTE],
  ])("of %d ms is told by the one that forbids longer: %s", (coolDownMs, code, endsAfter) => {
    const until = new Date(NOON + endsAfter).toISOString();

    expect(toldWith(coolDownMs)).toStrictEqual([
      { target: "x", code, message: expect.stringContaining(`ask again after ${until}`) as string },
    ]);
  });
});

describe("force", () => {
  it("goes past every guard, and its reruns count", () => {
    const force = { guards: { ...TWICE, ...COOL, ...CHAIN, budget: TWICE.budget } };
    const forced = { ...force, guarded: guardedBy({ force: true, causedBy: "unknown" }) };

    expect([rerun("a", forced), rerun("b", forced), rerun("c", forced)]).toStrictEqual([
      ["granted"],
      ["granted"],
      ["granted"],
    ]);
    expect(rerun("d", force)).toStrictEqual(["guarded"]);
  });

  it("does not go past dedupe", () => {
    rerun("a", { guarded: guardedBy({ force: true }) });

    expect(rerun("a", { guarded: guardedBy({ force: true }) })).toStrictEqual(["finished"]);
  });
});

describe("a chain", () => {
  const by = (causedBy: string) => ({
    ...{ guards: CHAIN, guarded: guardedBy({ causedBy }) },
  });

  it("is as long as the requests that led to one another", () => {
    rerun("r0", { guards: CHAIN });

    expect(rerun("r1", { ...by("r0"), targets: ["y"] })).toStrictEqual(["granted"]);
    expect(rerun("r2", by("r1"))).toStrictEqual(["guarded"]);
    expect(rerun("other", by("r0"))).toStrictEqual(["granted"]);
  });

  it("goes on behind one that was forced past it, or told to be suppressed", () => {
    rerun("r1", by("r0"));
    rerun("r2", { guards: CHAIN, guarded: guardedBy({ causedBy: "r1", force: true }) });
    expect(rerun("r3", by("r2"))).toStrictEqual(["guarded"]);

    const close = suppression("r3", ["x"], { causedBy: "r2" });
    expect(apply({ ...close, guards: CHAIN })).toStrictEqual(["granted"]);
    expect(rerun("r4", by("r3"))).toStrictEqual(["guarded"]);
  });

  it("is as long as before when its request is claimed again", () => {
    apply(claim("r1", by("r0")));
    apply(aRelease("r1", ["r1"]));
    const again = { requestId: "r1", attempt: 2, targets: ["x"], guarded: by("r0").guarded };

    expect(apply(aClaim("again", [again], { guards: CHAIN }))).toStrictEqual(["granted"]);
  });

  it("is remembered for the window, and longer than that by nobody", () => {
    const hour = { windowMs: 60 * MINUTE };
    apply({ ...claim("r1", by("r0")), ...hour });
    apply(aDone("r1", ["r1"]));
    apply(border);
    restart();
    apply(border, NOON + 30 * MINUTE);
    expect(apply({ ...claim("r2", by("r1")), ...hour }, NOON + 60 * MINUTE)).toStrictEqual([
      "guarded",
    ]);
    apply(border, NOON + 60 * MINUTE + 1);

    expect(apply({ ...claim("r2", by("r1")), ...hour })).toStrictEqual(["granted"]);
  });
});

describe("a request with targets that are left out", () => {
  it("is granted for the others, and its entry tells them until it ends", () => {
    rerun("a");
    rerun("b");
    const partly = { targets: ["y"], guarded: guardedBy({ leftOut: leftOut("x") }) };

    expect(apply(claim("c", { targets: ["x", "y"] }))).toStrictEqual(["guarded"]);
    expect(apply(claim("c", partly))).toStrictEqual(["granted"]);
    expect([...states.entries][0]).toMatchObject({ leftOut: leftOut("x") });
    apply(aRelease("c", ["c"]));
    expect([...states.entries][0]).toMatchObject({ phase: "free", leftOut: leftOut("x") });
  });

  it("is not granted when nothing forbids one of them", () => {
    rerun("a");
    const partly = { targets: ["y"], guarded: guardedBy({ leftOut: leftOut("x") }) };

    expect(apply(claim("b", partly))).toStrictEqual(["unguarded"]);
  });

  it("shares what another request of the claim runs by force", () => {
    rerun("a");
    rerun("b");
    const requests = [
      { requestId: "c", targets: ["x"], guarded: guardedBy({ force: true }) },
      { requestId: "d", targets: ["x"] },
      { requestId: "e", targets: ["y"], guarded: guardedBy({ leftOut: leftOut("x") }) },
    ];

    expect(apply(aClaim("shared", requests, { guards: TWICE }))).toStrictEqual([
      ...["granted", "granted", "granted"],
    ]);
  });
});

describe("a CLOSE that tells a request to be suppressed", () => {
  it("applies while its guards forbid all of the request's targets", () => {
    rerun("a");
    rerun("b");

    expect(apply(suppression("c", ["x", "y"]))).toStrictEqual(["unguarded"]);
    expect(apply(suppression("c", ["x"]))).toStrictEqual(["granted"]);
  });

  it("comes to nothing at the time at which they do not forbid it any more", () => {
    rerun("a");
    rerun("b");

    expect(apply(suppression("c", ["x"]), NOON + 10 * MINUTE)).toStrictEqual(["unguarded"]);
  });

  it("comes to nothing without guards, and without targets", () => {
    rerun("a");
    rerun("b");
    const unguarded = { ...suppression("c", ["x"]), guards: undefined };

    expect(apply(unguarded)).toStrictEqual(["unguarded"]);
    expect(apply(suppression("d", []))).toStrictEqual(["unguarded"]);
  });
});

describe("what guards remember", () => {
  it("is nothing while no record names them", () => {
    apply(aClaim("a", [{ requestId: "a", targets: ["x"] }]));
    apply(aDone("a", ["a"]));
    apply(border);

    expect(states.guards.segments).toStrictEqual([]);
    expect(states.saved()).not.toHaveProperty("guards");
  });

  it("lasts across borders and restarts, for the largest window that is named", () => {
    rerun("a");
    apply(border);
    restart();
    rerun("b", {}, NOON + 1000);
    apply(border);
    restart();

    expect(states.guards.targets.size).toBe(2);
    expect(apply(claim("c"))).toStrictEqual(["guarded"]);
    apply(border, NOON + 10 * MINUTE + 1);
    expect(states.guards.segments).toHaveLength(1);
    apply(border, NOON + 11 * MINUTE + 1);
    expect(states.guards.segments).toHaveLength(0);
  });

  it("is not forgotten while a larger window is named in the meantime", () => {
    rerun("a");
    rerun("b");
    apply(border);
    const hour = { ...OFF, budget: { reruns: 2, perMs: 60 * MINUTE } };
    expect(apply(claim("c", { guards: hour }), NOON + 9 * MINUTE)).toStrictEqual(["guarded"]);
    apply(border, NOON + 20 * MINUTE);
    apply(border, NOON + 30 * MINUTE);

    expect(apply(claim("d", { guards: hour }))).toStrictEqual(["guarded"]);
  });

  it("does not grow by retries", () => {
    const both = { ...TWICE, maxChain: 1 };
    const request = { requestId: "r", targets: ["x"], guarded: guardedBy({ causedBy: "r0" }) };
    for (let attempt = 1; attempt <= 50; attempt += 1) {
      apply(aClaim(`c${attempt}`, [{ ...request, attempt }], { guards: both }));
      apply(aRelease(`c${attempt}`, ["r"], { called: true }));
    }
    const { guards } = states.saved();

    expect(guards?.targets).toMatchObject({ open: [], counted: { rows: [] } });
    expect(guards?.chains.rows).toHaveLength(1);
  });

  it("ends a stretch of the journal before it is too much for one segment", () => {
    const targets = Array.from({ length: 24_576 }, (_, one) => `t${one}`);
    const kinds = states
      .apply(claim("many", { targets }), { offset: 0n, appendedAt: NOON })
      .map(({ kind }) => kind);

    expect(kinds).toStrictEqual(["claimed", "border"]);
    expect(states.guards.segments.map(({ size }) => size)).toStrictEqual([24_576]);
    expect(states.guards.targets.rerunsOf(PROVIDER, "t4711", 0)).toStrictEqual([NOON]);
  });
});
