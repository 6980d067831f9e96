import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { makeRunFolder, runFolderOwner, sweepDeadRuns } from "../../dev/stack/run-folder.ts";

// Above every system's largest pid.
const deadPid = 2 ** 30;

describe("sweepDeadRuns", () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "runs-"));
  });
  afterEach(async () => rm(parent, { recursive: true }));

  it("removes the folders of dead runs and nothing else", async () => {
    const own = await makeRunFolder(parent);
    await mkdir(join(parent, `rerun-stack-${deadPid}-abc`, "data"), { recursive: true });
    await mkdir(join(parent, `rerun-stack-notes`));
    await mkdir(join(parent, `other-${deadPid}-abc`));
    expect(await sweepDeadRuns(parent)).toEqual([join(parent, `rerun-stack-${deadPid}-abc`)]);
    expect(await readdir(parent)).toEqual(
      [`other-${deadPid}-abc`, "rerun-stack-notes", basename(own)].sort(),
    );
  });
});

describe("runFolderOwner", () => {
  it("is the process that made the folder", async () => {
    const folder = await makeRunFolder();
    await rm(folder, { recursive: true });
    expect(runFolderOwner(basename(folder))).toBe(process.pid);
  });
});
