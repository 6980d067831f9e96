import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { runProgram } from "../../src/cli/program.ts";
import { type CommandEnd, runCommand } from "../support/run-command.ts";
import { aTerminal } from "./a-terminal.ts";

/** Every command is a process that has to start. */
const PATIENT = { timeout: 60_000 };

const folder = mkdtempSync(join(tmpdir(), "process-usage-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const BAD = `
kafka:
  brokers: [127.0.0.1:9]
  groupID: a-key-that-is-not-known
schemaRegistry: { url: http://127.0.0.1:9 }
providers:
  - name: one
    kind: tencent-wedata
    region: ap-singapore
    credentials: { type: static, id: an-id, secret: "\${env:NOT_SET_ANYWHERE}" }
  - name: two
    kind: alibaba-dataworks
    region: cn-shanghai
    credentials: { type: passport, id: an-id, secret: planted-secret }
  - name: three
    kind: alibaba-dataworks
    region: cn-shanghai
    endpoint: http://dataworks.example.com
    credentials: { type: static, id: an-id, secret: planted-secret }
`;

const GOOD = `
kafka: { brokers: [127.0.0.1:9] }
schemaRegistry: { url: http://127.0.0.1:9 }
providers:
  - name: one
    kind: tencent-wedata
    region: ap-singapore
    credentials: { type: static, id: "\${env:NOT_SET_ID}", secret: "\${env:NOT_SET_SECRET}" }
`;

describe("a config file with four mistakes", PATIENT, () => {
  it.each(["run", "check"])(
    "has them all told with their paths by %s, and ends it with 2",
    async (command) => {
      const file = configFile("bad.yaml", BAD);
      const { code, stdout, stderr } = await runCommand([command, "--config", file]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("has 4 problems");
      const lines = stderr.split("\n");
      for (const [path, found] of [
        ["kafka.groupID", "groupId"],
        ["providers[0].credentials.secret", "NOT_SET_ANYWHERE"],
        ["providers[1].credentials.type", "expected one of static"],
        ["providers[2].endpoint", "http"],
      ] as const) {
        expect(lines.find((line) => line.includes(path))).toContain(found);
      }
      expect(stderr).not.toContain("planted-secret");
    },
  );
});

describe("check --offline", PATIENT, () => {
  it("wants every reference to be set", async () => {
    const file = configFile("good.yaml", GOOD);
    const { code, stderr } = await runCommand(["check", "--offline", "--config", file]);
    expect(code).toBe(2);
    expect(stderr).toContain("NOT_SET_ID");
    expect(stderr).toContain("NOT_SET_SECRET");
  });

  it("shows the config in effect and connects to nothing, with --no-secrets also without secrets", async () => {
    const file = configFile("good.yaml", GOOD);
    const args = ["check", "--offline", "--no-secrets", "--config", file];
    const { code, stdout, stderr } = await runCommand(args);
    expect(code).toBe(0);
    expect(stdout).toContain("maxAttempts: 5");
    expect(stderr).toContain("nothing was connected to");
    expect(stderr).toMatch(/warning: .*NOT_SET_SECRET/);
  });

  it("takes the example file of the repository", async () => {
    const file = "examples/config/rerun-dispatcher.yaml";
    const { code } = await runCommand(["check", "--offline", "--no-secrets", "--config", file]);
    expect(code).toBe(0);
  });
});

describe("a command that calls no provider", PATIENT, () => {
  const COMMANDS: readonly (readonly [readonly string[], string])[] = [
    [["topics"], "broker"],
    [["schemas"], "Cannot use the schema registry"],
    [["outcomes"], "broker"],
    [["lanes", "list"], "broker"],
    [["lanes", "pause", "one", "--reason", "an incident"], "broker"],
    [["submit", "--file", "/nowhere/at/all.json"], "/nowhere/at/all.json"],
  ];

  it.each(COMMANDS)("%j goes on without the credentials of providers", async (args, told) => {
    const file = configFile("good.yaml", GOOD);
    const { stderr } = await inThisProcess([...args, "--config", file]);
    expect(stderr).toContain(told);
    expect(stderr).not.toMatch(/NOT_SET|credentials|placeholder/);
  });

  it.each(COMMANDS)("%j wants the secrets of brokers and registry", async (args) => {
    const registry = `{ url: http://127.0.0.1:9, username: u, password: "\${env:NOT_SET_REGISTRY}" }`;
    const sasl = `sasl: { mechanism: plain, username: u, password: "\${env:NOT_SET_KAFKA}" }`;
    const yaml = GOOD.replace("{ url: http://127.0.0.1:9 }", registry).replace("9]", `9], ${sasl}`);
    const file = configFile("secrets.yaml", yaml);
    const { code, stderr } = await inThisProcess([...args, "--config", file]);
    expect(code).toBe(2);
    expect(stderr).toContain("kafka.sasl.password");
    expect(stderr).toContain("schemaRegistry.password");
    expect(stderr).not.toContain("credentials");
  });

  it.each(["run", "check"])("is not %s", async (command) => {
    const file = configFile("good.yaml", GOOD);
    const { code, stderr } = await inThisProcess([command, "--config", file]);
    expect(code).toBe(2);
    expect(stderr).toContain("NOT_SET_SECRET");
  });
});

describe("bad usage", PATIENT, () => {
  it.each([
    [["no-such-command"], "unknown command 'no-such-command'"],
    [["run"], "required option '--config <file>'"],
    [["check", "--no-secrets", "--config", "x"], "--no-secrets goes with --offline"],
    [["topics", "--config", "/nowhere/at/all.yaml"], "/nowhere/at/all.yaml"],
    [["plan", "--config", "x", "--file", "y"], "'plan' is not built yet"],
    [["replay", "--config", "x", "--from", "-2h"], "'replay' is not built yet"],
    [["dead-letters", "list", "--config", "x"], "'dead-letters' is not built yet"],
    [["lanes", "--config", "x"], "missing required argument 'action'"],
    [["lanes", "--config", "x", "stop"], "Allowed choices are list, pause, resume, limit"],
    [["lanes", "--config", "x", "pause", "a", "--for", "2"], "a duration such as"],
    [["lanes", "--config", "x", "limit", "a", "--calls-per-second", "0"], "a whole number from 1"],
    [[], "Usage: rerun-dispatcher"],
  ])("%j ends with 2 and says what is wrong", async (args, words) => {
    const { code, stdout, stderr } = await inThisProcess(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
  });

  it("is the exit code of the process", async () => {
    const { code, stdout, stderr } = await runCommand(["plan", "--config", "x", "--file", "y"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("'plan' is not built yet");
  });
});

describe("lanes list with what goes with orders", () => {
  it.each([
    [["--reason", "why"], "--reason"],
    [["--for", "2h"], "--for"],
    [["--calls-per-second", "3"], "--calls-per-second"],
    [["--by", "ann"], "--by"],
    [["--by", "", "--for", "0s"], "--for, --by"],
  ])("%j ends with 2 and names it", async (options, named) => {
    const file = configFile("good.yaml", GOOD);
    const args = ["lanes", "list", "one", ...options, "--config", file];
    const { code, stdout, stderr } = await inThisProcess(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(`Not with list, but with an order (pause, resume, limit): ${named}.\n`);
  });
});

describe("--help", () => {
  it.each(["run", "check", "topics", "schemas", "submit", "outcomes", "lanes"])(
    "of %s shows an example",
    async (command) => {
      const { code, stdout, stderr } = await inThisProcess([command, "--help"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`Example:\\n  rerun-dispatcher ${command} --config `));
    },
  );

  it("of outcomes says in which order they come", async () => {
    const { stdout } = await inThisProcess(["outcomes", "--help"]);
    expect(stdout).toContain("partition by partition");
  });

  it("names the commands that are built, and no other", async () => {
    const { code, stdout } = await inThisProcess(["--help"]);
    expect(code).toBe(0);
    const commands = stdout.matchAll(/^ {2}([a-z-]+) \[/gm);
    expect([...commands].map(([, name]) => name)).toEqual([
      ...["run", "check", "topics", "schemas", "submit", "outcomes", "lanes", "help"],
    ]);
  });
});

describe("--version", PATIENT, () => {
  it("is the package's", async () => {
    const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    const end = await runCommand(["--version"]);
    expect(end).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

/** The same program without the seconds that a process takes to start. */
async function inThisProcess(args: readonly string[]): Promise<CommandEnd> {
  const terminal = aTerminal();
  const never = new AbortController().signal;
  const around = { env: {}, version: "0.0.0", stop: never, abandon: never };
  const code = await runProgram(args, { ...around, terminal });
  return { code, stdout: terminal.out, stderr: terminal.err };
}
