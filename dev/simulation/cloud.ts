import type { CallEnd } from "../../src/domain/call-end.ts";
import type { RerunCall } from "../../src/domain/rerun-call.ts";
import type { Random } from "./random.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How the cloud answers a call, and whether it does what it was asked for. */
export type CloudAnswer =
  | "accepted"
  | "job"
  | "partial"
  | "unclear"
  | "refused"
  | "throttled"
  | "unavailable"
  | "credentials"
  | "reset-executed"
  | "reset-unexecuted"
  | "silent-executed"
  | "silent-unexecuted";

/** One call whose first byte left, in the cloud's books. */
export interface BookedCall {
  readonly claimId: string;
  readonly provider: string;
  readonly targets: readonly string[];
  /** The life that called. */
  readonly by: string;
  readonly leftAt: number;
  /** The targets that it ran again, or is going to. */
  readonly executed: Set<string>;
  /** Nothing of it is on its way any more: it arrived, or it was lost. */
  isOver: boolean;
  /** Its bytes left the process's machine. */
  isSent: boolean;
  /** The caller has read that it surely did not run. */
  isToldUnexecuted: boolean;
  /** Readings showed of these targets that it did not run, when that proves it. */
  readonly provenAbsent: Set<string>;
}

/** One run of a target. */
interface Run {
  readonly claimId: string;
  /** From then on readings show it. */
  readonly visibleAt: number;
  readonly endsAt: number;
}

interface Job {
  readonly call: BookedCall;
  readonly endsAt: number;
  readonly isGood: boolean;
}

export interface CloudParts {
  readonly time: VirtualTime;
  readonly random: Random;
  /** Draws how a call is answered. */
  readonly draw: () => CloudAnswer;
}

/** A run that shows later than this after its call proves nothing about who judged before. */
const PROMISED_MS = 28_000;
const RUN_MS = { least: 200, most: 8000 };

/**
 * The provider's side, and the truth: which call ran which target, whatever anybody was told.
 *
 * What it executes shows after a while, but soon enough for missing traces to prove something.
 */
export class Cloud {
  readonly calls: BookedCall[] = [];
  /** Targets at which something ran so late that no verdict about them is promised to be right. */
  readonly #tainted = new Set<string>();
  readonly #parts: CloudParts;
  readonly #runs = new Map<string, Run[]>();
  readonly #jobs = new Map<string, Job>();

  constructor(parts: CloudParts) {
    this.#parts = parts;
  }

  /** The first byte of a call leaves. */
  book(provider: string, { claimId, targets }: RerunCall, by: string): BookedCall {
    const call: BookedCall = {
      ...{ claimId, provider, targets, by, leftAt: this.#parts.time.now },
      ...{ executed: new Set(), provenAbsent: new Set() },
      ...{ isOver: false, isSent: false, isToldUnexecuted: false },
    };
    this.calls.push(call);
    return call;
  }

  /** A process ended: what it had not sent never comes. */
  ended(by: string): void {
    for (const call of this.calls) if (call.by === by && !call.isSent) call.isOver = true;
  }

  /** A call arrives. What the cloud answers; null: nothing, ever. */
  receive(call: BookedCall): CallEnd | null {
    call.isOver = true;
    const trace = {
      providerRequestId: `cloud-${this.calls.indexOf(call)}`,
      providerErrorCode: null,
    };
    const answer = this.#parts.draw();
    const unexecuted = (kind: "throttled" | "unavailable" | "credentials"): CallEnd => {
      const message = `the cloud says ${kind}`;
      return kind === "throttled"
        ? { kind, message, retryAfterMs: null, ...trace }
        : { kind, message, ...trace };
    };
    const uncertain: CallEnd = { kind: "uncertain", message: "reset", ...trace };
    switch (answer) {
      case "accepted":
        this.#execute(call, call.targets);
        return {
          kind: "accepted",
          job: null,
          asyncJobId: null,
          targets: endsOf(call, []),
          ...trace,
        };
      case "job":
        return this.#accept(call, trace);
      case "partial": {
        this.#execute(call, call.targets.slice(1));
        return {
          kind: "accepted",
          job: null,
          asyncJobId: null,
          targets: endsOf(call, []),
          ...trace,
        };
      }
      case "unclear": {
        this.#execute(call, call.targets);
        const targets = endsOf(call, call.targets.slice(0, 1));
        return { kind: "accepted", job: null, asyncJobId: null, targets, ...trace };
      }
      case "refused":
        return { kind: "refused", notPermitted: false, message: "it never will work", ...trace };
      case "throttled":
      case "unavailable":
      case "credentials":
        return unexecuted(answer);
      case "reset-executed":
        this.#execute(call, call.targets);
        return uncertain;
      case "reset-unexecuted":
        return uncertain;
      case "silent-executed":
        this.#execute(call, call.targets);
        return null;
      case "silent-unexecuted":
        return null;
    }
  }

  /** How many runs of a target readings show now. */
  visibleRuns(provider: string, target: string): number {
    const { now } = this.#parts.time;
    return this.#runsOf(provider, target).filter(({ visibleAt }) => visibleAt <= now).length;
  }

  /** Whether a call with this claim ran the target, or is going to. */
  ran(provider: string, target: string, claimId: string): boolean {
    return this.#runsOf(provider, target).some((run) => run.claimId === claimId);
  }

  /** Whether something ran so late at the target that no verdict about it is promised to be right. */
  isTainted(provider: string, target: string): boolean {
    return this.#tainted.has(`${provider}/${target}`);
  }

  /** How the latest run of a target that its claim made stands; null: none shows. */
  runOf(provider: string, target: string, claimId: string): "running" | "ended" | null {
    const { now } = this.#parts.time;
    const run = this.#runsOf(provider, target).findLast((one) => one.claimId === claimId);
    if (run === undefined || run.visibleAt > now) return null;
    return run.endsAt <= now ? "ended" : "running";
  }

  /** How a job stands. */
  job(jobId: string): "running" | "good" | "bad" {
    const job = this.#jobs.get(jobId);
    if (job === undefined) throw new Error(`nobody started job ${jobId}`);
    if (job.endsAt > this.#parts.time.now) return "running";
    return job.isGood ? "good" : "bad";
  }

  #accept(
    call: BookedCall,
    trace: { readonly providerRequestId: string; readonly providerErrorCode: null },
  ): CallEnd {
    const { time, random } = this.#parts;
    const isGood = random.chance(0.8);
    if (isGood) this.#execute(call, call.targets);
    const jobId = `job-${this.#jobs.size + 1}`;
    this.#jobs.set(jobId, { call, isGood, endsAt: time.now + random.magnitude(100, 20_000) });
    const job = { jobId, scope: {} };
    return { kind: "accepted", job, asyncJobId: jobId, targets: [], ...trace };
  }

  #execute(call: BookedCall, targets: readonly string[]): void {
    const { time, random } = this.#parts;
    for (const target of targets) {
      const startsAt = time.now + random.magnitude(1, 6000);
      const visibleAt = startsAt + random.magnitude(1, 6000);
      const endsAt = visibleAt + random.magnitude(RUN_MS.least, RUN_MS.most);
      call.executed.add(target);
      this.#runsOf(call.provider, target).push({ claimId: call.claimId, visibleAt, endsAt });
      if (visibleAt - call.leftAt > PROMISED_MS) this.#tainted.add(`${call.provider}/${target}`);
    }
  }

  #runsOf(provider: string, target: string): Run[] {
    const name = `${provider}/${target}`;
    const known = this.#runs.get(name);
    if (known !== undefined) return known;
    const runs: Run[] = [];
    this.#runs.set(name, runs);
    return runs;
  }
}

function endsOf({ executed, targets }: BookedCall, untold: readonly string[]) {
  return targets.map((target) => {
    if (untold.includes(target)) return { target, status: "UNKNOWN" as const, message: null };
    const status = executed.has(target) ? ("SUCCEEDED" as const) : ("FAILED" as const);
    return { target, status, message: null };
  });
}
