import { expect, it } from "vitest";

import { awaitOutcomes } from "../../src/cli/await-outcomes.ts";
import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import type { OutcomeStatus } from "../../src/domain/outcome.ts";
import type { KafkaRecord } from "../../src/kafka/record.ts";
import { wireOutcomeOf } from "../../src/outbound/encode-outcome.ts";
import { anOutcome } from "../outbound/an-outcome.ts";

const NO_RECORD = {} as KafkaRecord;

function outcomeOf(requestId: string, status: OutcomeStatus, provider = "dw"): RerunOutcome {
  const { echo } = anOutcome();
  return wireOutcomeOf(anOutcome({ status, echo: { ...echo, requestId, provider } }));
}

/** Waits for `ids` while these outcomes come; afterwards nothing comes until the signal aborts. */
async function waitFor(ids: readonly string[], coming: readonly (RerunOutcome | null)[]) {
  const shown: string[] = [];
  const timeout = new AbortController();
  const queue = [...coming];
  const result = await awaitOutcomes({
    requests: ids.map((requestId) => ({ provider: "dw", requestId })),
    read: async () => queue.shift() ?? null,
    onOutcome: ({ requestId, status }) => shown.push(`${requestId} ${status}`),
    follow: async (onRecord, signal) => {
      while (queue.length > 0 && !signal.aborted) await onRecord(NO_RECORD);
      if (!signal.aborted) timeout.abort();
      expect(signal.aborted).toBe(true);
    },
    signal: timeout.signal,
  });
  return { ...result, shown, hasTimedOut: timeout.signal.aborted };
}

it("ends when every request has its final outcome", async () => {
  const coming = [
    outcomeOf("a", "ACCEPTED"),
    outcomeOf("b", "DRY_RUN"),
    outcomeOf("a", "SUCCEEDED"),
  ];
  expect(await waitFor(["a", "b"], [...coming, outcomeOf("c", "FAILED")])).toEqual({
    ...{ failed: 0, missing: [], hasTimedOut: false },
    shown: ["b DRY_RUN", "a SUCCEEDED"],
  });
});

it.each(["PARTIALLY_SUCCEEDED", "FAILED", "REJECTED", "SUPPRESSED", "EXPIRED", "UNKNOWN"] as const)(
  "counts %s as failed",
  async (status) => {
    expect(await waitFor(["a"], [outcomeOf("a", status)])).toMatchObject({ failed: 1 });
  },
);

it("looks past the outcomes of others, and of another connection's request with the same id", async () => {
  const coming = [null, outcomeOf("x", "FAILED"), outcomeOf("a", "FAILED", "other")];
  expect(await waitFor(["a"], coming)).toEqual({
    ...{ failed: 0, missing: ["a"], hasTimedOut: true },
    shown: [],
  });
});
