import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const SDK = "tencentcloud-sdk-nodejs";

/** What the service loads of the umbrella SDK, from the SDK's folder; all else is of other products. */
const KEPT: readonly string[] = [
  "LICENSE",
  "package.json",
  "node_modules",
  "tencentcloud/common",
  "tencentcloud/services/wedata",
];

/** What a pruning did, in bytes of the SDK's files. */
export interface Pruned {
  readonly before: number;
  readonly after: number;
}

/**
 * Removes from a `node_modules` folder what the service never loads of Tencent's umbrella SDK: two
 * hundred other products, each twice. Throws when the SDK is not laid out as this knows it; then
 * nothing was removed.
 */
export async function pruneSdk(nodeModules: string): Promise<Pruned> {
  const root = join(nodeModules, SDK);
  for (const path of ["tencentcloud/common", "tencentcloud/services/wedata"]) {
    await stat(join(root, path));
  }
  const before = await sizeOf(root);
  await pruneWithin(root, "");
  return { before, after: await sizeOf(root) };
}

/** The bytes of all files in a folder. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function pruneWithin(root: string, folder: string): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (KEPT.includes(path)) continue;
    const holdsKept = KEPT.some((kept) => kept.startsWith(`${path}/`));
    if (holdsKept) await pruneWithin(root, path);
    else await rm(join(root, path), { recursive: true });
  }
}
