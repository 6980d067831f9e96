import { expect, it } from "vitest";

import { columns } from "../../src/cli/columns.ts";
import { outcomeHeading, outcomeRow } from "../../src/cli/outcome-table.ts";
import { outcomeJson } from "../../src/cli/outcomes.ts";
import { wireOutcomeOf } from "../../src/outbound/encode-outcome.ts";
import { anOutcome } from "../outbound/an-outcome.ts";

const outcome = wireOutcomeOf(
  anOutcome({
    status: "PARTIALLY_SUCCEEDED",
    reason: { code: "TARGETS_FAILED", message: "1 of 2" },
    completedAt: 1_700_000_000_000,
    attempts: 2,
    targets: [
      { target: "1", status: "SUCCEEDED", message: null },
      { target: "2", status: "FAILED", message: null },
    ],
  }),
);

it("shows an outcome in one line, under its heading", () => {
  const [heading, row] = [outcomeHeading(), outcomeRow(outcome)];
  expect(row).toBe(
    "2023-11-14T22:13:20Z  PARTIALLY_SUCCEEDED  dw              DataWorksRerunTaskInstances     r-1                                   1/2      2      TARGETS_FAILED: 1 of 2\n",
  );
  expect(heading.indexOf("DETAIL")).toBe(row.indexOf("TARGETS_FAILED"));
});

it("shows the provider's ids when there is no reason to show", () => {
  const fine = { ...outcome, reason: null, providerRequestId: "p-1", asyncJobId: "j-1" };
  expect(outcomeRow(fine)).toContain("provider request p-1, job j-1");
});

it("tells what was decided by readings from what was answered", () => {
  const reconciled = { ...outcome, reconciled: true };
  const told = "decided by readings (reconciled)";

  expect(outcomeRow(reconciled)).toContain(`TARGETS_FAILED: 1 of 2; ${told}\n`);
  expect(outcomeRow({ ...reconciled, reason: null, asyncJobId: "j-1" })).toContain(
    `job j-1; ${told}\n`,
  );
  expect(outcomeRow({ ...reconciled, reason: null })).toContain(`  ${told}\n`);
  expect(outcomeRow(outcome)).not.toContain(told);
});

it("does not let an outcome steer the terminal", () => {
  const evil = outcomeRow({ ...outcome, requestId: "\u001b[2J\nfake\u009b" });
  expect(evil.trimEnd()).not.toMatch(/\p{Cc}/u);
});

it("survives a time that no calendar has", () => {
  expect(outcomeRow({ ...outcome, completedAt: 8.64e15 + 1 })).toContain("8640000000000001");
});

it("is one line of JSON with exact numbers", () => {
  expect(outcomeJson(outcome)).toMatch(/^\{.*"offset":9007199254740993.*\}\n$/);
});

it("aligns columns by their longest cell", () => {
  expect(
    columns([
      ["A", "B"],
      ["long", "1"],
      ["x", ""],
    ]),
  ).toBe("A     B\nlong  1\nx\n");
});
