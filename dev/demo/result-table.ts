import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import { columns } from "../../src/cli/columns.ts";

/** So many outcomes of the burst are shown one by one. */
const SHOWN_OF_BURST = 6;

/** The outcomes as a table: the examples one by one, some of the burst, and all of them counted. */
export function renderOutcomes(finals: readonly RerunOutcome[]): string {
  const isBurst = ({ requestId }: RerunOutcome) => requestId.startsWith("burst-");
  const shown = [
    ...finals.filter((outcome) => !isBurst(outcome)),
    ...finals.filter(isBurst).slice(0, SHOWN_OF_BURST),
  ];
  const rows = [
    ["REQUEST", "PROVIDER", "STATUS", "TARGETS", "CALLS", "PROVIDER'S REQUEST ID", "JOB", "REASON"],
    ...shown.map(rowOf),
  ];
  const hidden = finals.length - shown.length;
  return `${columns(rows)}… and ${hidden} more\n\n${columns(countsOf(finals))}`;
}

function rowOf(outcome: RerunOutcome): readonly string[] {
  const { requestId, provider, status, targets, attempts, providerRequestId, asyncJobId } = outcome;
  const succeeded = targets.filter((target) => target.status === "SUCCEEDED").length;
  return [
    requestId,
    provider,
    status,
    `${succeeded}/${targets.length}`,
    String(attempts),
    providerRequestId ?? "-",
    asyncJobId ?? "-",
    outcome.reason === null ? "" : `${outcome.reason.code}: ${outcome.reason.message}`,
  ];
}

function countsOf(finals: readonly RerunOutcome[]): readonly (readonly string[])[] {
  const counts = new Map<string, number>();
  for (const { provider, operation, status, providerRequestId } of finals) {
    const id = providerRequestId === null ? "no" : "yes";
    const key = [provider, operation, status, id].join("\t");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [
    ["PROVIDER", "OPERATION", "STATUS", "PROVIDER'S REQUEST ID", "OUTCOMES"],
    ...[...counts].map(([key, count]) => [...key.split("\t"), String(count)]),
  ];
}
