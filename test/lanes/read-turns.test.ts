import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CallEndKind } from "../../src/domain/call-end.ts";
import type { ReadEnd, WireTerms } from "../../src/domain/provider.ts";
import { RateLimits } from "../../src/lanes/rate-limits.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const clock = { now: () => performance.now(), epoch: () => Date.now() };

function turnsWith(readsPerSecond: number) {
  const limits = new RateLimits(
    {
      ...{ callsPerSecond: 20, perOperation: {}, readsPerSecond },
      ...{ totalPerSecond: null, callsPerDay: null, shareWith: null },
    },
    clock,
  );
  const over = new AbortController();
  const results: (readonly [string, CallEndKind])[] = [];
  const turns = limits.turns({
    signal: over.signal,
    onRead: (action, result) => void results.push([action, result]),
  });
  return { turns, over, results };
}

const read = async ({ gate, signal }: WireTerms): Promise<ReadEnd<string>> => {
  (await gate.pass(signal))();
  return { kind: "read", value: "ok" };
};

/** A read that leaves and is never answered. */
const hanging = async ({ gate, signal }: WireTerms): Promise<ReadEnd<string>> => {
  (await gate.pass(signal))();
  return new Promise(() => undefined);
};

describe("the turns of reads", () => {
  it("come in the order of asking, each action at its own pace", async () => {
    const { turns } = turnsWith(2);
    const done: string[] = [];
    for (const action of ["a", "a", "a", "b", "a", "b"]) {
      const name = `${action}${done.length}`;
      void turns.take(action, read).then(() => done.push(name.slice(0, 1)));
    }
    await vi.advanceTimersByTimeAsync(10);
    expect(done.toSorted()).toStrictEqual(["a", "a", "b", "b"]);

    await vi.advanceTimersByTimeAsync(1100);
    expect(done.slice(4)).toStrictEqual(["a", "a"]);
  });

  it("keep the order within one action", async () => {
    const { turns } = turnsWith(3);
    const done: number[] = [];
    for (let one = 0; one < 12; one++) void turns.take("a", read).then(() => done.push(one));
    await vi.advanceTimersByTimeAsync(5000);

    expect(done).toStrictEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("are four in five of those that calls wait for, while polls wait too", async () => {
    const { turns } = turnsWith(2);
    const done: string[] = [];
    for (let one = 0; one < 30; one++) void turns.take("a", read).then(() => done.push("poll"));
    for (let one = 0; one < 30; one++) {
      void turns.beforeCalls.take("a", read).then(() => done.push("before"));
    }
    await vi.advanceTimersByTimeAsync(16_000);

    // Two polls were begun before anybody else asked.
    const shared = done.slice(2, 27);
    expect(shared.filter((one) => one === "before")).toHaveLength(20);
    expect(shared.join(" ")).not.toContain("poll poll");
  });

  it("are called off for those that calls wait for as for the others", async () => {
    const { turns, over } = turnsWith(1);
    const ends = Array.from({ length: 5 }, async () => turns.beforeCalls.take("a", read));
    const all = Promise.allSettled(ends);
    const lost = new AbortController();
    const given = turns.beforeCalls.take("a", read, lost.signal);
    lost.abort();
    await expect(given).resolves.toMatchObject({ kind: "unreadable", result: "unavailable" });
    await vi.advanceTimersByTimeAsync(10);
    over.abort();
    await vi.advanceTimersByTimeAsync(10);

    // Those at the gate hear it there.
    const waited = (await all).filter((one) => one.status === "fulfilled");
    expect(waited.map(({ value }) => value.kind)).toStrictEqual([
      ...["read", "unreadable", "unreadable"],
    ]);
  });

  it("hand out the read's end and count it", async () => {
    const { turns, results } = turnsWith(20);
    const lost = { kind: "unreadable", result: "unavailable", message: "nobody there" } as const;

    await expect(turns.take("a", read)).resolves.toStrictEqual({ kind: "read", value: "ok" });
    await expect(turns.take("b", async () => Promise.resolve(lost))).resolves.toBe(lost);
    expect(results).toStrictEqual([
      ["a", "accepted"],
      ["b", "unavailable"],
    ]);
  });

  it("begin no more reads than leave within half a second", async () => {
    const { turns } = turnsWith(4);
    let begun = 0;
    for (let one = 0; one < 50; one++) {
      void turns.take("a", async (terms) => {
        begun += 1;
        return read(terms);
      });
    }
    await vi.advanceTimersByTimeAsync(500);

    expect(begun).toBe(4 + 2);
  });

  it("keep at most 20 conversations open, and go on when one ends", async () => {
    const { turns } = turnsWith(1000);
    const ends: ((end: ReadEnd<string>) => void)[] = [];
    for (let one = 0; one < 50; one++) {
      void turns.take("a", async ({ gate, signal }) => {
        (await gate.pass(signal))();
        return new Promise<ReadEnd<string>>((resolve) => void ends.push(resolve));
      });
    }
    await vi.advanceTimersByTimeAsync(5000);
    expect(ends).toHaveLength(20);

    ends[3]?.({ kind: "read", value: "ok" });
    await vi.advanceTimersByTimeAsync(10);
    expect(ends).toHaveLength(21);
  });

  it("go on after a read that never came to its gate, and after one that is a bug", async () => {
    const { turns } = turnsWith(1);
    const lost = { kind: "unreadable", result: "unavailable", message: "no" } as const;
    for (let one = 0; one < 10; one++) await turns.take("a", async () => Promise.resolve(lost));
    const bug = turns.take("a", async () => Promise.reject(new Error("a bug")));

    await expect(bug).rejects.toThrow("a bug");
    await expect(turns.take("a", read)).resolves.toMatchObject({ kind: "read" });
  });

  it("are called off by the signal, those that wait at the gate included", async () => {
    const { turns, over, results } = turnsWith(1);
    const ends: string[] = [];
    const note = (end: ReadEnd<string>) => void ends.push(end.kind);
    void turns.take("a", hanging);
    for (let one = 0; one < 5; one++) {
      void turns
        .take("a", async (terms) =>
          read(terms).catch(() => ({
            ...{ kind: "unreadable", result: "unavailable", message: "aborted" },
          })),
        )
        .then(note);
    }
    await vi.advanceTimersByTimeAsync(10);
    over.abort(new Error("enough"));
    await vi.advanceTimersByTimeAsync(0);

    expect(ends).toStrictEqual(Array(5).fill("unreadable"));
    await expect(turns.take("a", read)).resolves.toMatchObject({ result: "unavailable" });
    expect(results).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("can be given up one by one, while they wait and while they run", async () => {
    const { turns } = turnsWith(1);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const terms: WireTerms[] = [];
    const keep = async (its: WireTerms): Promise<ReadEnd<string>> => {
      terms.push(its);
      return read(its);
    };
    await turns.take("a", read);
    void turns.take("a", keep, running.signal).catch(() => undefined);
    void turns.take("a", read);
    const given = Array.from({ length: 5 }, async () => turns.take("a", keep, waiting.signal));
    let last = false;
    void turns.take("a", read).then(() => (last = true));

    waiting.abort(new Error("enough"));
    for (const end of await Promise.all(given)) {
      expect(end).toMatchObject({ kind: "unreadable", result: "unavailable" });
    }
    running.abort(new Error("enough"));
    expect(terms.map(({ signal }) => signal.aborted)).toStrictEqual([true]);
    await vi.advanceTimersByTimeAsync(2100);
    expect(last).toBe(true);
    await expect(turns.take("a", keep, waiting.signal)).resolves.toMatchObject({
      ...{ kind: "unreadable", result: "unavailable" },
    });
  });
});
