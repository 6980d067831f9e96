import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { cached, cacheFolder } from "../../dev/stack/cache.ts";

// Above every system's largest pid.
const deadPid = 2 ** 30;

describe("cached", () => {
  let cache: string;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "cache-"));
  });
  afterEach(async () => rm(cache, { recursive: true }));

  const filledWith = (text: string) => async (folder: string) =>
    writeFile(join(folder, "jar"), text);

  it("fills an entry once", async () => {
    await cached(cache, "thing-1", filledWith("first"));
    const folder = await cached(cache, "thing-1", async () => {
      throw new Error("filled twice");
    });
    expect(await readFile(join(folder, "jar"), "utf8")).toBe("first");
  });

  it("leaves nothing behind when filling fails", async () => {
    const failing = cached(cache, "thing-1", async (folder) => {
      await writeFile(join(folder, "jar"), "half");
      throw new Error("line went down");
    });
    await expect(failing).rejects.toThrow("line went down");
    expect(await readdir(cache)).toEqual([]);
  });

  it("uses the entry that somebody else finished meanwhile", async () => {
    const folder = await cached(cache, "thing-1", async (unfinished) => {
      await writeFile(join(unfinished, "jar"), "ours");
      await mkdir(join(cache, "thing-1"));
      await writeFile(join(cache, "thing-1", "jar"), "theirs");
    });
    expect(await readFile(join(folder, "jar"), "utf8")).toBe("theirs");
    expect(await readdir(cache)).toEqual(["thing-1"]);
  });

  it("removes what a killed download left, not what a living one is filling", async () => {
    await mkdir(join(cache, `old-1.${deadPid}.partial`));
    await mkdir(join(cache, `other-1.${process.ppid}.partial`));
    await cached(cache, "thing-1", filledWith("x"));
    expect(await readdir(cache)).toEqual([`other-1.${process.ppid}.partial`, "thing-1"]);
  });
});

describe("cacheFolder", () => {
  it("lies in XDG_CACHE_HOME", () => {
    expect(cacheFolder({ XDG_CACHE_HOME: "/c" })).toBe("/c/rerun-dispatcher");
  });
});
