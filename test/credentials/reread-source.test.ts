import { describe, expect, it } from "vitest";
import type { StaticCredentials } from "../../src/config/config.ts";
import { staticSource } from "../../src/credentials/credential-source.ts";
import { openCredentials } from "../../src/credentials/open-credentials.ts";
import { configOf, aConfig } from "../config/parsing.ts";
import { clocks, messageOf, optionsOf, plain, signal } from "./fake-cloud.ts";

/** Keys in pretended files, through the parser. */
function fromFiles() {
  const files: Record<string, string> = { id: "id-1\n", secret: "secret-1\n", token: "token-1\n" };
  const yaml = aConfig({
    provider:
      'credentials: { type: static, id: "${file:id}", secret: "${file:secret}", token: "${file:token}" }',
  });
  const config = configOf(yaml, { files }).providers[0]?.credentials as StaticCredentials;
  const clock = clocks();
  const told: string[] = [];
  const onTrouble = (message: string) => told.push(message);
  const source = openCredentials(config, "tencent-wedata", optionsOf(clock, { onTrouble }));
  const rotate = (n: number) =>
    Object.assign(files, { id: `id-${n}\n`, secret: `secret-${n}\n`, token: `token-${n}\n` });
  return { files, clock, told, source, rotate };
}

const OLD = ["id-1", "secret-1", "token-1"];
const NEW = ["id-2", "secret-2", "token-2"];

describe("static keys from files", () => {
  it("are taken anew after five seconds", async () => {
    const { source, clock, rotate } = fromFiles();
    rotate(2);
    clock.pass(4999);
    expect(plain(await source.keys(signal))).toEqual(OLD);
    clock.pass(1);
    expect(plain(await source.keys(signal))).toEqual(NEW);
    expect(source.secrets()).toEqual(["secret-2", "token-2", "secret-1", "token-1"]);
  });

  it("are taken anew at once when they are refused, but not when older ones are", async () => {
    const { source, rotate } = fromFiles();
    const old = await source.keys(signal);
    rotate(2);
    source.refused(old);
    expect(plain(await source.keys(signal))).toEqual(NEW);
    rotate(3);
    source.refused(old);
    expect(plain(await source.keys(signal))).toEqual(NEW);
  });

  it.each([
    ["missing", undefined, "which cannot be read (ENOENT)"],
    ["empty", "", "the file holds no text without blanks and line ends"],
    ["half written", "hunter2 \n", "the file holds no text without blanks and line ends"],
  ])("stay when a file is %s, which is told once", async (_, text, expected) => {
    const { source, clock, told, rotate, files } = fromFiles();
    rotate(2);
    if (text === undefined) delete files["secret"];
    else files["secret"] = text;
    clock.pass(5000);
    expect(plain(await source.keys(signal))).toEqual(OLD);
    clock.pass(5000);
    await source.keys(signal);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("providers[0].credentials.secret");
    expect(told[0]).toContain(expected);
    expect(told[0]).not.toContain("hunter2");
    rotate(2);
    clock.pass(5000);
    expect(plain(await source.keys(signal))).toEqual(NEW);
  });

  it("stay while one of them is being exchanged after the other", async () => {
    const { source, clock, told, files, rotate } = fromFiles();
    rotate(2);
    let readings = 0;
    Object.defineProperty(files, "token", {
      get: () => `token-${++readings}`,
      configurable: true,
    });
    clock.pass(5000);
    expect(plain(await source.keys(signal))).toEqual(OLD);
    expect(told).toEqual([
      "the present keys still serve, but the files of the keys are being written",
    ]);
  });

  it("are not handed out after an abort", async () => {
    const { source } = fromFiles();
    const aborted = AbortSignal.abort(new Error("draining"));
    expect(await messageOf(source.keys(aborted))).toBe("draining");
  });
});

describe("static keys from the config or the environment", () => {
  it("never change", async () => {
    const yaml = aConfig({ provider: 'credentials: { type: static, id: i, secret: "${env:S}" }' });
    const config = configOf(yaml, { env: { S: "s" } }).providers[0]?.credentials;
    expect(config).toMatchObject({ type: "static", reread: null });
    const source = openCredentials(config!, "alibaba-dms", optionsOf(clocks()));
    const keys = await source.keys(signal);
    source.refused(keys);
    expect(plain(await source.keys(signal))).toEqual(["i", "s", null]);
    expect(source.secrets()).toEqual(["s"]);
  });

  it("are a source by themselves", async () => {
    const { source } = fromFiles();
    const keys = await source.keys(signal);
    expect(await staticSource(keys).keys(signal)).toBe(keys);
    expect(staticSource(keys).secrets()).toEqual(["secret-1", "token-1"]);
  });
});
