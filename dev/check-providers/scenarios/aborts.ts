import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../../simulator/fault.ts";
import { shutGate } from "../connection.ts";
import type { Cast, Scenario, Terms } from "../scenario.ts";

const BOTH = [false, true] as const;
const TOLD = new Error("told to stop");

/** The caller gives up; what that means depends on how far the call has come. */
export const ABORT_SCENARIOS: readonly Scenario[] = BOTH.flatMap((secure): readonly Scenario[] => [
  {
    name: `an abort before the call${over(secure)}`,
    secure,
    terms: () => ({ signal: AbortSignal.abort(TOLD) }),
    knowable: { end: "unavailable" },
  },
  {
    name: `an abort while it waits for its turn${over(secure)}`,
    secure,
    terms: () => {
      const { gate, asked } = shutGate();
      return { gate, ...abortedWhen(async () => asked) };
    },
    knowable: { end: "unavailable" },
  },
  {
    name: `an abort while it connects${over(secure)}`,
    secure,
    terms: ({ deadEnds }) => ({
      port: deadEnds.blackHolePort,
      ...abortedWhen(async () => sleep(50)),
    }),
    knowable: { end: "unavailable" },
  },
  ...BOTH.map((executed) =>
    abortedAfterArrival(
      `an abort while it waits for the answer${executed ? ", executed" : ""}${over(secure)}`,
      secure,
      { kind: "hang", executed },
    ),
  ),
  abortedAfterArrival(`an abort during the body of the answer${over(secure)}`, secure, {
    kind: "cut-body",
    end: "stall",
  }),
]);

function abortedAfterArrival(name: string, secure: boolean, fault: Fault): Scenario {
  return {
    name,
    secure,
    faults: () => [fault],
    terms: (cast) => abortedWhen(async () => untilArrived(cast)),
    knowable: { end: "uncertain" },
  };
}

function abortedWhen(happened: () => Promise<unknown>): Terms {
  const abort = new AbortController();
  return {
    signal: abort.signal,
    meanwhile: async () => {
      await happened();
      abort.abort(TOLD);
    },
  };
}

/** The half of an answer that comes follows on the arrival's heels. */
async function untilArrived({ admin }: Cast): Promise<void> {
  const isAnswered = async () =>
    (await admin.arrivals()).some(({ answer }) => answer !== "pending");
  while (!(await isAnswered())) await sleep(10);
  await sleep(50);
}

function over(secure: boolean): string {
  return secure ? ", over TLS" : "";
}
