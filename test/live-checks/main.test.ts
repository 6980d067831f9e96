import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  DMS,
  LOCAL_CREDENTIALS,
  LOCAL_ENV,
  localConfigText,
} from "../../dev/rig/service-config.ts";
import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";

const ROOT = new URL("../../", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "live-checks-main-"));
const config = join(folder, "config.yaml");
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ credentials: LOCAL_CREDENTIALS });
  const { tencentUrl: wedataUrl, alibabaUrl } = simulator;
  const local = { brokers: ["127.0.0.1:1"], registryUrl: "http://127.0.0.1:1" };
  writeFileSync(config, localConfigText({ ...local, wedataUrl, alibabaUrl }));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await simulator.close();
});

async function runScript(...args: readonly string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", "dev/live-checks/main.ts", ...args], {
    cwd: ROOT,
    env: { PATH: "", ...LOCAL_ENV },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

it("prints a line for each finding and ends with 0 when nothing differs", async () => {
  const { code, stdout, stderr } = await runScript("--config", config, "--provider", DMS);

  expect(stderr).toContain("dms-demo (alibaba-dms, ap-singapore) at 127.0.0.1, at most 1 request");
  expect(stdout.split("\n").map((line) => line.split("  ")[0])).toStrictEqual([
    ...["CHECK", "endpoint and credentials", "unknown thing: ListTaskFlowInstance"],
    ...["nonce sent twice", ""],
  ]);
  expect(code).toBe(0);
  expect(await mostInASecond()).toBe(1);
}, 30_000);

it.each([
  ["an unknown flag", ["--force"], "--force"],
  ["a third rerun", ["--config", "c", "--provider", "p", "--reruns", "3"], "--reruns is 1 or 2"],
  ["an unknown connection", ["--config", config, "--provider", "p"], "there is no provider p"],
])("ends with 2 for %s", async (_name, args, problem) => {
  const { code, stdout, stderr } = await runScript(...args);

  expect(stderr).toContain(problem);
  expect(stdout).toBe("");
  expect(code).toBe(2);
});

/** The most requests that arrived in any second. */
async function mostInASecond(): Promise<number> {
  const times = (await new SimulatorAdmin(simulator.adminUrl).arrivals()).map(({ at }) => at);
  const since = times.map((from) => times.filter((at) => at >= from && at < from + 1000).length);
  return Math.max(...since);
}
