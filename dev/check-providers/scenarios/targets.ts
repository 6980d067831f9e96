import type { OperationName } from "../../../src/domain/operation.ts";
import { openProvider } from "../../../src/providers/open-provider.ts";
import { connectionOf, keys, openGate, TOKEN_KEY } from "../connection.ts";
import type { Knowable } from "../rules.ts";
import type { Cast, Scenario, Terms } from "../scenario.ts";
import type { Subject } from "../subject.ts";

const is =
  (...names: readonly OperationName[]) =>
  ({ operation }: Subject): boolean =>
    names.includes(operation);
const isSchedule = is("TencentRerunScheduleInstances");
const isDataWorks = is("DataWorksRerunTaskInstances");
const isDms = is("DmsRerunTaskFlowInstance");
const answersAtOnce = ({ startsJob }: Subject): boolean => !startsJob;

/** Plain successes, and answers that tell the targets' ends themselves. */
export const TARGET_SCENARIOS: readonly Scenario[] = [
  ...[false, true].map((secure): Scenario => {
    return {
      name: `a success${secure ? ", over TLS" : ""}`,
      secure,
      targets: 2,
      knowable: succeededAtOnce,
    };
  }),
  {
    name: "a success with a security token",
    terms: () => ({ config: { credentials: keys(TOKEN_KEY) } }),
    knowable: succeededAtOnce,
  },
  {
    name: "a slow answer inside the deadline",
    faults: () => [{ kind: "latency", minMs: 250, maxMs: 250 }],
    knowable: succeededAtOnce,
  },
  {
    name: "a slow TLS handshake inside the deadline",
    secure: true,
    faults: () => [{ kind: "handshake-delay", minMs: 250, maxMs: 250 }],
    knowable: succeededAtOnce,
  },
  {
    name: "the cloud's own throttling",
    faults: () => [{ kind: "throttle" }],
    knowable: { end: "throttled" },
  },
  {
    name: "the same claim sent twice by somebody below",
    happensTo: ({ cloud }) => cloud === "alibaba",
    terms: sentOnceBefore,
    knowable: { end: "uncertain" },
  },
  {
    name: "a no to the only target",
    happensTo: answersAtOnce,
    faults: ({ targets }) => [{ kind: "partial-success", targets: [...targets] }],
    knowable: { end: "accepted", targets: ["FAILED"] },
  },
  {
    name: "a no to all of several targets",
    happensTo: isDataWorks,
    targets: 3,
    faults: ({ targets }) => [{ kind: "partial-success", targets: [...targets] }],
    knowable: { end: "accepted", targets: ["FAILED", "FAILED", "FAILED"] },
  },
  {
    name: "a no to the batch of several targets",
    happensTo: isSchedule,
    targets: 3,
    faults: ({ targets }) => [{ kind: "partial-success", targets: [...targets] }],
    // Nobody knows to which of them.
    knowable: { end: "uncertain" },
  },
  {
    name: "a no to some of several targets",
    happensTo: isDataWorks,
    targets: 3,
    faults: ({ targets }) => [{ kind: "partial-success", targets: targets.slice(1, 2) }],
    knowable: { end: "accepted", targets: ["SUCCEEDED", "FAILED", "SUCCEEDED"] },
  },
  {
    name: "a result that leaves a target out, executed",
    happensTo: isDataWorks,
    targets: 2,
    faults: ({ targets: [first = ""] }) => {
      const SuccessInfo = { [first]: { Success: true, Message: "" } };
      const body = JSON.stringify({ RequestId: "r", SuccessInfo });
      return [{ kind: "garbage", body, executed: true }];
    },
    knowable: { end: "accepted", targets: ["SUCCEEDED", "UNKNOWN"] },
  },
  ...[false, true].flatMap((executed): readonly Scenario[] => [
    {
      name: `a result without any target${executed ? ", executed" : ""}`,
      happensTo: isDataWorks,
      targets: 2,
      faults: () => [{ kind: "garbage", body: '{"RequestId":"r","SuccessInfo":{}}', executed }],
      knowable: { end: "uncertain", targets: ["UNKNOWN", "UNKNOWN"] },
    },
    {
      name: `a result that says neither yes nor no${executed ? ", executed" : ""}`,
      happensTo: isDms,
      faults: () => [{ kind: "garbage", body: '{"RequestId":"r","Success":"true"}', executed }],
      knowable: { end: "uncertain" },
    },
  ]),
];

function succeededAtOnce({ subject, targets }: Cast): Knowable {
  return {
    end: "accepted",
    targets: subject.startsJob ? [] : targets.map(() => "SUCCEEDED" as const),
  };
}

/** The nonce is the claim's: the gateway has seen it already. */
async function sentOnceBefore(cast: Cast): Promise<Terms> {
  const opened = await openProvider(connectionOf(cast, {}, {}));
  const { signal } = new AbortController();
  await opened.provider.rerun(cast.subject.call(cast.targets), { gate: openGate, signal });
  opened.close();
  return {};
}
