import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";

import { CommandFailed } from "./command-failed.ts";

/** The text of a file, or of standard input for `-`. Rejects with `CommandFailed` when it cannot be read. */
export async function readInput(file: string): Promise<string> {
  try {
    return file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    throw new CommandFailed(`Cannot read --file ${file}: ${message}`, {
      cause: error,
      exitCode: 2,
    });
  }
}
