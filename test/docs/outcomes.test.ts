import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { REASON_CODES } from "../../src/domain/outcome.ts";
import { DEAD_LETTER_REASONS } from "../../src/domain/dead-letter-reason.ts";
import { outcomeIdOf } from "../../src/outbound/outcome-id.ts";
import { anOutcome } from "../outbound/an-outcome.ts";

const text = readFileSync(new URL("../../docs/outcomes.md", import.meta.url), "utf8");

/** The first cells of every table's rows, code marks removed. */
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));

it("tells every status, and every reason beside the status that carries it, once", () => {
  for (const [status, codes] of Object.entries(REASON_CODES)) {
    expect(rows.filter(([, first, second]) => first === status && isYesOrNo(second))).toHaveLength(
      1,
    );
    const told = rows.filter(([, first, second]) => first === status && !isYesOrNo(second));
    expect(told.map(([, , code]) => code).toSorted()).toEqual([...codes].toSorted());
  }
});

it("tells every reason of dead letters", () => {
  const told = rows.map(([, first]) => first ?? "");
  for (const reason of DEAD_LETTER_REASONS) expect(told).toContain(reason);
});

it("computes the outcomeId of its example as the service does", () => {
  const preimage = /printf '%s' '(.+)' \| sha256sum/.exec(text)?.[1] ?? "";
  const parts = JSON.parse(preimage) as [string, string, string, string, string, string];
  const [provider, requestId, topic, partition, offset] = parts;
  const { echo } = anOutcome();
  const outcome = anOutcome({
    echo: { ...echo, provider, requestId },
    source: { topic, partition: Number(partition), offset: BigInt(offset) },
  });

  expect(createHash("sha256").update(preimage).digest("hex")).toBe(outcomeIdOf(outcome));
  expect(text).toContain(`Both print \`${outcomeIdOf(outcome)}\``);
});

/** The second cell of the table of statuses says whether the status is final. */
function isYesOrNo(cell: string | undefined): boolean {
  return cell === "yes" || cell === "no";
}
