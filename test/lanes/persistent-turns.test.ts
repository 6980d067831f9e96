import { describe, expect, it } from "vitest";
import type { ReadEnd } from "../../src/domain/provider.ts";
import { persistentTurns } from "../../src/lanes/persistent-turns.ts";
import { promptTurns } from "../support/read-turns.ts";

const read: ReadEnd<string> = { kind: "read", value: "seen" };
const failed = (result: "throttled" | "unavailable" | "uncertain" | "refused" | "credentials") =>
  ({ kind: "unreadable", result, message: "words" }) as const;

async function take(...ends: readonly ReadEnd<string>[]) {
  const { turns, actions } = promptTurns();
  const left = [...ends];
  const end = await persistentTurns(turns).take("Get", async () => left.shift() ?? read);
  return { end, turns: actions.length };
}

describe("turns of reads that are not repeated by anybody", () => {
  it.each(["throttled", "unavailable", "uncertain"] as const)(
    "come again for what was %s",
    async (result) => {
      await expect(take(failed(result), read)).resolves.toStrictEqual({ end: read, turns: 2 });
    },
  );

  it.each(["refused", "credentials"] as const)("come once for what was %s", async (result) => {
    await expect(take(failed(result), read)).resolves.toStrictEqual({
      ...{ end: failed(result), turns: 1 },
    });
  });

  it("come three times at most", async () => {
    const end = failed("throttled");

    await expect(take(end, end, end, read)).resolves.toStrictEqual({ end, turns: 3 });
  });

  it("come no more for what was called off", async () => {
    const { turns, actions } = promptTurns();
    const end = await persistentTurns(turns).take(
      "Get",
      async () => failed("unavailable"),
      AbortSignal.abort(),
    );

    expect([end, actions.length]).toStrictEqual([failed("unavailable"), 1]);
  });
});
