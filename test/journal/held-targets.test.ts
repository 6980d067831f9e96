import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeldTargets } from "../../src/journal/held-targets.ts";

/** For a machine that has other work as well. */
const BUSY = { timeout: 30_000 };

const REMEMBERED_MS = 600_000;
const TRACES_MS = 60_000;
const CALL_WITHIN_MS = [0, 1, 30_000];

/** What happened at a target, told to the end and searched from the beginning. */
class Chronicle {
  readonly #holders = new Map<string, string[]>();
  readonly #frees: { target: string; position: bigint; time: number }[] = [];
  readonly #runs: { target: string; time: number }[] = [];
  #forgottenBefore = 0n;

  holders(target: string): readonly string[] {
    return this.#holders.get(target) ?? [];
  }

  hold(target: string, claimId: string): void {
    this.#holders.set(target, [...this.holders(target), claimId]);
  }

  free(
    target: string,
    claimId: string,
    position: bigint,
    time: number,
    mayHaveRun: boolean,
  ): boolean {
    const holders = this.holders(target);
    if (!holders.includes(claimId)) return false;
    if (mayHaveRun) this.#runs.push({ target, time });
    this.#holders.set(target, holders.slice(1));
    if (holders.length > 1) return false;
    this.#frees.push({ target, position, time });
    return true;
  }

  forget(time: number): void {
    for (const { target, position } of [...this.#frees]) {
      if (this.holders(target).length > 0) continue;
      const all = this.#frees.filter((one) => one.target === target);
      if (all.some((one) => one.time + REMEMBERED_MS > time)) continue;
      for (const one of all) this.#frees.splice(this.#frees.indexOf(one), 1);
      const last = all.at(-1)?.position ?? position;
      if (last > this.#forgottenBefore) this.#forgottenBefore = last;
    }
  }

  objection(target: string, claimId: string, evidenceAt: bigint | null): string | null {
    if (this.holders(target).some((holder) => holder !== claimId)) return "target-held";
    const freedAt = this.#frees.findLast((one) => one.target === target)?.position;
    const isMoved = evidenceAt !== null && (freedAt ?? this.#forgottenBefore) > evidenceAt;
    return isMoved ? "target-moved" : null;
  }

  hasRival(target: string, time: number, callWithinMs: number): boolean {
    const since = time - TRACES_MS - callWithinMs;
    return this.#runs.some((one) => one.target === target && one.time > since);
  }
}

const targets = ["a/x", "a/y", "b/x"] as const;
const anOp = fc.record({
  what: fc.constantFrom("hold", "hold", "free", "free", "wait", "restart"),
  target: fc.constantFrom(...targets),
  claimId: fc.constantFrom("1", "2"),
  mayHaveRun: fc.boolean(),
  waitMs: fc.constantFrom(0, 1, 30_000, 59_999, 60_000, 300_000, 599_999, 600_000),
});

/** Both, side by side. */
class Both {
  readonly chronicle = new Chronicle();
  held = new HeldTargets();
  #time = 1_000;
  #position = 0n;

  /** Does it to both; what each of them answers to it and to every question after it. */
  does({
    what,
    target,
    claimId,
    mayHaveRun,
    waitMs,
  }: typeof anOp extends fc.Arbitrary<infer T> ? T : never) {
    const [provider, name] = partsOf(target);
    this.#position += 1n;
    if (what === "wait") this.#time += waitMs;
    if (what === "restart") this.#restart();
    this.held.forget(this.#time);
    this.chronicle.forget(this.#time);
    const [position, logTime] = [this.#position, this.#time];
    let freed: readonly [boolean, boolean] = [false, false];
    if (what === "free") {
      freed = [
        this.held.free(provider, name, { claimId, position, logTime, mayHaveRun }),
        this.chronicle.free(target, claimId, position, logTime, mayHaveRun),
      ];
    }
    if (what === "hold" && this.chronicle.objection(target, claimId, null) === null) {
      this.chronicle.hold(target, claimId);
      this.held.hold(provider, name, claimId);
    }
    return [
      [freed[0], targets.map((one) => this.#answers(one))],
      [freed[1], targets.map((one) => this.#expected(one))],
    ];
  }

  #restart(): void {
    const saved = this.held.saved();
    this.held = new HeldTargets();
    this.held.restore(saved);
  }

  #asks(): readonly (bigint | null)[] {
    return [null, this.#position - 3n, this.#position - 1n, this.#position];
  }

  #answers(target: string) {
    const [provider, name] = partsOf(target);
    const claims = this.#asks().map((evidenceAt) => ({ claimId: "1", evidenceAt }));
    return {
      isHeld: this.held.isHeld(provider, name),
      hasRival: CALL_WITHIN_MS.map((callWithinMs) =>
        this.held.hasRival(provider, name, { logTime: this.#time, callWithinMs }),
      ),
      objections: claims.map((claim) => this.held.objection(provider, name, claim)),
    };
  }

  #expected(target: string) {
    const { chronicle } = this;
    return {
      isHeld: chronicle.holders(target).length > 0,
      hasRival: CALL_WITHIN_MS.map((one) => chronicle.hasRival(target, this.#time, one)),
      objections: this.#asks().map((evidenceAt) => chronicle.objection(target, "1", evidenceAt)),
    };
  }
}

function partsOf(target: string): readonly [string, string] {
  const [provider = "", name = ""] = target.split("/");
  return [provider, name];
}

describe("held targets", () => {
  it(
    "say what a full chronicle says, also when they were written down and read in between",
    BUSY,
    () => {
      fc.assert(
        fc.property(fc.array(anOp, { maxLength: 40 }), (ops) => {
          const both = new Both();
          for (const op of ops) {
            const [answers, expected] = both.does(op);
            expect(answers).toStrictEqual(expected);
          }
        }),
        { numRuns: 300 },
      );
    },
  );

  it("are the same when they were written down and read", () => {
    const held = new HeldTargets();
    for (const target of ["x", "y", "z"]) held.hold("p", target, "1");
    for (const [target, logTime] of [
      ["z", 5],
      ["x", 7],
    ] as const) {
      held.free("p", target, { claimId: "1", position: 9n, logTime, mayHaveRun: true });
    }
    held.forget(6 + REMEMBERED_MS);
    const again = new HeldTargets();
    again.restore(held.saved());

    expect(again.saved()).toStrictEqual(held.saved());
    expect(again.size).toBe(2);
  });

  it("forget nothing that is held, however long", () => {
    const held = new HeldTargets();
    held.hold("p", "x", "1");
    held.forget(10 * REMEMBERED_MS);

    expect([held.isHeld("p", "x"), held.size]).toStrictEqual([true, 1]);
  });

  it("forget what is free although older ones are held", () => {
    const held = new HeldTargets();
    for (const target of ["x", "y"]) held.hold("p", target, "1");
    held.free("p", "y", { claimId: "1", position: 3n, logTime: 5, mayHaveRun: true });
    held.forget(5 + REMEMBERED_MS);

    expect(held.size).toBe(1);
    expect(held.objection("p", "z", { claimId: "2", evidenceAt: 2n })).toBe("target-moved");
    expect(held.objection("p", "z", { claimId: "2", evidenceAt: 3n })).toBeNull();
  });

  it("tell no target from the end of a connection's name", () => {
    const held = new HeldTargets();
    held.hold("ab", "c", "1");

    expect(held.isHeld("a", "bc")).toBe(false);
  });
});
