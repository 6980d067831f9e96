import { describe, expect, it } from "vitest";
import type { Keys } from "../../src/domain/credentials.ts";
import type { CredentialOptions } from "../../src/credentials/credential-source.ts";
import { type Origin, originOf, type Resolution } from "../../src/credentials/origin.ts";
import { RenewedSource } from "../../src/credentials/renewed-source.ts";
import { aSecret, clocks, messageOf, optionsOf, plain, signal, START } from "./fake-cloud.ts";

const HOUR = 3_600_000;

function keysOf(name: string): Keys {
  return { id: aSecret(name), secret: aSecret(`${name}-secret`), token: aSecret(`${name}-token`) };
}

/** A source whose resolutions are decided one by one, by whoever tests it. */
function asked(more: Partial<CredentialOptions> = {}) {
  const clock = clocks();
  const open: {
    resolve: (resolution: Resolution) => void;
    reject: (error: Error) => void;
    signal: AbortSignal;
  }[] = [];
  const origin: Origin = originOf(
    "the test",
    "Do nothing",
    async (within) =>
      new Promise((resolve, reject) => open.push({ resolve, reject, signal: within })),
  );
  const told: string[] = [];
  const onTrouble = (message: string) => told.push(message);
  const source = new RenewedSource(origin, optionsOf(clock, { onTrouble, ...more }));
  const answer = async (name: string, expiresAt: number | null) => {
    open.shift()?.resolve({ keys: keysOf(name), expiresAt });
    await settled();
  };
  const fail = async (message: string) => {
    open.shift()?.reject(new Error(message));
    await settled();
  };
  return { clock, open, source, told, answer, fail };
}

async function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const idOf = async (source: RenewedSource) => (await source.keys(signal)).id.reveal();

describe("a source that renews its keys", () => {
  it("resolves once for all who ask at the same time", async () => {
    const { source, open, answer } = asked();
    const asking = Promise.all([source.keys(signal), source.keys(signal), source.keys(signal)]);
    await settled();
    expect(open).toHaveLength(1);
    await answer("first", START + HOUR);
    expect((await asking).map((keys) => keys.id.reveal())).toEqual(["first", "first", "first"]);
  });

  it("asks nobody while the keys are fresh", async () => {
    const { source, open, answer, clock } = asked();
    const first = source.keys(signal);
    await answer("first", START + HOUR);
    await first;
    clock.pass(HOUR * 0.79);
    expect(await idOf(source)).toBe("first");
    expect(open).toHaveLength(0);
  });

  it("renews in the background when a fifth of their life is left, serving them meanwhile", async () => {
    const { source, open, answer, clock } = asked();
    const first = source.keys(signal);
    await answer("first", START + HOUR);
    await first;
    clock.pass(HOUR * 0.8);
    expect(await idOf(source)).toBe("first");
    expect(await idOf(source)).toBe("first");
    expect(open).toHaveLength(1);
    await answer("second", START + 2 * HOUR);
    expect(await idOf(source)).toBe("second");
  });

  it("goes on with living keys when a renewal fails, says so and tries again later", async () => {
    const { source, open, answer, fail, clock, told } = asked();
    const first = source.keys(signal);
    await answer("first", START + HOUR);
    await first;
    clock.pass(HOUR * 0.8);
    await source.keys(signal);
    await fail("a blip");
    expect(told).toEqual([
      "the present keys still serve, but no credentials from the test: a blip. Do nothing.",
    ]);
    clock.pass(4999);
    expect(await idOf(source)).toBe("first");
    expect(open).toHaveLength(0);
    clock.pass(1);
    expect(await idOf(source)).toBe("first");
    await answer("second", START + 2 * HOUR);
    expect(await idOf(source)).toBe("second");
  });

  it("rejects when the keys are over and no others come, and tries afresh each time", async () => {
    const { source, answer, fail, clock } = asked();
    const first = source.keys(signal);
    await answer("first", START + HOUR);
    await first;
    clock.pass(HOUR);
    const second = messageOf(source.keys(signal));
    await fail("gone");
    expect(await second).toBe("no credentials from the test: gone. Do nothing.");
    const third = source.keys(signal);
    await answer("third", START + 2 * HOUR);
    expect((await third).id.reveal()).toBe("third");
  });

  it("begins no call with keys that are over before it arrives", async () => {
    const { source, open, answer, clock } = asked();
    const first = source.keys(signal);
    await answer("first", START + HOUR);
    await first;
    clock.pass(HOUR - 10_000);
    const second = source.keys(signal);
    await settled();
    expect(open).toHaveLength(1);
    await answer("second", START + 2 * HOUR);
    expect((await second).id.reveal()).toBe("second");
  });

  it("asks again after five minutes when nobody tells the end", async () => {
    const { source, open, answer, clock } = asked();
    const first = source.keys(signal);
    await answer("first", null);
    await first;
    clock.pass(299_999);
    await source.keys(signal);
    expect(open).toHaveLength(0);
    clock.pass(1);
    expect(await idOf(source)).toBe("first");
    expect(open).toHaveLength(1);
  });

  it("does not ask for keys with a short life on every call", async () => {
    const { source, open, answer, clock } = asked();
    const first = source.keys(signal);
    await answer("first", START + 240_000);
    await first;
    clock.pass(59_999);
    await source.keys(signal);
    expect(open).toHaveLength(0);
    clock.pass(1);
    await source.keys(signal);
    expect(open).toHaveLength(1);
  });

  it("asks the source again for refused keys, but not for older ones", async () => {
    const { source, open, answer } = asked();
    const first = source.keys(signal);
    await answer("first", null);
    source.refused(await first);
    const second = source.keys(signal);
    await settled();
    expect(open).toHaveLength(1);
    await answer("second", null);
    await second;
    source.refused(keysOf("first"));
    expect(await idOf(source)).toBe("second");
    expect(open).toHaveLength(0);
  });

  it("does not ask again for each of many refusals", async () => {
    const { source, open, answer, clock } = asked();
    const first = source.keys(signal);
    await answer("first", null);
    source.refused(await first);
    const second = source.keys(signal);
    await settled();
    await answer("second", null);
    source.refused(await second);
    expect(await idOf(source)).toBe("second");
    clock.pass(5000);
    source.refused(keysOf("second"));
    const third = source.keys(signal);
    await settled();
    expect(open).toHaveLength(1);
    await answer("third", null);
    expect((await third).id.reveal()).toBe("third");
  });

  it("does not wait longer than its deadline, and takes no late answer", async () => {
    const { source, open, answer } = asked({ deadlineMs: 5 });
    expect(await messageOf(source.keys(signal))).toContain("no answer within 0.005 s");
    const [late] = open.splice(0);
    expect(late?.signal.aborted).toBe(true);
    const second = source.keys(signal);
    late?.resolve({ keys: keysOf("late"), expiresAt: null });
    await answer("second", null);
    expect((await second).id.reveal()).toBe("second");
  });

  it("lets one asker go without troubling the others", async () => {
    const { source, answer } = asked();
    const leaving = new AbortController();
    const left = messageOf(source.keys(leaving.signal));
    const staying = source.keys(signal);
    leaving.abort(new Error("draining"));
    expect(await left).toBe("aborted");
    await answer("first", null);
    expect((await staying).id.reveal()).toBe("first");
  });

  it("refuses keys that are over when they come", async () => {
    const { source, answer } = asked();
    const message = messageOf(source.keys(signal));
    await answer("first", START);
    expect(await message).toContain("is this machine's clock right?");
  });

  it("tells its present and previous secrets, and redacts them in what errors say", async () => {
    const { source, answer, fail, clock } = asked();
    const first = source.keys(signal);
    await answer("first", START + HOUR);
    await first;
    clock.pass(HOUR);
    const second = source.keys(signal);
    await answer("second", START + 2 * HOUR);
    await second;
    expect(source.secrets()).toEqual([
      "second-secret",
      "second-token",
      "first-secret",
      "first-token",
    ]);
    clock.pass(HOUR);
    const third = messageOf(source.keys(signal));
    await fail("who sent first-token and second-secret?");
    expect(await third).toContain("who sent [redacted] and [redacted]?");
  });

  it("gives the keys as they came", async () => {
    const { source, answer } = asked();
    const first = source.keys(signal);
    await answer("first", null);
    expect(plain(await first)).toEqual(["first", "first-secret", "first-token"]);
  });
});
