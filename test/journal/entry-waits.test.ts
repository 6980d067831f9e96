import { describe, expect, it } from "vitest";
import { EntryWaits } from "../../src/journal/entry-waits.ts";

/** Whether a promise has ended, once all that can happen now has happened. */
async function endOf(promise: Promise<unknown>): Promise<string> {
  const open = new Promise<string>((resolve) => setImmediate(() => resolve("open")));
  const ended = promise.then(
    () => "resolved",
    (error: unknown) => `rejected: ${String(error)}`,
  );
  return Promise.race([ended, open]);
}

describe("waiting for an entry", () => {
  it("is over at once when there is nothing to wait for", async () => {
    const waits = new EntryWaits(new AbortController().signal);

    expect(await endOf(waits.until("k", () => true))).toBe("resolved");
  });

  it("is over when the request moved to where it is wanted, and not before", async () => {
    const waits = new EntryWaits(new AbortController().signal);
    let phase = "claimed";
    const until = waits.until("k", () => phase === "done");

    waits.moved("k");
    expect(await endOf(until)).toBe("open");
    phase = "done";
    waits.moved("another");
    expect(await endOf(until)).toBe("open");
    waits.moved("k");
    expect(await endOf(until)).toBe("resolved");
  });

  it("stays over when the request moves on before anybody looks", async () => {
    const waits = new EntryWaits(new AbortController().signal);
    let phase = "claimed";
    const until = waits.until("k", () => phase === "done");
    phase = "done";
    waits.moved("k");
    phase = "finished";
    waits.moved("k");

    expect(await endOf(until)).toBe("resolved");
  });

  it("goes on for others of the same request, also for those who come later", async () => {
    const waits = new EntryWaits(new AbortController().signal);
    let phase = 0;
    const first = waits.until("k", () => phase >= 1);
    const second = waits.until("k", () => phase >= 2);
    phase = 1;
    waits.moved("k");
    expect(await endOf(first)).toBe("resolved");
    const third = waits.until("k", () => phase >= 3);
    phase = 3;
    waits.moved("k");

    expect(await Promise.all([endOf(second), endOf(third)])).toStrictEqual([
      ...["resolved", "resolved"],
    ]);
  });

  it("ends with the signal's reason", async () => {
    const stop = new AbortController();
    const waits = new EntryWaits(stop.signal);
    const until = waits.until("k", () => false);
    const work = waits.unlessEnded(new Promise(() => undefined));
    stop.abort(new Error("the drain is over"));

    const later = [waits.until("k", () => false), waits.unlessEnded(Promise.resolve())];

    expect(await Promise.all([until, work, ...later].map(endOf))).toStrictEqual(
      Array.from({ length: 4 }, () => "rejected: Error: the drain is over"),
    );
  });

  it("hands on what the work gives, and what it fails with", async () => {
    const waits = new EntryWaits(new AbortController().signal);

    expect(await waits.unlessEnded(Promise.resolve(5))).toBe(5);
    await expect(waits.unlessEnded(Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });

  it("is nothing that Node warns of, however many wait", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on("warning", note);
    const stop = new AbortController();
    const waits = new EntryWaits(stop.signal);
    const all = Array.from({ length: 50 }, async (_, one) =>
      endOf(waits.until(String(one), () => false)),
    );
    await Promise.all(all);
    process.off("warning", note);

    expect(warnings).toStrictEqual([]);
  });
});
