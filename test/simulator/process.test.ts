import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Readable, type Writable } from "node:stream";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Simulator } from "../../dev/simulator/simulator.ts";
import { alibabaKey, callDms, rerunDataworks } from "./cloud-callers.ts";

let folder: string;
let credentialsFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulator-test-"));
  credentialsFile = join(folder, "credentials.json");
  await writeFile(credentialsFile, JSON.stringify([alibabaKey]));
});
afterAll(async () => rm(folder, { recursive: true }));

// A test that fails half-way must not leave its process behind.
const children = new Set<Child>();
afterEach(() => {
  children.forEach((child) => child.kill("SIGKILL"));
  children.clear();
});

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function start(...flags: string[]): Child {
  const main = new URL("../../dev/simulator/main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--import", "tsx", main, ...flags], { stdio: "pipe" });
  children.add(child);
  return child;
}

/** The first line on stdout, or nothing when the process ended without one. */
async function firstLine(child: Child): Promise<string | undefined> {
  for await (const line of createInterface({ input: child.stdout })) {
    return line;
  }
  return undefined;
}

describe("the simulator as a process", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "says where it is, works, and ends on %s with 0",
    async (signal) => {
      const caFile = join(folder, `${signal}.pem`);
      const files = ["--credentials-file", credentialsFile, "--ca-out", caFile];
      const child = start(...files, "--flow", "70=1,2", "--flow", "71=3");
      const exit = once(child, "exit");

      const addresses = JSON.parse((await firstLine(child)) ?? "") as Simulator;
      const answer = await rerunDataworks(addresses, ["12"], { tls: true });
      const flow = await callDms(addresses, "ListTaskFlowInstance", {
        DagId: "70",
        PageIndex: "1",
        PageSize: "10",
      });
      const { arrivals } = await new SimulatorAdmin(addresses.adminUrl).summary();
      const ca = await readFile(caFile, "utf8");
      child.kill(signal);

      expect(answer).toContain('"Success":true');
      expect(flow).toContain('"TotalCount":2');
      expect(arrivals).toBe(2);
      expect(ca).toBe(addresses.caPem);
      expect(await exit).toStrictEqual([0, null]);
    },
    30_000,
  );

  it("ends when its parent does, if it was told to", async () => {
    const child = start("--credentials-file", credentialsFile, "--die-with-parent");
    const exit = once(child, "exit");
    await firstLine(child);

    child.stdin.end();

    expect(await exit).toStrictEqual([0, null]);
  }, 30_000);

  it.each([
    ["no credentials file", [], "--credentials-file is missing"],
    ["an unknown flag", ["--foo"], "--foo"],
    ["a flow without records", ["--credentials-file", "FILE", "--flow", "70"], "--flow"],
    ["a port that is none", ["--credentials-file", "FILE", "--admin-port", "many"], "--admin-port"],
  ])(
    "ends with 2 and says why: %s",
    async (_name, flags, reason) => {
      const child = start(...flags.map((flag) => (flag === "FILE" ? credentialsFile : flag)));
      const exit = once(child, "exit");
      const words: string[] = [];
      child.stderr.on("data", (chunk: Buffer) => words.push(chunk.toString()));

      expect(await exit).toStrictEqual([2, null]);
      expect(words.join("")).toContain(reason);
    },
    30_000,
  );
});
