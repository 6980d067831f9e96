import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AccessTrouble } from "../../src/domain/access.ts";
import type { Gate, ReadTurns, WireTerms } from "../../src/domain/provider.ts";
import { soundOut } from "../../src/lanes/sounding.ts";
import { neverAborted } from "../support/provider-config.ts";
import { promptTurns } from "../support/read-turns.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SILENT: AccessTrouble = { message: "nobody answered", isAnswered: false };

/** A provider that ends its harmless read like this, so long after its first byte. */
function aProvider(trouble: AccessTrouble | null, afterMs = 0) {
  return {
    accessRead: "GetIt",
    checkAccess: async ({ gate, signal }: WireTerms) => {
      try {
        (await gate.pass(signal))();
      } catch {
        return SILENT;
      }
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      return trouble;
    },
  };
}

async function ended<T>(sounding: Promise<T>, afterMs = 0): Promise<T> {
  await vi.advanceTimersByTimeAsync(afterMs);
  return sounding;
}

describe("sounding a provider out", () => {
  it.each<[string, AccessTrouble | null, string | null]>([
    ["is silent", SILENT, "nobody answered"],
    ["answers", null, null],
    ["refuses the keys, which is an answer", { message: "who are you", isAnswered: true }, null],
  ])("tells whether it %s, by its harmless read", async (_, trouble, expected) => {
    const { turns, actions } = promptTurns();

    expect(await ended(soundOut(aProvider(trouble), turns))).toBe(expected);
    expect([actions, vi.getTimerCount()]).toStrictEqual([["GetIt"], 0]);
  });

  it("leaves it to a call when the day has no more room for reads", async () => {
    const take: ReadTurns["take"] = async () =>
      Promise.resolve({ kind: "unreadable", result: "quota", message: "no room" });

    expect(await soundOut(aProvider(SILENT), { take })).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves it to a call when the read is not through its gate after half a minute", async () => {
    const gate: Gate = {
      pass: async (signal) =>
        new Promise<never>((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        }),
    };
    const take: ReadTurns["take"] = async (_, read, signal = neverAborted) =>
      read({ gate, signal });

    expect(await ended(soundOut(aProvider(null), { take }), 30_000)).toBeNull();
  });

  it("waits for the answer for as long as the wire does", async () => {
    const { turns } = promptTurns();

    expect(await ended(soundOut(aProvider(SILENT, 60_000), turns), 60_000)).toBe("nobody answered");
  });
});
