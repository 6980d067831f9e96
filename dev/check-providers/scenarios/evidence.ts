import { setTimeout as sleep } from "node:timers/promises";
import { ABSENCE_PROVES_AFTER_MS, type RunFinding } from "../../../src/domain/evidence.ts";
import type { Fault } from "../../simulator/fault.ts";
import { rerunByHand, RUN_MS } from "../by-hand.ts";
import type { Knowable } from "../rules.ts";
import type { Cast, EvidencePlan, Scenario } from "../scenario.ts";

const LATE = { writtenAgoMs: ABSENCE_PROVES_AFTER_MS } as const;
const EARLY = { writtenAgoMs: 1000 } as const;
const EXECUTED: readonly Fault[] = [{ kind: "reset", executed: true }];
const LOST: readonly Fault[] = [{ kind: "reset", executed: false }];
const LAG_MS = 400;

/** Uncertain calls, judged by what the provider's state shows before and after them. */
export const EVIDENCE_SCENARIOS: readonly Scenario[] = [
  judged("executed, looked at soon", EXECUTED, EARLY, "ran"),
  judged("executed, looked at late", EXECUTED, LATE, "ran"),
  judged("executed, and the run has ended", EXECUTED, afterwards(LATE, runHasEnded), "ran"),
  judged("not executed, looked at soon", LOST, EARLY, "cannot-tell"),
  judged("not executed, looked at late", LOST, LATE, "did-not-run"),
  judged("executed, no reading before", EXECUTED, { ...LATE, before: false }, "cannot-tell"),
  judged("not executed, no reading before", LOST, { ...LATE, before: false }, "cannot-tell"),
  judged("executed, nothing can be read", EXECUTED, afterwards(LATE, noReads), "cannot-tell"),
  judged("not executed, nothing can be read", LOST, afterwards(LATE, noReads), "cannot-tell"),
  judged("not executed, reads are throttled", LOST, afterwards(LATE, slowReads), "cannot-tell"),
  judged("executed, reads make no sense", EXECUTED, afterwards(LATE, oddReads), "cannot-tell"),
  judged("executed, and it does not show yet", lagging(60_000), EARLY, "cannot-tell"),
  judged("executed, and it has shown late", lagging(LAG_MS), afterwards(LATE, lagIsOver), "ran"),
  {
    ...judged("not executed, somebody else ran it", LOST, afterwards(LATE, rerunByHand), "ran"),
    name: "judged: not executed, somebody else ran it (no reading tells who)",
  },
  judged("executed, somebody else ran it too", EXECUTED, afterwards(LATE, rerunByHand), "ran"),
  {
    ...judged(
      "not executed, an older run ends",
      LOST,
      afterwards(LATE, runHasEnded),
      "cannot-tell",
    ),
    isUnderWay: true,
  },
  {
    ...judged("executed while an older run goes, counted", EXECUTED, LATE, "ran"),
    isUnderWay: true,
    happensTo: ({ cloud }) => cloud === "tencent",
  },
  {
    // Its counter goes up with automatic retries too, or there is none.
    ...judged("executed while an older run goes, not counted", EXECUTED, LATE, "cannot-tell"),
    isUnderWay: true,
    happensTo: ({ cloud }) => cloud === "alibaba",
  },
  {
    ...judged(
      "executed under a new id",
      [{ kind: "new-instance" }, ...EXECUTED],
      LATE,
      "cannot-tell",
    ),
    happensTo: ({ operation }) => operation === "DmsRerunTaskFlowInstance",
  },
];

function judged(
  name: string,
  faults: readonly Fault[],
  evidence: EvidencePlan,
  finding: RunFinding,
): Scenario {
  const knowable = ({ subject }: Cast): Knowable => {
    const isProof = finding !== "did-not-run" || subject.absenceProves;
    return { end: "uncertain", finding: isProof ? finding : "cannot-tell" };
  };
  return { name: `judged: ${name}`, targets: 2, faults: () => faults, evidence, knowable };
}

function afterwards(
  { writtenAgoMs }: Pick<EvidencePlan, "writtenAgoMs">,
  between: NonNullable<EvidencePlan["between"]>,
): EvidencePlan {
  return { writtenAgoMs, between, ...(between === rerunByHand ? { somebodyElse: true } : {}) };
}

function lagging(ms: number): readonly Fault[] {
  return [{ kind: "evidence-lag", ms }, ...EXECUTED];
}

async function lagIsOver(): Promise<void> {
  await sleep(LAG_MS + 50);
}

async function runHasEnded(): Promise<void> {
  await sleep(RUN_MS + 100);
}

async function noReads({ admin }: Cast): Promise<void> {
  await admin.inject({ kind: "html", status: 502, filter: { effect: "read" } });
}

async function slowReads({ admin }: Cast): Promise<void> {
  await admin.inject({ kind: "throttle", filter: { effect: "read" } });
}

async function oddReads({ admin }: Cast): Promise<void> {
  await admin.inject({ kind: "garbage", body: "{}", filter: { effect: "read" } });
}
