import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Program } from "./child.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Builds the program, and tells how the image starts it. Rejects with what the compiler said, or when
 * the Dockerfile starts anything else.
 */
export async function buildProgram(): Promise<Program> {
  await promisify(execFile)("npm", ["run", "build"], { cwd: ROOT });
  const entrypoint = /^ENTRYPOINT (.*)$/m.exec(await readFile(`${ROOT}/Dockerfile`, "utf8"))?.[1];
  // JSON by the syntax of Dockerfiles, in which hadolint checks it.
  const [node, ...args] = JSON.parse(entrypoint ?? "[]") as readonly string[];
  const script = args.at(-1);
  if (node !== "node" || script === undefined) throw new Error(`ENTRYPOINT is ${entrypoint}`);
  return { script, nodeArgs: args.slice(0, -1) };
}
