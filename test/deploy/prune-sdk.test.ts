import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { pruneSdk } from "../../dev/image/prune-sdk.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prune-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(...paths: readonly string[]): void {
  for (const path of paths) {
    const file = join(folder, "tencentcloud-sdk-nodejs", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "1234567890");
  }
}

it("keeps the client that is used and what it stands on", async () => {
  write("package.json", "LICENSE", "README.md", "es/index.js", "node_modules/uuid/index.js");
  write("tencentcloud/index.js", "tencentcloud/common/sign.js");
  write("tencentcloud/services/wedata/index.js", "tencentcloud/services/cvm/index.js");

  expect(await pruneSdk(folder)).toEqual({ before: 90, after: 50 });
  const kept = readdirSync(folder, { recursive: true, withFileTypes: true });
  expect(
    kept.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)),
  ).toEqual(
    expect.arrayContaining(
      ["LICENSE", "tencentcloud/common/sign.js", "tencentcloud/services/wedata/index.js"].map(
        (path) => join(folder, "tencentcloud-sdk-nodejs", path),
      ),
    ),
  );
});

it("removes nothing from an SDK that it does not know", async () => {
  write("package.json", "lib/services/wedata/index.js");
  await expect(pruneSdk(folder)).rejects.toThrow("ENOENT");
  expect(readdirSync(join(folder, "tencentcloud-sdk-nodejs"))).toEqual(["lib", "package.json"]);
});
