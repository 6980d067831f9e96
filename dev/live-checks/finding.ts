import { columns } from "../../src/cli/columns.ts";
import { redact } from "./redact.ts";

/** `differs`: what the code relies on does not hold here. `not seen`: nothing was learned. */
export type Verdict = "confirmed" | "differs" | "not seen";

/** One thing that only a live account can tell, as it was found. */
export interface Finding {
  /** The name of its row in docs/live-checks.md. */
  readonly check: string;
  /** What the code relies on. */
  readonly assumed: string;
  readonly seen: string;
  readonly verdict: Verdict;
}

/** A finding whose words are fit for a public issue. */
export function finding(check: string, assumed: string, verdict: Verdict, seen: string): Finding {
  return { check, assumed, seen: redact(seen), verdict };
}

/** The findings as a table, one line for each. */
export function findingTable(findings: readonly Finding[]): string {
  const rows = findings.map(({ check, assumed, seen, verdict }) => [check, assumed, seen, verdict]);
  return columns([["CHECK", "ASSUMED", "SEEN", "VERDICT"], ...rows]);
}

/** 0: nothing differs. 1: something does. */
export function exitCodeFor(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ verdict }) => verdict === "differs") ? 1 : 0;
}
