import { readFile } from "node:fs/promises";

/** The last lines of a log file, for an error message; empty when there is no such file. */
export async function logTail(file: string, lines = 25): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
