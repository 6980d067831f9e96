import type { TargetEnd } from "../../../src/domain/call-end.ts";
import type { TrackUntil } from "../../../src/domain/following.ts";
import type { Fault } from "../../simulator/fault.ts";
import { RUN_MS } from "../by-hand.ts";
import type { FollowStanding, Knowable } from "../rules.ts";
import type { Cast, Scenario } from "../scenario.ts";
import type { Subject } from "../subject.ts";

type Status = TargetEnd["status"];

const startsJob = ({ startsJob: starts }: Subject): boolean => starts;
const takesSeveral = (subject: Subject): boolean => subject.targets(2).length > 1;
/** 2021-08-20 tells no moment of the call by its own clock. */
const tellsItsTime = ({ operation }: Subject): boolean =>
  operation !== "TencentRerunScheduleInstances";
/** DMS tells two runs apart only if they began in different seconds. */
const countsRuns = ({ operation }: Subject): boolean => operation !== "DmsRerunTaskFlowInstance";
const UNTIL: readonly TrackUntil[] = ["submitted", "finished"];
/** Enough to see that nothing moves, for longer than a job or a run takes. */
const FEW_ROUNDS = 24;

/** Jobs, followed until the provider has taken the operation or until the runs have ended. */
const JOBS: readonly Scenario[] = UNTIL.flatMap((until): readonly Scenario[] => [
  {
    name: `a job that succeeds, until ${until}`,
    happensTo: startsJob,
    targets: 2,
    follow: { until },
    knowable: everyTarget("SUCCEEDED"),
  },
  {
    name: `a job that fails, until ${until}`,
    happensTo: startsJob,
    targets: 2,
    faults: () => [jobEndingAs("FAIL")],
    follow: { until },
    knowable: everyTarget("FAILED"),
  },
  {
    name: `a job that succeeds in part, until ${until}`,
    happensTo: (subject) => startsJob(subject) && takesSeveral(subject),
    targets: 4,
    faults: () => [jobEndingAs("PART_SUCCESS")],
    follow: { until },
    knowable: accepted(["SUCCEEDED", "SUCCEEDED", "FAILED", "FAILED"]),
  },
  {
    name: `a job that runs a target and counts a failure, until ${until}`,
    happensTo: (subject) => startsJob(subject) && !takesSeveral(subject),
    faults: () => [jobEndingAs("PART_SUCCESS")],
    follow: { until },
    knowable: accepted(["SUCCEEDED"]),
  },
  {
    name: `a job that runs some targets only, until ${until}`,
    happensTo: (subject) => startsJob(subject) && takesSeveral(subject),
    targets: 3,
    faults: ({ targets }) => [{ kind: "partial-success", targets: targets.slice(0, 1) }],
    follow: { until },
    knowable: accepted(["FAILED", "SUCCEEDED", "SUCCEEDED"]),
  },
  {
    name: `a job that never ends, until ${until}`,
    happensTo: startsJob,
    faults: () => [jobEndingAs("NEVER")],
    follow: { until, rounds: FEW_ROUNDS },
    knowable: everyTarget("UNKNOWN", "open"),
  },
  {
    name: `a job that nobody lets read, until ${until}`,
    happensTo: startsJob,
    faults: () => [{ kind: "throttle", filter: { effect: "read", action: "GetOpsAsyncJob" } }],
    follow: { until, rounds: 3 },
    knowable: everyTarget("UNKNOWN", "unreadable"),
  },
  {
    name: `a job whose first reads fail, until ${until}`,
    happensTo: startsJob,
    faults: () => [
      { kind: "html", status: 502, count: 1, filter: { effect: "read", action: "GetOpsAsyncJob" } },
      {
        kind: "reset",
        executed: true,
        count: 1,
        filter: { effect: "read", action: "GetOpsAsyncJob" },
      },
    ],
    follow: { until },
    knowable: everyTarget("SUCCEEDED"),
  },
]);

/** Runs, followed to their own ends. */
const RUNS: readonly Scenario[] = [
  {
    name: "runs that succeed",
    targets: 2,
    follow: { until: "finished" },
    knowable: everyTarget("SUCCEEDED"),
  },
  {
    name: "runs that succeed, no reading before",
    happensTo: tellsItsTime,
    targets: 2,
    follow: { until: "finished", before: false },
    knowable: everyTarget("SUCCEEDED"),
  },
  {
    name: "runs that succeed, no reading before and nothing to tell them by",
    happensTo: (subject) => !tellsItsTime(subject),
    targets: 2,
    follow: { until: "finished", before: false, rounds: FEW_ROUNDS },
    knowable: everyTarget("UNKNOWN", "open"),
  },
  {
    name: "runs that overtake older ones",
    happensTo: countsRuns,
    targets: 2,
    isUnderWay: true,
    follow: { until: "finished" },
    knowable: everyTarget("SUCCEEDED"),
  },
  {
    name: "runs that show when older ones have succeeded, and fail",
    happensTo: countsRuns,
    targets: 2,
    isUnderWay: true,
    faults: () => [
      { kind: "evidence-lag", ms: RUN_MS + 200 },
      { kind: "run-outcome", outcome: "failed" },
    ],
    runsFail: true,
    follow: { until: "finished" },
    knowable: everyTarget("FAILED"),
  },
  {
    name: "runs that fail",
    targets: 2,
    faults: () => [{ kind: "run-outcome", outcome: "failed" }],
    runsFail: true,
    follow: { until: "finished" },
    knowable: everyTarget("FAILED"),
  },
  {
    name: "runs that never end",
    targets: 2,
    faults: () => [{ kind: "run-outcome", outcome: "never" }],
    follow: { until: "finished", rounds: FEW_ROUNDS },
    knowable: everyTarget("UNKNOWN", "open"),
  },
  {
    name: "runs that show late",
    targets: 2,
    faults: () => [{ kind: "evidence-lag", ms: 400 }],
    follow: { until: "finished" },
    knowable: everyTarget("SUCCEEDED"),
  },
];

/** Calls whose end comes later. */
export const FOLLOWING_SCENARIOS: readonly Scenario[] = [...JOBS, ...RUNS];

function jobEndingAs(outcome: Extract<Fault, { kind: "job-outcome" }>["outcome"]): Fault {
  return { kind: "job-outcome", outcome };
}

function accepted(targets: readonly Status[], followed: FollowStanding = "ended"): Knowable {
  return { end: "accepted", followed, targets };
}

function everyTarget(status: Status, followed?: FollowStanding): (cast: Cast) => Knowable {
  return ({ targets }) =>
    accepted(
      targets.map(() => status),
      followed,
    );
}
