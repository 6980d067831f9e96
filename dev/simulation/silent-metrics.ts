import type { Metrics } from "../../src/observability/metrics.ts";

const nothing = (): void => undefined;

/** Metrics that count nothing. */
export const silentMetrics: Metrics = {
  ...{ requestReceived: nothing, requestDuplicate: nothing, outcomePublished: nothing },
  ...{ deadLettered: nothing, callStarted: nothing, callEnded: nothing, readEnded: nothing },
  ...{ reconciled: nothing, throttleWaited: nothing, claimEnded: nothing },
  ...{
    slotEnded: nothing,
    slotsRestarted: nothing,
    journalIgnored: nothing,
    completeAgain: nothing,
    sample: nothing,
  },
  text: async () => Promise.resolve({ contentType: "text/plain", body: "" }),
};
