import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { findJava, parseJavaMajor } from "../../dev/stack/java.ts";

describe("parseJavaMajor", () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17],
    ['openjdk version "25" 2025-09-16 LTS', 25],
    ['openjdk version "26-ea" 2026-03-17', 26],
    ['java version "1.8.0_402"', 8],
    ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21.0.2" 2024-01-16', 21],
  ])("reads the major of %j", (printed, major) => {
    expect(parseJavaMajor(printed)).toBe(major);
  });

  it("knows no major in what is not a version", () => {
    expect(parseJavaMajor("The operation couldn’t be completed.")).toBeUndefined();
  });
});

describe("findJava", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "find-java-"));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  /** A command that prints what Java of that version prints. */
  async function aJava(place: string, version: string): Promise<string> {
    const command = join(folder, place);
    await mkdir(dirname(command), { recursive: true });
    await writeFile(command, `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`);
    await chmod(command, 0o755);
    return command;
  }
  const nowhere = async (): Promise<never[]> => [];

  it("prefers JAVA_HOME to the PATH", async () => {
    const command = await aJava("home/bin/java", "21.0.1");
    await aJava("path/java", "25");
    const env = { JAVA_HOME: join(folder, "home"), PATH: join(folder, "path") };
    expect(await findJava(env, nowhere)).toEqual({
      kind: "found",
      java: { command, home: join(folder, "home"), major: 21 },
    });
  });

  it("passes over a JAVA_HOME that is too old", async () => {
    await aJava("home/bin/java", "11.0.2");
    const command = await aJava("path/java", "17.0.15");
    const env = { JAVA_HOME: join(folder, "home"), PATH: join(folder, "path") };
    expect(await findJava(env, nowhere)).toEqual({ kind: "found", java: { command, major: 17 } });
  });

  it("looks in the usual folders last", async () => {
    const command = await aJava("jvm/17/bin/java", "17.0.1");
    const usual = async () => [{ command, home: join(folder, "jvm/17") }];
    expect(await findJava({ PATH: folder }, usual)).toEqual({
      kind: "found",
      java: { command, home: join(folder, "jvm/17"), major: 17 },
    });
  });

  it("names the ones that are too old when none suffices", async () => {
    const command = await aJava("path/java", "1.8.0_402");
    expect(await findJava({ PATH: join(folder, "path") }, nowhere)).toEqual({
      kind: "none",
      tooOld: [{ command, major: 8 }],
    });
  });
});
