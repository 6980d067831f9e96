import { pruneSdk } from "./prune-sdk.ts";

// Node runs this file as it is, types and all, so that the image's build needs no tools for it.
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("Usage: node dev/image/main.ts NODE_MODULES\n");
  process.exitCode = 2;
} else {
  const { before, after } = await pruneSdk(folder);
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  process.stdout.write(`pruned the Tencent SDK from ${megabytes(before)} to ${megabytes(after)}\n`);
}
