import { columns } from "../../src/cli/columns.ts";
import { isTold } from "./audit-calls.ts";
import {
  type BookedCall,
  type Books,
  type Violation,
  type ViolationKind,
  VIOLATIONS,
} from "./books.ts";
import { grouped } from "./grouped.ts";
import { historiesOf, placeOf, type RequestHistory } from "./request-histories.ts";

/** One broker's return. */
export interface Recovery {
  readonly mode: string;
  /** From the port's opening to the first claim and the first call after it; null: none came. */
  readonly claimMs: number | null;
  readonly callMs: number | null;
}

/** What a run showed. */
export interface Findings {
  readonly books: Books;
  readonly violations: readonly Violation[];
  readonly recoveries: readonly Recovery[];
  /** Mode → how many processes died in it. */
  readonly deaths: ReadonlyMap<string, number>;
}

/** One line of the report. */
export interface Row {
  readonly mode: string;
  readonly requests: number;
  readonly calls: number;
  readonly deaths: number;
  /** Records that repeat a request, and those that ask for something else under its id. */
  readonly repeats: number;
  readonly conflicts: number;
  /** Final verdicts by reading the provider's state: it ran, it did not. */
  readonly ran: number;
  readonly absent: number;
  readonly unknown: number;
  /** Calls that were made because readings showed that the one before did not run. */
  readonly again: number;
  readonly broken: Readonly<Record<ViolationKind, number>>;
  readonly recoveries: readonly Recovery[];
}

/** Work has to go on within this time of a broker's return. */
export const RECOVERY_WITHIN_MS = 10_000;

/** A row for each mode in which anything was asked for, in their order. */
export function rowsOf(findings: Findings): readonly Row[] {
  const { books, violations, recoveries, deaths } = findings;
  const calls = grouped(books.calls, ({ targets }) => targets[0] ?? "");
  const byMode = grouped(historiesOf(books), ({ mode }) => mode);
  const strays = violations.filter(({ mode }) => !byMode.has(mode)).map(({ mode }) => mode);
  return [...new Set([...byMode.keys(), ...strays])].map((mode) => {
    const histories = byMode.get(mode) ?? [];
    const finals = histories.flatMap((history) => history.finals.slice(0, 1));
    const reconciled = finals.filter((final) => final.reconciled);
    const firstTargets = new Set(
      histories.flatMap(({ records }) => records.map(({ asked }) => asked.targets[0] ?? "")),
    );
    const losers = histories.flatMap(({ records, asked }) =>
      records.filter((record) => asked !== null && record.asked.content !== asked.content),
    );
    const records = histories.reduce((sum, history) => sum + history.records.length, 0);
    const ofMode = violations.filter((one) => one.mode === mode);
    const count = (kind: ViolationKind) => ofMode.filter((one) => one.kind === kind).length;
    return {
      ...{ mode, requests: histories.length, deaths: deaths.get(mode) ?? 0 },
      calls: [...firstTargets].reduce((sum, one) => sum + (calls.get(one)?.length ?? 0), 0),
      repeats: records - histories.length - losers.length,
      conflicts: new Set(losers.map(placeOf)).size,
      ran: reconciled.filter(({ status }) => status === "SUCCEEDED").length,
      absent: reconciled.filter(({ reason }) => reason?.code === "NOT_EXECUTED").length,
      again: histories.reduce((sum, history) => sum + callsAgain(history, calls), 0),
      unknown: finals.filter(({ status }) => status === "UNKNOWN").length,
      broken: Object.fromEntries(VIOLATIONS.map((kind) => [kind, count(kind)])) as Row["broken"], // of all kinds
      recoveries: recoveries.filter((one) => one.mode === mode),
    };
  });
}

function callsAgain(
  { asked }: RequestHistory,
  callsByTarget: ReadonlyMap<string, readonly BookedCall[]>,
): number {
  if (asked?.retriesAbsent !== true) return 0;
  const calls = callsByTarget.get(asked.targets[0] ?? "") ?? [];
  return calls.filter((_call, index) => {
    const before = calls[index - 1];
    return before !== undefined && !isTold(before);
  }).length;
}

/** The rows as a table, with their sum. */
export function renderRows(rows: readonly Row[]): string {
  const header = [
    ...[
      "MODE",
      "REQUESTS",
      "CALLS",
      "DEATHS",
      "REPEATS",
      "CONFLICTS",
      "RAN/ABSENT",
      "AGAIN",
      "UNKNOWN",
    ],
    ...VIOLATIONS.map((kind) => kind.toUpperCase()),
    "FIRST CLAIM/CALL AFTER A BROKER'S RETURN",
  ];
  return columns([header, ...[...rows, sumOf(rows)].map(cellsOf)]);
}

/** Work went on soon enough after each return of a broker. */
export function hasRecovered({ claimMs, callMs }: Recovery): boolean {
  return (claimMs ?? Infinity) <= RECOVERY_WITHIN_MS && (callMs ?? Infinity) <= RECOVERY_WITHIN_MS;
}

function cellsOf(row: Row): readonly string[] {
  const { mode, requests, calls, deaths, repeats, conflicts, ran, absent, again, unknown } = row;
  return [
    mode,
    ...[requests, calls, deaths, repeats, conflicts].map(String),
    `${ran}/${absent}`,
    ...[again, unknown].map(String),
    ...VIOLATIONS.map((kind) => String(row.broken[kind])),
    row.recoveries
      .map(({ claimMs, callMs }) => `${seconds(claimMs)}/${seconds(callMs)}`)
      .join(", "),
  ];
}

function sumOf(rows: readonly Row[]): Row {
  const sum = (pick: (row: Row) => number) => rows.reduce((total, row) => total + pick(row), 0);
  const broken = VIOLATIONS.map((kind) => [kind, sum((row) => row.broken[kind])]);
  return {
    ...{ mode: "in all", requests: sum((row) => row.requests), calls: sum((row) => row.calls) },
    ...{ deaths: sum((row) => row.deaths), repeats: sum((row) => row.repeats) },
    ...{ conflicts: sum((row) => row.conflicts), ran: sum((row) => row.ran) },
    ...{ absent: sum((row) => row.absent), again: sum((row) => row.again) },
    unknown: sum((row) => row.unknown),
    broken: Object.fromEntries(broken) as Row["broken"], // of all kinds
    recoveries: [],
  };
}

function seconds(ms: number | null): string {
  return ms === null ? "never" : `${(ms / 1000).toFixed(2)} s`;
}
