import { createHash } from "node:crypto";

import fc from "fast-check";
import { expect, it } from "vitest";

import type { Outcome } from "../../src/domain/outcome.ts";
import { outcomeIdOf } from "../../src/outbound/outcome-id.ts";
import { anOutcome } from "./an-outcome.ts";

it("is the sha256 of the documented text, so that others can compute it", () => {
  const text = '["dw","r-1","rerun.requests","3","9007199254740993","final"]';
  expect(outcomeIdOf(anOutcome())).toBe(createHash("sha256").update(text).digest("hex"));
});

it("is the same for every final outcome of a record, and another for the accepted one", () => {
  const final = outcomeIdOf(anOutcome());
  expect(outcomeIdOf(anOutcome({ status: "SUCCEEDED", completedAt: 9, attempts: 4 }))).toBe(final);
  expect(outcomeIdOf(anOutcome({ status: "ACCEPTED" }))).not.toBe(final);
});

it("is never the same for two records or requests, whatever their names are made of", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "1", '"', ",", "\\", "[", "/", "\u0000") });
  const identity = fc.record({
    provider: name,
    requestId: name,
    topic: name,
    partition: fc.nat(2),
    offset: fc.nat(2),
  });
  fc.assert(
    fc.property(identity, identity, (one, other) => {
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      expect(outcomeIdOf(outcomeWith(one)) === outcomeIdOf(outcomeWith(other))).toBe(isSame);
    }),
    { numRuns: 2_000 },
  );
});

interface Identity {
  provider: string;
  requestId: string;
  topic: string;
  partition: number;
  offset: number;
}

function outcomeWith({ provider, requestId, topic, partition, offset }: Identity): Outcome {
  const { echo } = anOutcome();
  return anOutcome({
    echo: { ...echo, provider, requestId },
    source: { topic, partition, offset: BigInt(offset) },
  });
}
