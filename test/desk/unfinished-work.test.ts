import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { UnfinishedWork } from "../../src/desk/unfinished-work.ts";

/** Work that the test ends, by name. */
function someWork() {
  const work = new UnfinishedWork();
  const ends = new Map<string, { readonly end: () => void; readonly fail: (why: Error) => void }>();
  const begin = async (name: string): Promise<void> => {
    const running = new Promise<void>((resolve, reject) => {
      ends.set(name, { end: resolve, fail: reject });
    });
    return work.run(name, async () => running);
  };
  const idle: string[] = [];
  const awaitIdle = (label: string, isMeant?: (name: string) => boolean): void =>
    void work.idle(isMeant).then(() => idle.push(label));
  return { work, begin, ends, idle, awaitIdle };
}

describe("unfinished work", () => {
  it("is known by its name until it ends", async () => {
    const { work, begin, ends } = someWork();
    expect(work.has("a")).toBe(false);
    const running = begin("a");
    expect([work.has("a"), work.has("b")]).toStrictEqual([true, false]);
    ends.get("a")?.end();
    await running;

    expect(work.has("a")).toBe(false);
  });

  it("ends with its failure, which is its caller's to look after", async () => {
    const { work, begin, ends, idle, awaitIdle } = someWork();
    const running = begin("a");
    awaitIdle("all");
    ends.get("a")?.fail(new Error("a bug"));

    await expect(running).rejects.toThrow("a bug");
    expect([work.has("a"), idle]).toStrictEqual([false, ["all"]]);
  });

  it("is over at once where there is none", async () => {
    await expect(new UnfinishedWork().idle()).resolves.toBeUndefined();
  });

  it("is waited for to the last, by everybody who waits", async () => {
    const { begin, ends, idle, awaitIdle } = someWork();
    for (const name of ["a", "b"]) void begin(name);
    awaitIdle("first");
    awaitIdle("second");
    ends.get("a")?.end();
    await turn();
    expect(idle).toStrictEqual([]);

    ends.get("b")?.end();
    await turn();
    expect(idle).toStrictEqual(["first", "second"]);
  });

  it("is waited for also where it began after the waiting", async () => {
    const { begin, ends, idle, awaitIdle } = someWork();
    void begin("a");
    awaitIdle("all");
    void begin("b");
    ends.get("a")?.end();
    await turn();
    expect(idle).toStrictEqual([]);

    ends.get("b")?.end();
    await turn();
    expect(idle).toStrictEqual(["all"]);
  });

  it("is waited for only as far as it is meant", async () => {
    const { begin, ends, idle, awaitIdle } = someWork();
    void begin("judge 1");
    void begin("publish 1");
    awaitIdle("publishing", (name) => name.startsWith("publish"));
    awaitIdle("nothing", (name) => name.startsWith("follow"));
    await turn();
    expect(idle).toStrictEqual(["nothing"]);

    ends.get("publish 1")?.end();
    await turn();
    expect(idle).toStrictEqual(["nothing", "publishing"]);
  });
});
