import { columns } from "../../src/cli/columns.ts";
import type { Result } from "./check-providers.ts";
import { SDKS } from "./subject.ts";

/** One row as it is printed, and as `--json` writes it. */
export interface Row {
  readonly operation: string;
  readonly scenario: string;
  /** The call's end; `-` when there was none. */
  readonly consequence: string;
  /** How following ended, the targets' ends and the findings, as far as there are any. */
  readonly details: string;
  /** What the simulator knows. */
  readonly executed: string;
  readonly judged: string;
  readonly why: readonly string[];
}

/** The row of a result. */
export function rowOf({ scenario, subject, played, judgement }: Result): Row {
  const { verdict: judged, why } = judgement;
  const base = { operation: subject.operation, scenario: scenario.name, judged, why };
  if (played === null) return { ...base, consequence: "-", details: "", executed: "-" };
  const { told, truth } = played;
  const details = [
    told.followed === null ? "" : `followed: ${told.followed}`,
    told.targets.map(({ status }) => status).join(" "),
    told.findings.map(({ finding }) => finding).join(" "),
  ];
  return {
    ...base,
    consequence: told.end.kind,
    details: details.filter((text) => text !== "").join(", "),
    executed: truth.executed
      ? `yes, ${truth.ran.length} ran`
      : truth.arrived > 0
        ? "no"
        : "nothing came",
  };
}

/** The whole report: the table, one line for each SDK, and everything that is wrong. */
export function renderReport(results: readonly Result[]): string {
  const rows = results.map(rowOf);
  const head = ["OPERATION", "SCENARIO", "CONSEQUENCE", "TARGETS", "EXECUTED", "JUDGED"];
  const table = rows.map(({ operation, scenario, consequence, details, executed, judged }) => [
    ...[operation, scenario, consequence, details, executed, judged],
  ]);
  const wrong = rows
    .filter(({ judged }) => judged !== "ok")
    .map(({ operation, scenario, judged, why }) => {
      return `${judged}  ${operation}: ${scenario}\n${why.map((line) => `      ${line}\n`).join("")}`;
    });
  const list = wrong.length === 0 ? "" : `\n${wrong.join("")}`;
  return `${columns([head, ...table])}\n${summaryOf(results).join("\n")}\n${list}`;
}

/** One line for each SDK that was asked. */
export function summaryOf(results: readonly Result[]): readonly string[] {
  const clouds = new Set(results.map(({ subject }) => subject.cloud));
  return [...clouds].map((cloud) => {
    const own = results.filter(({ subject }) => subject.cloud === cloud);
    const scenarios = new Set(own.map(({ scenario }) => scenario.name)).size;
    const operations = new Set(own.map(({ subject }) => subject.operation)).size;
    const count = (verdict: string) =>
      own.filter((one) => one.judgement.verdict === verdict).length;
    const size = `${own.length} rows (${scenarios} scenarios, ${operations} operations)`;
    const others = (["VAGUE", "BROKEN"] as const)
      .filter((verdict) => count(verdict) > 0)
      .map((verdict) => `, ${count(verdict)} ${verdict.toLowerCase()}`);
    return `${cloud} (${SDKS[cloud]}): ${size}, ${count("ok")} ok, ${count("LIE")} lies${others.join("")}`;
  });
}

/** Whether not one result is anything but ok. */
export function isClean(results: readonly Result[]): boolean {
  return results.every(({ judgement }) => judgement.verdict === "ok");
}
