import { beforeEach, describe, expect, it } from "vitest";
import type { Change } from "../../src/journal/change.ts";
import type { Entry } from "../../src/journal/claim-entry.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { keyOf } from "../../src/journal/digest.ts";
import type { JournalRecord } from "../../src/journal/journal-record.ts";
import { aSource } from "../support/a-received-request.ts";
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
  digest,
  PROVIDER,
  taken,
  told,
} from "./records.ts";

const NOON = 1_700_000_000_000;
const UNREADABLE: JournalRecord | null = null;

/** States after these records, one a second. */
function statesAfter(...records: readonly (JournalRecord | null)[]): ClaimStates {
  const states = new ClaimStates(0);
  for (const record of records) apply(states, record);
  return states;
}

function apply(
  states: ClaimStates,
  record: JournalRecord | null,
  afterMs = 1_000,
): readonly Change[] {
  const appendedAt = Math.max(NOON, states.logTime + afterMs);
  return states.apply(record, { offset: states.position, appendedAt });
}

function entryOf(states: ClaimStates, requestId = "r"): Entry | undefined {
  return states.entry(keyOf(PROVIDER, requestId));
}

/** What a record did to each of its requests, in a word. */
function effects(changes: readonly Change[]): readonly string[] {
  return changes.flatMap((change) => {
    switch (change.kind) {
      case "claimed":
      case "closed":
        return [...change.granted.map(() => change.kind), ...change.refused.map(({ why }) => why)];
      case "freed":
      case "border":
        return [];
      case "released":
      case "accepted":
      case "done":
      case "accepted-published":
      case "published":
      case "ignored":
        return [change.kind];
    }
  });
}

/** All that is remembered of requests and targets. */
function remembered(states: ClaimStates): unknown {
  const { entries, targets, stretch, completed } = states.saved();
  return { entries, targets, completed, finished: stretch.requests };
}

/** Where a request may be, and how it came there; all but the unknown one had one grant. */
const HISTORIES = {
  unknown: [],
  free: [aClaim("earlier"), aRelease("earlier")],
  "claimed by this claim": [aClaim("this")],
  "claimed by another": [aClaim("another")],
  "accepted from this claim": [aClaim("this"), anAccepted("this")],
  "accepted from another": [aClaim("another"), anAccepted("another")],
  "done by this claim": [aClaim("this"), aDone("this")],
  "done by another": [aClaim("another"), aDone("another")],
  "closed without a call": [aClose()],
  finished: [aClaim("this"), aDone("this"), aPublished()],
} as const satisfies Readonly<Record<string, readonly JournalRecord[]>>;

type Where = keyof typeof HISTORIES;
const PLACES = Object.keys(HISTORIES) as readonly Where[]; // its keys

describe("a CLAIM and a CLOSE", () => {
  /** What becomes of one with the first content, by its attempt: over, due, not due yet. */
  const SAME: Readonly<Record<Where, readonly [over: string, due: string, early: string]>> = {
    unknown: ["fenced", "granted", "fenced"],
    free: ["fenced", "granted", "fenced"],
    "claimed by this claim": ["taken", "taken", "taken"],
    "claimed by another": ["taken", "taken", "taken"],
    "accepted from this claim": ["taken", "taken", "taken"],
    "accepted from another": ["taken", "taken", "taken"],
    "done by this claim": ["taken", "taken", "taken"],
    "done by another": ["taken", "taken", "taken"],
    "closed without a call": ["taken", "taken", "taken"],
    finished: ["finished", "finished", "finished"],
  };
  const CONFLICT = ["conflict", "conflict", "conflict"] as const;
  /** And of one with another content. */
  const OTHER: typeof SAME = {
    unknown: ["fenced", "granted", "fenced"],
    free: CONFLICT,
    "claimed by this claim": CONFLICT,
    "claimed by another": CONFLICT,
    "accepted from this claim": CONFLICT,
    "accepted from another": CONFLICT,
    "done by this claim": CONFLICT,
    "done by another": CONFLICT,
    "closed without a call": CONFLICT,
    finished: CONFLICT,
  };

  const rows = PLACES.flatMap((where) =>
    Object.entries({ same: SAME, other: OTHER }).flatMap(([content, table]) =>
      table[where].flatMap((expected, index) =>
        ["this", "another", "earlier"].map((claimId) => {
          const attempt = index + (where === "unknown" ? 0 : 1);
          const about = { attempt, digest: digest(content === "same" ? "a" : "b") };
          return { where, content, claimId, attempt, about, expected };
        }),
      ),
    ),
  );
  const granted = rows.filter(({ expected }) => expected === "granted");
  const refused = rows.filter(({ expected }) => expected !== "granted");

  it("are looked at in every case", () => {
    expect(rows).toHaveLength(PLACES.length * 2 * 3 * 3);
    expect(granted).toHaveLength(3 * 3);
  });

  it.each(granted)(
    "of $content content by $claimId, attempt $attempt, for one that is $where: granted",
    ({ where, claimId, about }) => {
      const claimed = statesAfter(...HISTORIES[where]);
      const done = statesAfter(...HISTORIES[where]);

      expect(effects(apply(claimed, aClaim(claimId, [about])))).toStrictEqual(["claimed"]);
      expect(entryOf(claimed)).toMatchObject({
        ...{ phase: "claimed", grants: about.attempt, digest: about.digest, claim: { claimId } },
      });
      expect(effects(apply(done, aClose([about])))).toStrictEqual(["closed"]);
      expect(entryOf(done)).toMatchObject({
        ...{ phase: "done", grants: about.attempt, digest: about.digest, told: told("REJECTED") },
      });
    },
  );

  it.each(refused)(
    "of $content content by $claimId, attempt $attempt, for one that is $where: $expected, without a trace",
    ({ where, claimId, about, expected }) => {
      const states = statesAfter(...HISTORIES[where]);
      const before = remembered(states);

      expect(effects(apply(states, aClaim(claimId, [about])))).toStrictEqual([expected]);
      expect(effects(apply(states, aClose([about])))).toStrictEqual([expected]);
      expect(remembered(states)).toStrictEqual(before);
    },
  );
});

describe("a record about a call that was granted", () => {
  const RECORDS = {
    RELEASE: (claimId: string) => aRelease(claimId),
    ACCEPTED: (claimId: string) => anAccepted(claimId),
    DONE: (claimId: string) => aDone(claimId, ["r"], told("FAILED", "somebody else")),
  } as const;
  /** Where it has an effect when it names the claim that holds the request, and which. */
  const EFFECTS: Readonly<Record<keyof typeof RECORDS, Readonly<Partial<Record<Where, string>>>>> =
    {
      RELEASE: { "claimed by this claim": "released" },
      ACCEPTED: { "claimed by this claim": "accepted" },
      DONE: { "claimed by this claim": "done", "accepted from this claim": "done" },
    };
  const kinds = Object.keys(RECORDS) as readonly (keyof typeof RECORDS)[]; // its keys
  const rows = kinds.flatMap((kind) =>
    PLACES.flatMap((where) =>
      (["this", "stranger"] as const).map((claimId) => {
        const effect = claimId === "this" ? EFFECTS[kind][where] : undefined;
        return { kind, where, claimId, effect: effect ?? "ignored" };
      }),
    ),
  );
  const working = rows.filter(({ effect }) => effect !== "ignored");
  const idle = rows.filter(({ effect }) => effect === "ignored");

  it("has an effect in four cases of sixty", () => {
    expect([working.length, rows.length]).toStrictEqual([4, 60]);
  });

  it.each(working)(
    "$kind of $claimId when it is $where: $effect",
    ({ kind, where, claimId, effect }) => {
      const states = statesAfter(...HISTORIES[where]);

      expect(effects(apply(states, RECORDS[kind](claimId)))).toStrictEqual([effect]);
      expect(entryOf(states)?.grants).toBe(1);
    },
  );

  it.each(idle)("$kind of $claimId when it is $where: ignored", ({ kind, where, claimId }) => {
    const states = statesAfter(...HISTORIES[where]);
    const before = remembered(states);

    expect(effects(apply(states, RECORDS[kind](claimId)))).toStrictEqual(["ignored"]);
    expect(remembered(states)).toStrictEqual(before);
  });

  it("of another connection has no effect", () => {
    const states = statesAfter(aClaim("this"));
    const before = remembered(states);
    const provider = "elsewhere";
    const records = [
      aRelease("this", ["r"], { provider }),
      anAccepted("this", ["r"], { provider }),
      { ...aDone("this"), provider },
      aPublished(["r"], { provider }),
    ];

    expect(records.flatMap((one) => effects(apply(states, one)))).toStrictEqual(
      records.map(() => "ignored"),
    );
    expect(remembered(states)).toStrictEqual(before);
  });

  it("about several requests has its effect on those that it fits", () => {
    const two = [{ requestId: "r" }, { requestId: "s" }];
    const states = statesAfter(aClaim("this", two), aRelease("this", ["s"]));

    expect(effects(apply(states, anAccepted("this", ["t", "s", "r"])))).toStrictEqual([
      ...["ignored", "ignored", "accepted"],
    ]);
    expect(effects(apply(states, aDone("this", ["s", "r"])))).toStrictEqual(["ignored", "done"]);
  });
});

describe("PUBLISHED", () => {
  const accepted = [aClaim("this"), anAccepted("this")];
  const histories = {
    ...HISTORIES,
    "accepted, and that is published": [...accepted, aPublished(["r"], { which: "accepted" })],
    "done after that": [...accepted, aPublished(["r"], { which: "accepted" }), aDone("this")],
  };
  const EFFECTS: Readonly<Partial<Record<keyof typeof histories, readonly string[]>>> = {
    "accepted from this claim": ["accepted-published", "ignored"],
    "accepted from another": ["accepted-published", "ignored"],
    "done by this claim": ["ignored", "published"],
    "done by another": ["ignored", "published"],
    "closed without a call": ["ignored", "published"],
    "done after that": ["ignored", "published"],
  };
  const rows = Object.entries(histories).flatMap(([where, history]) =>
    (["accepted", "final"] as const).map((which, index) => {
      const effect = EFFECTS[where as keyof typeof histories]?.[index] ?? "ignored";
      return { where, which, history, effect };
    }),
  );

  it.each(rows)("$which when it is $where: $effect", ({ history, which, effect }) => {
    const states = statesAfter(...history);

    expect(effects(apply(states, aPublished(["r"], { which })))).toStrictEqual([effect]);
  });

  it.each(rows.filter(({ effect }) => effect === "ignored"))(
    "$which when it is $where changes nothing",
    ({ history, which }) => {
      const states = statesAfter(...history);
      const before = remembered(states);
      apply(states, aPublished(["r"], { which }));

      expect(remembered(states)).toStrictEqual(before);
    },
  );

  it("ends the requests that it names and no other of their claim", () => {
    const two = [{ requestId: "r" }, { requestId: "s" }];
    const states = statesAfter(aClaim("this", two), aDone("this", ["r", "s"]), aPublished(["r"]));

    expect(entryOf(states)).toBeUndefined();
    expect(entryOf(states, "s")?.phase).toBe("done");
    expect(states.openCount).toBe(1);
    expect(effects(apply(states, aPublished(["r", "s"])))).toStrictEqual(["ignored", "published"]);
  });

  it("leaves of a request its content and its source", () => {
    const source = aSource(7, 3);
    const states = statesAfter(aClaim("this", [{ source }]), aDone("this"), aPublished());
    const key = keyOf(PROVIDER, "r");

    expect(states.known(key, digest("a"), source)).toStrictEqual({
      ...{ isSameContent: true, isSameSource: true },
    });
    expect(states.known(key, digest("b"), aSource(7, 4))).toStrictEqual({
      ...{ isSameContent: false, isSameSource: false },
    });
    expect(states.known(keyOf(PROVIDER, "s"), digest("a"), source)).toBeUndefined();
  });

  it("of the accepted outcome leaves the entry to be followed", () => {
    const states = statesAfter(...accepted, aPublished(["r"], { which: "accepted" }));

    expect(entryOf(states)).toMatchObject({ phase: "accepted", taken: { isPublished: true } });
  });
});

describe("a granted claim", () => {
  it("says all that the call, its judge and its outcome need", () => {
    const about = {
      ...{ source: aSource(4, 2), receivedAt: 5, before: aReading("x"), targets: ["x", "y"] },
      ...{ trace: { traceparent: "00-1", tracestate: null }, evidenceAt: 0n },
    };
    const states = statesAfter(null);
    const [change] = apply(states, aClaim("this", [about], { settleWithinMs: 9 }));

    const entry = {
      ...{
        key: keyOf(PROVIDER, "r"),
        provider: PROVIDER,
        digest: digest("a"),
        grants: 1,
        windowMs: 604_800_000,
        tries: 0,
      },
      request: {
        ...{ requestId: "r", source: about.source, receivedAt: 5, trace: about.trace },
        ...{ packed: "packed r", echo: null },
      },
      ...{ releasedWhy: null, phase: "claimed", taken: null, told: null },
      claim: {
        ...{ claimId: "this", instance: "me", settleWithinMs: 9, targets: ["x", "y"] },
        ...{ before: about.before, rivals: [], logTime: NOON + 1_000 },
      },
    };
    expect(entryOf(states)).toStrictEqual(entry);
    expect(change).toStrictEqual({
      ...{ kind: "claimed", claimId: "this", instance: "me", granted: [entry], refused: [] },
    });
  });

  it("takes the place of what the last one said of the request", () => {
    const states = statesAfter(
      ...[aClaim("first", [{ source: aSource(1), packed: "old" }]), aRelease("first")],
      aClaim("second", [{ attempt: 2, source: aSource(9, 1), packed: "new", targets: ["t"] }]),
    );

    expect(entryOf(states)).toMatchObject({
      request: { source: aSource(9, 1), packed: "new" },
      claim: { claimId: "second", targets: ["t"] },
    });
  });

  it("may be granted for a part of its list, whose order counts", () => {
    const states = statesAfter(
      ...[aClaim("other", [{ requestId: "s", targets: ["x"] }])],
      aClaim("third", [{ requestId: "u" }]),
      ...[aDone("third", ["u"]), aPublished(["u"])],
    );
    const change = apply(
      states,
      aClaim("this", [
        { requestId: "r" },
        { requestId: "s", attempt: 2 },
        { requestId: "t", targets: ["y", "x"] },
        { requestId: "u" },
        { requestId: "r", targets: ["z"] },
        { requestId: "v", attempt: 2 },
        { requestId: "w" },
      ]),
    );

    expect(change).toMatchObject([
      {
        granted: [{ request: { requestId: "r" } }, { request: { requestId: "w" } }],
        refused: [
          { requestId: "s", key: keyOf(PROVIDER, "s"), why: "taken" },
          { requestId: "t", why: "target-held" },
          { requestId: "u", why: "finished" },
          { requestId: "r", why: "taken" },
          { requestId: "v", why: "fenced" },
        ],
      },
    ]);
    expect(entryOf(states, "t")).toBeUndefined();
    expect(states.targets.isHeld(PROVIDER, "y")).toBe(false);
    expect(states.targets.isHeld(PROVIDER, "z")).toBe(false);
  });

  it("is of one connection: the same id and the same target on another are something else", () => {
    const states = statesAfter(aClaim("this", [{ targets: ["x"] }]));
    const elsewhere = aClaim("that", [{ targets: ["x"] }], { provider: "elsewhere" });

    expect(effects(apply(states, elsewhere))).toStrictEqual(["claimed"]);
    expect(states.openCount).toBe(2);
  });
});

describe("grants and tries", () => {
  it("are counted apart: what was not called costs no try", () => {
    const states = statesAfter(
      ...[aClaim("1"), aRelease("1", ["r"], { called: false, why: "late" })],
      ...[aClaim("2", [{ attempt: 2 }]), aRelease("2", ["r"], { called: true, why: "throttled" })],
      ...[aClaim("3", [{ attempt: 3 }]), aRelease("3", ["r"], { called: false, why: "ghost" })],
    );
    expect(entryOf(states)).toMatchObject({ grants: 3, tries: 1, releasedWhy: "ghost" });

    apply(states, aClaim("4", [{ attempt: 4 }]));
    expect(entryOf(states)).toMatchObject({ grants: 4, tries: 1, releasedWhy: "ghost" });
    apply(states, anAccepted("4"));
    expect(entryOf(states)).toMatchObject({ grants: 4, tries: 1 });
    apply(states, aDone("4"));
    expect(entryOf(states)).toMatchObject({ grants: 4, tries: 1 });
  });

  it("are kept by a CLOSE, which is a grant itself", () => {
    const states = statesAfter(aClaim("1"), aRelease("1", ["r"], { called: true }));
    apply(states, aClose([{ attempt: 2 }]));

    expect(entryOf(states)).toMatchObject({ phase: "done", grants: 2, tries: 1 });
  });

  it("let no late copy of anything in", () => {
    const log = [
      ...[aClaim("1"), aRelease("1", ["r"], { called: true })],
      ...[aClaim("2", [{ attempt: 2 }]), anAccepted("2"), aDone("2"), aPublished()],
    ];
    for (let end = 1; end <= log.length; end += 1) {
      const states = statesAfter(...log.slice(0, end));
      const before = remembered(states);
      // The copies of what came last may find their state once more: a released claim is free.
      for (const copy of [...log.slice(0, end), ...log.slice(0, end).toReversed()]) {
        apply(states, copy);
      }
      expect(remembered(states), `after ${end} records`).toStrictEqual(before);
    }
  });
});

describe("the digest of the first grant", () => {
  const other = { digest: digest("b") };

  it("stays when the claim is released, even uncalled", () => {
    const states = statesAfter(aClaim("1"), aRelease("1"));

    for (const attempt of [1, 2, 3]) {
      expect(effects(apply(states, aClaim("2", [{ ...other, attempt }])))).toStrictEqual([
        "conflict",
      ]);
      expect(effects(apply(states, aClose([{ ...other, attempt }])))).toStrictEqual(["conflict"]);
    }
    expect(effects(apply(states, aClaim("2", [{ attempt: 2 }])))).toStrictEqual(["claimed"]);
  });

  it("stays when the request is finished and sealed", () => {
    const states = statesAfter(aClose(), aPublished(), aCheckpoint([], true));

    expect(states.finished.segments).toHaveLength(1);
    expect(effects(apply(states, aClaim("2", [other])))).toStrictEqual(["conflict"]);
    expect(effects(apply(states, aClose([{}])))).toStrictEqual(["finished"]);
  });

  it("is not fixed by what was refused", () => {
    const states = statesAfter(
      ...[aClaim("1", [{ requestId: "s", targets: ["x"] }])],
      aClaim("2", [{ targets: ["x"] }]),
      aClaim("3", [{ attempt: 2 }]),
    );

    expect(effects(apply(states, aClaim("4", [other])))).toStrictEqual(["claimed"]);
  });
});

describe("the targets of claims", () => {
  const onX = { requestId: "s", targets: ["x"] };
  const heldSince = {
    claimed: [aClaim("holder", [onX])],
    accepted: [aClaim("holder", [onX]), anAccepted("holder", ["s"])],
  };

  it.each(Object.entries(heldSince))(
    "refuse whoever wants one that is held by a claim which is %s",
    (_phase, records) => {
      const states = statesAfter(...records);

      expect(effects(apply(states, aClaim("me", [{ targets: ["y", "x"] }])))).toStrictEqual([
        "target-held",
      ]);
      expect(effects(apply(states, aClaim("me", [{ targets: ["y"] }])))).toStrictEqual(["claimed"]);
    },
  );

  it.each([
    ["a release", aRelease("holder", ["s"])],
    ["its verdict", aDone("holder", ["s"])],
    ["its rejection", aDone("holder", ["s"], told("REJECTED"))],
  ])("are free after %s, which tells it", (_what, record) => {
    const states = statesAfter(aClaim("holder", [onX]));

    expect(apply(states, record)).toContainEqual({
      ...{ kind: "freed", provider: PROVIDER, targets: ["x"] },
    });
    expect(effects(apply(states, aClaim("me", [{ targets: ["x"] }])))).toStrictEqual(["claimed"]);
  });

  it("are not asked for by a CLOSE, nor held by it", () => {
    const states = statesAfter(aClaim("holder", [onX]), aClose());

    expect(entryOf(states)?.phase).toBe("done");
    expect(states.targets.size).toBe(1);
  });

  it("say of each request how many were granted with it, refused ones left out", () => {
    const states = statesAfter(
      aClaim("alone", [{ requestId: "a", targets: ["x"] }]),
      aClaim("this", [
        { requestId: "r", targets: ["y"] },
        { requestId: "refused", targets: ["x"] },
        { requestId: "s", targets: ["z"] },
      ]),
    );
    const sharedBy = (requestId: string) => entryOf(states, requestId)?.claim?.shared;

    expect(["a", "r", "s"].map(sharedBy)).toStrictEqual([undefined, 2, 2]);
  });

  it("may be shared by requests of one claim, and are free with the last of them", () => {
    const states = statesAfter(
      aClaim("this", [
        { requestId: "r", targets: ["x", "y"], evidenceAt: 0n },
        { requestId: "s", targets: ["x", "z"], evidenceAt: 0n },
      ]),
    );

    expect(apply(states, aRelease("this", ["r"]))).toMatchObject([
      { kind: "released" },
      { kind: "freed", targets: ["y"] },
    ]);
    expect(effects(apply(states, aClaim("t", [{ requestId: "t", targets: ["x"] }])))).toStrictEqual(
      ["target-held"],
    );
    expect(apply(states, aDone("this", ["s"]))).toMatchObject([
      { kind: "done" },
      { kind: "freed", targets: ["x", "z"] },
    ]);
  });

  describe("since a reading", () => {
    let states: ClaimStates;
    /** Claimed by the record at 2, freed by the one at 4. */
    beforeEach(() => {
      states = statesAfter(
        ...[null, null, aClaim("holder", [onX]), null, aRelease("holder", ["s"])],
      );
    });

    it.each([0n, 1n, 2n, 3n, 4n])(
      "at %s refuse whoever read before they were freed",
      (evidenceAt) => {
        const claim = aClaim("me", [{ targets: ["y", "x"], evidenceAt, before: aReading("x") }]);

        expect(effects(apply(states, claim))).toStrictEqual(["target-moved"]);
        expect(entryOf(states)).toBeUndefined();
      },
    );

    it.each([5n, 6n, 700n])("at %s allow whoever read after they were freed", (evidenceAt) => {
      const claim = aClaim("me", [{ targets: ["x"], evidenceAt, before: aReading("x") }]);

      expect(effects(apply(states, claim))).toStrictEqual(["claimed"]);
    });

    it("allow whoever read nothing, or reads targets that nobody held", () => {
      const unread = aClaim("1", [{ requestId: "1", targets: ["x"] }]);
      const unheld = aClaim("2", [{ requestId: "2", targets: ["y"], evidenceAt: 0n }]);

      expect([unread, unheld].flatMap((one) => effects(apply(states, one)))).toStrictEqual([
        ...["claimed", "claimed"],
      ]);
    });

    it("refuse whoever read before something that is forgotten by now", () => {
      const claim = (evidenceAt: bigint) =>
        aClaim("me", [{ targets: ["never held"], evidenceAt, before: aReading("x") }]);
      apply(states, null, 600_000);
      expect(states.targets.size).toBe(0);

      expect(effects(apply(states, claim(4n)))).toStrictEqual(["target-moved"]);
      expect(effects(apply(states, claim(5n)))).toStrictEqual(["claimed"]);
    });

    it("remember them for ten minutes of the log", () => {
      apply(states, null, 599_999);
      expect(states.targets.size).toBe(1);
      apply(states, null, 1);
      expect(states.targets.size).toBe(0);
    });
  });

  describe("as rivals", () => {
    const again = aClaim("again", [{ targets: ["y", "x"] }], { callWithinMs: 2_000 });
    const rivals = (states: ClaimStates) => entryOf(states)?.claim?.rivals;

    it.each([
      ["SUCCEEDED", 61_999, ["x"]],
      ["UNKNOWN", 61_999, ["x"]],
      ["FAILED", 61_999, ["x"]],
      ["SUCCEEDED", 62_000, []],
      ["REJECTED", 1, []],
    ] as const)("after a call that ended %s, %i ms later: %j", (status, afterMs, expected) => {
      const states = statesAfter(aClaim("holder", [onX]), aDone("holder", ["s"], told(status)));
      apply(states, again, afterMs);

      expect(rivals(states)).toStrictEqual(expected);
    });

    it("are found for longer when the claim may have been asked for longer ago", () => {
      const states = statesAfter(aClaim("holder", [onX]), aDone("holder", ["s"]));
      apply(states, { ...again, callWithinMs: 30_000 }, 89_999);

      expect(rivals(states)).toStrictEqual(["x"]);
    });

    it("are found after a call that the provider took first, although it ended REJECTED", () => {
      const states = statesAfter(
        ...[aClaim("1", [onX]), anAccepted("1", ["s"])],
        ...[aDone("1", ["s"], told("REJECTED")), again],
      );

      expect(rivals(states)).toStrictEqual(["x"]);
    });

    it("are none after a call that surely did not execute", () => {
      const states = statesAfter(aClaim("1", [onX]), aRelease("1", ["s"], { called: true }), again);

      expect(rivals(states)).toStrictEqual([]);
    });

    it("stay rivals over a claim that was released", () => {
      const states = statesAfter(
        ...[aClaim("1", [onX]), aDone("1", ["s"])],
        ...[aClaim("2", [{ requestId: "t", targets: ["x"] }]), aRelease("2", ["t"]), again],
      );

      expect(rivals(states)).toStrictEqual(["x"]);
    });

    it("are found when one of two that shared the target ran", () => {
      const states = statesAfter(
        aClaim("1", [onX, { requestId: "t", targets: ["x"] }]),
        ...[aDone("1", ["s"]), aRelease("1", ["t"]), again],
      );

      expect(rivals(states)).toStrictEqual(["x"]);
    });
  });
});

describe("a CLOSE", () => {
  it("says all that its outcome needs", () => {
    const about = { echo: anEcho("r"), told: told("EXPIRED", "b"), receivedAt: 8 };
    const states = statesAfter(aClose([about], { instance: "b" }));

    expect(entryOf(states)).toStrictEqual({
      ...{
        key: keyOf(PROVIDER, "r"),
        provider: PROVIDER,
        digest: digest("a"),
        grants: 1,
        windowMs: 604_800_000,
        tries: 0,
      },
      request: {
        ...{ requestId: "r", source: aSource(1), receivedAt: 8, trace: null },
        ...{ packed: null, echo: anEcho("r") },
      },
      ...{ releasedWhy: null, phase: "done", claim: null, taken: null },
      told: told("EXPIRED", "b"),
    });
  });

  it("tells whom it was granted to and what was refused", () => {
    const states = statesAfter(aClaim("this"));

    expect(apply(states, aClose([{}, { requestId: "s" }], { instance: "b" }))).toMatchObject([
      {
        ...{ kind: "closed", instance: "b", granted: [{ request: { requestId: "s" } }] },
        refused: [{ requestId: "r", key: keyOf(PROVIDER, "r"), why: "taken" }],
      },
    ]);
  });

  it("and a CLAIM at the same attempt: the first of them decides", () => {
    const states = statesAfter(aClose([{ told: told("EXPIRED") }]));
    expect(effects(apply(states, aClaim("late")))).toStrictEqual(["taken"]);

    const other = statesAfter(aClaim("first"));
    expect(effects(apply(other, aClose()))).toStrictEqual(["taken"]);
    apply(other, aRelease("first"));
    expect(effects(apply(other, aClose()))).toStrictEqual(["fenced"]);
    expect(effects(apply(other, aClose([{ attempt: 2 }])))).toStrictEqual(["closed"]);
  });
});

describe("a verdict", () => {
  it("is the first one's, whoever of the claim's judges wrote it", () => {
    const states = statesAfter(aClaim("this"), aDone("this", ["r"], told("UNKNOWN", "a judge")));
    apply(states, aDone("this", ["r"], told("SUCCEEDED", "the caller")));

    expect(entryOf(states)?.told).toStrictEqual(told("UNKNOWN", "a judge"));
    expect(apply(states, aPublished())).toMatchObject([
      { kind: "published", entry: { told: told("UNKNOWN", "a judge") } },
    ]);
  });

  it("ends what the provider took, and the claim is held until then", () => {
    const states = statesAfter(aClaim("this"), anAccepted("this"));

    expect(entryOf(states)).toMatchObject({
      phase: "accepted",
      claim: { claimId: "this" },
      taken: { taken: taken(), told: told("ACCEPTED"), logTime: NOON + 1_000, isPublished: false },
      told: null,
    });
    apply(states, aDone("this"));
    expect(entryOf(states)).toMatchObject({ phase: "done", claim: null, taken: null });
  });
});

describe("every record", () => {
  it("moves the position and the time of the log, unreadable ones too", () => {
    const states = statesAfter(aClaim("this"));
    const before = remembered(states);

    expect(states.apply(UNREADABLE, { offset: 1n, appendedAt: NOON + 5 })).toStrictEqual([]);
    expect([states.position, states.logTime]).toStrictEqual([2n, NOON + 5]);
    expect(remembered(states)).toStrictEqual(before);
  });

  it("never moves the time back", () => {
    const states = statesAfter(null);
    states.apply(UNREADABLE, { offset: 1n, appendedAt: NOON + 9 });
    states.apply(aClaim("this"), { offset: 2n, appendedAt: NOON - 1_000 });

    expect(states.logTime).toBe(NOON + 9);
    expect(entryOf(states)?.claim?.logTime).toBe(NOON + 9);
  });

  it.each([0n, 2n, 5n])("throws when it stands at %s and 1 is due, and has no effect", (offset) => {
    const states = statesAfter(null);

    expect(() => states.apply(aClaim("this"), { offset, appendedAt: NOON })).toThrow(
      `record ${offset} came where 1 was due`,
    );
    expect([states.position, states.openCount]).toStrictEqual([1n, 0]);
  });

  it("is counted from where the log begins", () => {
    const states = new ClaimStates(3);
    states.beginAt(1_000n);
    states.apply(aClaim("this"), { offset: 1_000n, appendedAt: NOON });

    expect([states.position, states.border, states.journalPartition]).toStrictEqual([
      ...[1_001n, 1_000n, 3],
    ]);
  });
});

describe("CHECKPOINTED", () => {
  it("tells what is complete and leaves the requests alone", () => {
    const states = statesAfter(aClaim("this"));
    const entries = [...states.entries];

    expect(apply(states, aCheckpoint([{ partition: 4, low: 5n }]))).toStrictEqual([]);
    expect(states.completed.has(4, 4n)).toBe(true);
    expect([...states.entries]).toStrictEqual(entries);
  });

  it("ends a stretch when it says so, also one in which nothing finished", () => {
    const states = statesAfter(aClaim("this"));

    expect(apply(states, aCheckpoint([], true))).toStrictEqual([{ kind: "border", position: 2n }]);
    expect(states.border).toBe(2n);
    expect(states.finished.segments).toHaveLength(0);
  });

  it("is not needed once a segment is full", { timeout: 30_000 }, () => {
    const states = new ClaimStates(0);
    const ids = Array.from({ length: 16_384 }, (_, index) => `r${index}`);
    apply(states, aClose(ids.map((requestId) => ({ requestId }))));

    expect(effects(apply(states, aPublished(ids.slice(1))))).toHaveLength(16_383);
    expect(states.border).toBe(0n);
    expect(apply(states, aPublished(ids.slice(0, 1)))).toMatchObject([
      { kind: "published" },
      { kind: "border", position: 3n },
    ]);
    expect(states.finished.segments.map(({ size }) => size)).toStrictEqual([16_384]);
    expect(states.finished.recentCount).toBe(0);
    expect(states.finished.size).toBe(16_384);
  });
});
