import type { Fault } from "../simulator/fault.ts";
import { MAX_ATTEMPTS } from "./chaos-config.ts";
import type { Random } from "./random.ts";
import type { Errand } from "./wire-operations.ts";

/** What the provider does to a request's calls. */
export const FATES = [
  "smooth",
  "throttled",
  "throttled-out",
  "answer-lost",
  "call-lost",
  "refused",
  "partly",
  "job-failed",
] as const;
export type Fate = (typeof FATES)[number];

/** Where a fault waits for its call. */
type On = Required<Pick<Fault, "filter" | "count">>;

/**
 * The faults that bring a fate about, for calls of the target, which is nobody else's. They are used
 * up in their order.
 */
export function faultsOf(fate: Fate, errand: Errand, target: string, random: Random): Fault[] {
  const filter = { effect: "rerun", target } as const;
  const once = { filter, count: 1 };
  switch (fate) {
    case "smooth":
      return [];
    case "throttled":
      return [{ kind: "throttle", filter, count: random.whole(1, 2) }];
    case "throttled-out":
      return [{ kind: "throttle", filter, count: MAX_ATTEMPTS }];
    case "answer-lost":
      return [random.pick(ANSWER_LOST)(once)];
    case "call-lost":
      return [random.pick(CALL_LOST)(once)];
    case "refused":
      return [{ kind: "error", code: "InvalidParameter", ...once }];
    case "partly":
      // Its answer cannot tell that some ran and some did not.
      if (errand === "wedata-schedule") return [];
      return [{ kind: "partial-success", targets: [target], ...once }];
    case "job-failed":
      return errand === "wedata-tasks" || errand === "wedata-workflow"
        ? [{ kind: "job-outcome", outcome: random.pick(["FAIL", "PART_SUCCESS"]), ...once }]
        : [];
  }
}

/** It ran, and nobody is told so. */
const ANSWER_LOST: readonly [(on: On) => Fault, ...((on: On) => Fault)[]] = [
  (on) => ({ kind: "reset", executed: true, ...on }),
  (on) => ({ kind: "close", executed: true, ...on }),
  (on) => ({ kind: "hang", executed: true, ...on }),
  (on) => ({ kind: "html", status: 502, executed: true, ...on }),
  (on) => ({ kind: "server-error", status: 500, executed: true, ...on }),
  (on) => ({ kind: "garbage", body: "", executed: true, ...on }),
  (on) => ({ kind: "cut-body", end: "fin", ...on }),
];

/** It did not run, and nobody is told so. */
const CALL_LOST: readonly [(on: On) => Fault, ...((on: On) => Fault)[]] = [
  (on) => ({ kind: "reset", executed: false, ...on }),
  (on) => ({ kind: "hang", executed: false, ...on }),
  (on) => ({ kind: "html", status: 504, executed: false, ...on }),
  (on) => ({ kind: "server-error", status: 503, executed: false, ...on }),
];
