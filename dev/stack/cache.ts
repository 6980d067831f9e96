import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { isAlive } from "./run-folder.ts";

/** The user's cache folder for our downloads, by the XDG base directory specification. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const own = env["XDG_CACHE_HOME"];
  const base = own === undefined || own === "" ? join(homedir(), ".cache") : own;
  return join(base, "rerun-dispatcher");
}

/** Whether an entry is there; then it is also complete. */
export async function isCached(cache: string, id: string): Promise<boolean> {
  return stat(join(cache, id)).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

/**
 * Returns the folder of a cache entry, filled by `fill` unless it is there already.
 *
 * An entry is complete or absent: it is filled under another name and renamed at the end. Of two
 * that fill the same entry at once, the first to end wins and the second uses what the first made.
 */
export async function cached(
  cache: string,
  id: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const entry = join(cache, id);
  if (await isCached(cache, id)) return entry;
  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache);
  const unfinished = join(cache, `${id}.${process.pid}.partial`);
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished);
    await fill(unfinished);
    await rename(unfinished, entry).catch(async (error: unknown) => {
      if (!(await isCached(cache, id))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return entry;
}

async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const owner = /\.(\d+)\.partial$/.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    await rm(join(cache, name), { recursive: true, force: true });
  }
}
