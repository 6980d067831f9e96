import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const prefix = "rerun-stack-";

/** Makes the temp folder of one run. Its name carries our pid, so that it is never without an owner. */
export async function makeRunFolder(parent = tmpdir()): Promise<string> {
  return realpath(await mkdtemp(join(parent, `${prefix}${process.pid}-`)));
}

/**
 * Removes the folders of runs whose process is gone, as after a SIGKILL, and leaves those of living
 * ones alone. Returns what it removed; a folder that cannot be removed, another user's, say, stays.
 */
export async function sweepDeadRuns(parent = tmpdir()): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(parent)) {
    const owner = runFolderOwner(name);
    if (owner === undefined || isAlive(owner)) continue;
    const folder = join(parent, name);
    await rm(folder, { recursive: true, force: true }).then(
      () => removed.push(folder),
      () => undefined,
    );
  }
  return removed;
}

/** The pid in a run folder's name; undefined for any other name. */
export function runFolderOwner(name: string): number | undefined {
  const digits = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Whether a process with this pid exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
