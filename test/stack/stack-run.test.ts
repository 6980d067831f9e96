import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { StackRun } from "../../dev/stack/stack-run.ts";
import { hasEnded } from "./has-ended.ts";

const patience = { timeout: 20_000, interval: 50 };

describe("StackRun", () => {
  let run: StackRun;
  beforeEach(async () => {
    run = await StackRun.open({ PATH: "/usr/bin:/bin" });
  });
  afterEach(async () => run.close());

  it("ends its processes and removes its folder when it closes", async () => {
    const { pid } = run.spawn({ name: "sleep", command: "sleep", args: ["600"] });
    await run.close();
    expect(await hasEnded(pid)).toBe(true);
    expect(existsSync(run.folder)).toBe(false);
  });

  it("starts nothing once it is closing", async () => {
    await run.close();
    expect(() => run.spawn({ name: "sleep", command: "sleep", args: ["600"] })).toThrow(
      "The stack was stopped before sleep",
    );
  });

  it("says what a failed command printed last", async () => {
    const failing = run.runToEnd(
      { name: "fails", command: "sh", args: ["-c", "echo no such luck >&2; exit 3"] },
      60_000,
    );
    await expect(failing).rejects.toThrow(/fails exited with code 3[^]*no such luck/);
  });

  it("says so when a command is not there", async () => {
    const failing = run.runToEnd({ name: "x", command: "no-such-command", args: [] }, 60_000);
    await expect(failing).rejects.toThrow(/exited with code 127[^]*no-such-command/);
  });

  it("kills a command that takes too long", async () => {
    const slow = run.runToEnd({ name: "slow", command: "sleep", args: ["600"] }, 50);
    await expect(slow).rejects.toThrow("slow ended by SIGKILL (limit 50 ms)");
  });

  it("lets the watching shell of a finished command end", async () => {
    await run.runToEnd({ name: "marked", command: "true", args: ["leash-mark-3f2a"] }, 60_000);
    await expect.poll(async () => commandLinesWith("leash-mark-3f2a"), patience).toEqual([]);
  });
});

describe("a process that ends without closing its run", () => {
  let owner: ChildProcess;
  let state: { folder: string; pid: number };
  beforeEach(async () => {
    const script = `
      const { StackRun } = await import(${JSON.stringify(new URL("../../dev/stack/stack-run.ts", import.meta.url).href)});
      const run = await StackRun.open(process.env);
      const other = await StackRun.open(process.env);
      await other.close();
      const { pid } = run.spawn({ name: "sleep", command: "sleep", args: ["600"] });
      process.stdout.write(JSON.stringify({ folder: run.folder, pid }) + "\\n");
      process.stdin.on("data", () => process.exit(7));
    `;
    owner = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface(owner.stdout!), "line")) as [string];
    state = JSON.parse(line) as typeof state;
  });
  afterEach(async () => {
    owner.kill("SIGKILL");
    await rm(state.folder, { recursive: true, force: true });
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "by %s leaves no process and no folder, and dies of that signal",
    async (signal) => {
      owner.kill(signal);
      expect(await once(owner, "exit")).toEqual([null, signal]);
      await expect.poll(async () => hasEnded(state.pid), patience).toBe(true);
      expect(existsSync(state.folder)).toBe(false);
    },
  );

  it("by itself leaves no process and no folder", async () => {
    owner.stdin?.write("end\n");
    expect(await once(owner, "exit")).toEqual([7, null]);
    await expect.poll(async () => hasEnded(state.pid), patience).toBe(true);
    expect(existsSync(state.folder)).toBe(false);
  });

  it("by SIGKILL leaves no process, and a folder that the next run sweeps", async () => {
    owner.kill("SIGKILL");
    await once(owner, "exit");
    await expect.poll(async () => hasEnded(state.pid), patience).toBe(true);
    const next = await StackRun.open({});
    await next.close();
    expect(existsSync(state.folder)).toBe(false);
  });

  it("by SIGKILL leaves no process even if that was frozen", async () => {
    process.kill(state.pid, "SIGSTOP");
    owner.kill("SIGKILL");
    await expect.poll(async () => hasEnded(state.pid), patience).toBe(true);
  });
});

async function commandLinesWith(words: string): Promise<string[]> {
  const ps = spawn("ps", ["-e", "-o", "args="]);
  const lines: string[] = [];
  createInterface(ps.stdout).on("line", (line) => lines.push(line));
  await once(ps, "close");
  return lines.filter((line) => line.includes(words));
}
