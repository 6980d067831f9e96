import type { Change } from "./change.ts";
import type { Entry } from "./claim-entry.ts";
import type { JournalRecordKind } from "./journal-record.ts";

/** A record, or one request in it, changed nothing; `why` is for people. */
export function ignored(record: JournalRecordKind, why: string): Change {
  return { kind: "ignored", record, why };
}

/** Why a record about a claim does not fit the request, for people. */
export function notTheHolder(entry: Entry | undefined): string {
  if (entry === undefined) return "it is finished or was never claimed";
  return entry.phase === "claimed" || entry.phase === "accepted"
    ? `it is ${entry.phase}, and not by this claim or not from there`
    : `it is ${entry.phase}`;
}
