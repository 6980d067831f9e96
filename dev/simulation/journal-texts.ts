import type { Entry } from "../../src/journal/claim-entry.ts";
import type { Change } from "../../src/journal/change.ts";
import type { ClaimStates } from "../../src/journal/claim-states.ts";
import type { JournalRecord } from "../../src/journal/journal-record.ts";

/** What a change is, in a text that is equal for equal changes only. */
export function changeText(change: Change): string {
  switch (change.kind) {
    case "claimed":
    case "closed": {
      const granted = change.granted.map(entryText).join(", ");
      const refused = change.refused.map(({ requestId, why }) => `${requestId} ${why}`).join(", ");
      return `${change.kind} [${granted}] not [${refused}]`;
    }
    case "released":
    case "accepted":
    case "done":
    case "accepted-published":
    case "published":
      return `${change.kind} ${entryText(change.entry)}`;
    case "freed":
      return `freed ${change.provider} ${change.targets.join(", ")}`;
    case "border":
      return `border ${change.position}`;
    case "ignored":
      return `ignored ${change.record}: ${change.why}`;
  }
}

function entryText({ request, phase, grants, tries, claim, told }: Entry): string {
  const verdict = told === null ? "" : ` ${told.verdict.status} at ${told.completedAt}`;
  return `${request.requestId} ${phase} ${grants}/${tries} ${claim?.claimId ?? ""}${verdict}`;
}

/** A record and what it did, for people. */
export function recordText(
  record: JournalRecord,
  changes: readonly Change[],
  nameOf: (claimId: string) => string,
): string {
  const claim = "claimId" in record ? ` ${nameOf(record.claimId)}` : "";
  return `${record.kind}${claim}${detailsOf(record)} → ${changes.map(effectOf).join("; ")}`;
}

function detailsOf(record: JournalRecord): string {
  switch (record.kind) {
    case "CLAIM":
      return ` by ${record.instance}`;
    case "RELEASE":
      return record.called ? ` after a call (${record.why})` : ` (${record.why})`;
    case "DONE":
      return ` ${record.results.map(({ told }) => told.verdict.status).join(", ")}`;
    case "CLOSE":
      return ` ${record.requests.map(({ told }) => told.verdict.status).join(", ")}`;
    case "PUBLISHED":
      return ` ${record.which}`;
    case "ACCEPTED":
      return "";
    case "CHECKPOINTED": {
      const told = record.partitions.map(({ partition, low, ranges }) => {
        return `${partition} to ${low}${ranges.map(({ from, to }) => ` +${from}–${to}`).join("")}`;
      });
      return ` ${told.join(", ")}${record.seal ? " and a border" : ""}`;
    }
  }
}

function effectOf(change: Change): string {
  switch (change.kind) {
    case "claimed":
    case "closed": {
      const granted = change.granted.map(
        ({ request, grants }) => `${request.requestId} for the ${grants}. time`,
      );
      const refused = change.refused.map(({ requestId, why }) => `${requestId} not (${why})`);
      return [...granted, ...refused].join(", ");
    }
    case "freed":
      return `${change.targets.join(", ")} free`;
    case "border":
      return "a border";
    case "ignored":
      return `ignored: ${change.why}`;
    default:
      return `${change.entry.request.requestId} ${change.kind}`;
  }
}

/** The whole of a partition's state, in a text that is equal for equal states only. */
export function savedText(states: ClaimStates): string {
  const segments = states.finished.segments.map((one) => one.toBytes().toString("base64"));
  return JSON.stringify({ saved: states.saved(), segments }, inOrder);
}

/** Keys sorted, since a state that was written down and read has them in another order. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
