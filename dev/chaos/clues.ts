import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Violation } from "./books.ts";
import type { JournalLine } from "./ledger.ts";

const MOST_VIOLATIONS = 20;
const MOST_LINES = 30;
const MOST_CHARACTERS = 600;

/** What the journal and the services' logs tell about the requests of violations, for people. */
export async function cluesTo(
  violations: readonly Violation[],
  journal: readonly JournalLine[],
  logFolder: string,
): Promise<string> {
  const logs = await readLogs(logFolder);
  const shown = violations.slice(0, MOST_VIOLATIONS);
  const hidden = violations.length - shown.length;
  const texts = shown.map(({ kind, mode, requestId, message }) => {
    const head = `${kind} [${mode}] ${requestId ?? ""}: ${message}`;
    if (requestId === null) return head;
    const records = journal.filter(({ text }) => text.includes(`"${requestId}"`));
    return [head, ...records.map(journalText), ...logLinesAbout(requestId, logs)].join("\n  ");
  });
  return `${texts.join("\n")}\n${hidden > 0 ? `… and ${hidden} more\n` : ""}`;
}

function journalText({ partition, offset, at, text }: JournalLine): string {
  return shortened(`journal ${partition}/${offset} ${new Date(at).toISOString()} ${text}`);
}

function logLinesAbout(
  requestId: string,
  logs: readonly { readonly name: string; readonly lines: readonly string[] }[],
): readonly string[] {
  return logs
    .flatMap(({ name, lines }) =>
      lines
        .filter((line) => line.includes(`"${requestId}"`))
        .map((line) => shortened(`${name} ${line}`)),
    )
    .slice(0, MOST_LINES);
}

async function readLogs(folder: string) {
  const names = (await readdir(folder)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), "utf8");
      return { name, lines: text.split("\n") };
    }),
  );
}

function shortened(line: string): string {
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
}
