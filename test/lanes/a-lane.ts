import { vi } from "vitest";
import type { CallEnd } from "../../src/domain/call-end.ts";
import type { Evidence } from "../../src/domain/evidence.ts";
import type { RerunCall, WireTerms } from "../../src/domain/provider.ts";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import type {
  Claim,
  ClaimAsk,
  Claimed,
  ClaimTerms,
  LaneJournal,
  NotGranted,
  Released,
} from "../../src/journal/journal.ts";
import { Lane, type LaneOptions } from "../../src/lanes/lane.ts";
import type { LaneDesk } from "../../src/lanes/lane-desk.ts";
import { anEnd } from "../support/call-ends.ts";
import { packing } from "../support/packing.ts";

/** A call that is with the provider until the test ends it. */
export interface OpenCall extends RerunCall {
  readonly id: string;
  readonly signal: AbortSignal;
  end(end?: CallEnd): Promise<void>;
}

/** A provider whose calls the test ends, in any order. */
export class ManualProvider {
  readonly open: OpenCall[] = [];
  readonly called: string[] = [];

  async rerun(call: RerunCall, { gate, signal }: WireTerms): Promise<CallEnd> {
    try {
      (await gate.pass(signal))();
    } catch {
      // As the wire tells what ends before the first byte.
      return anEnd.unavailable();
    }
    const id = call.targets.join(",");
    this.called.push(id);
    return new Promise<CallEnd>((resolve) => {
      const open: OpenCall = {
        ...{ ...call, id, signal },
        end: async (end = anEnd.accepted(...call.targets)) => {
          this.open.splice(this.open.indexOf(open), 1);
          resolve(end);
          await vi.advanceTimersByTimeAsync(0);
        },
      };
      this.open.push(open);
    });
  }

  /** The call that is open for this target. */
  of(target: string): OpenCall {
    const open = this.open.find(({ id }) => id === target);
    if (open === undefined) throw new Error(`no call is open for ${target}`);
    return open;
  }
}

/**
 * A journal of one process in which everything is decided at once: it grants unless told, counts
 * tries, holds targets from their grant to their release or to `done`, and remembers.
 */
export class ManualJournal implements LaneJournal {
  readonly events: string[] = [];
  readonly asks: ClaimAsk[] = [];
  /** Answers to the next claims. */
  readonly refusals: NotGranted[] = [];
  /** Requests, by their ids, that somebody else holds or has ended. */
  readonly elsewhere = new Set<string>();
  /** Calls that surely did not execute, by requestId. */
  readonly tries = new Map<string, number>();
  /** Those of the last claim. */
  terms: ClaimTerms | null = null;
  isOpen = true;
  at = 0n;
  /** How long a granted call has until its first byte must have left. */
  writeWithinMs = 3_600_000;
  onFreed: (targets: readonly string[]) => void = () => undefined;
  /** Claim → request → what is called for it. */
  readonly #held = new Map<string, Map<string, readonly string[]>>();
  /** Target → who holds it. */
  readonly #holders = new Map<string, string>();
  #lastClaim = 0;

  position(): bigint {
    return this.at;
  }

  isHeld(_provider: string, target: string): boolean {
    return this.#holders.has(target);
  }

  mayClaim(_provider: string, requestId: string): boolean {
    return !this.elsewhere.has(requestId);
  }

  forbidden: LaneJournal["forbidden"] = () => [];

  async claim(provider: string, asks: readonly ClaimAsk[], terms: ClaimTerms): Promise<Claimed> {
    this.#lastClaim += 1;
    this.terms = terms;
    const claimId = `claim-${this.#lastClaim}`;
    const writeBy = performance.now() + this.writeWithinMs;
    const claim = { claimId, provider, writeBy, settledBy: writeBy + 10_000 };
    this.asks.push(...asks);
    this.events.push(`${claimId} asked`);
    const granted = new Map<string, number>();
    const refused = new Map<string, NotGranted>();
    for (const { received, targets } of asks) {
      const { requestId } = received.request;
      const isHeld = targets.some((target) => {
        return (this.#holders.get(target) ?? claimId) !== claimId;
      });
      const why = this.refusals.shift() ?? (isHeld ? "target-held" : null);
      if (why !== null) refused.set(requestId, why);
      else granted.set(requestId, this.tries.get(requestId) ?? 0);
      if (why !== null) continue;
      for (const target of targets) this.#holders.set(target, claimId);
      const held = this.#held.get(claimId) ?? new Map<string, readonly string[]>();
      this.#held.set(claimId, held.set(requestId, targets));
    }
    return Promise.resolve({ claim, granted, refused });
  }

  async release(
    { claimId }: Claim,
    requestIds: readonly string[],
    { called, why }: Released,
  ): Promise<void> {
    this.events.push(`${claimId} released: ${why}${called ? ", called" : ""}`);
    for (const id of called ? requestIds : []) this.tries.set(id, (this.tries.get(id) ?? 0) + 1);
    for (const id of requestIds) this.#free(claimId, id);
    return Promise.resolve();
  }

  /** The claim's call is concluded. */
  done(claimId: string): void {
    for (const id of [...(this.#held.get(claimId)?.keys() ?? [])]) this.#free(claimId, id);
  }

  #free(claimId: string, requestId: string): void {
    const held = this.#held.get(claimId);
    const targets = held?.get(requestId) ?? [];
    held?.delete(requestId);
    const others = new Set([...(held?.values() ?? [])].flat());
    const freed = targets.filter((one) => !others.has(one));
    this.free(...freed.filter((one) => this.#holders.get(one) === claimId));
  }

  /** What is called under the claim, by request. */
  grantedBy(claimId: string): ReadonlyMap<string, readonly string[]> {
    return this.#held.get(claimId) ?? new Map();
  }

  isHeldByOthers(target: string): boolean {
    return this.#holders.get(target) === "others";
  }

  /** Somebody else holds the targets. */
  hold(...targets: readonly string[]): void {
    for (const target of targets) this.#holders.set(target, "others");
  }

  /** Nobody holds the targets any more. */
  free(...targets: readonly string[]): void {
    for (const target of targets) this.#holders.delete(target);
    this.onFreed(targets);
  }
}

/** A desk that remembers what it was told, as lines. */
export class RecordingLaneDesk implements LaneDesk {
  readonly lines: string[] = [];
  readonly failures: unknown[] = [];
  /** What was read before each decided call. */
  readonly evidence: (Evidence | null)[] = [];
  /** Of each decided request: its own targets, and how many shared its call. */
  readonly shared: string[] = [];
  readonly lost = new Set<bigint>();
  /** Told of each decided call after that is noted. */
  onDecided: (claimId: string) => void = () => undefined;

  expired: LaneDesk["expired"] = ({ received, history }) =>
    this.#tell("expired", received, history.attempts);
  dying: LaneDesk["dying"] = ({ received, history }) =>
    this.#tell("dying", received, history.attempts);
  exhausted: LaneDesk["exhausted"] = ({ received, history }, _targets, end) =>
    this.#tell(`exhausted by ${end.kind}`, received, history.attempts);
  decided: LaneDesk["decided"] = (called, { claim, before, end }) => {
    this.evidence.push(before);
    for (const { received, history, targets } of called) {
      this.shared.push(`${received.source.offset}: ${targets.join()} of ${history.coalesced}`);
      this.#tell(end.kind, received, history.attempts);
    }
    this.onDecided(claim.claimId);
  };
  suppressed: LaneDesk["suppressed"] = ({ received, history }) =>
    this.#tell("suppressed", received, history.attempts);
  elsewhere: LaneDesk["elsewhere"] = ({ received, history }) =>
    this.#tell("elsewhere", received, history.attempts);
  keeps: LaneDesk["keeps"] = ({ source }) => !this.lost.has(source.offset);
  failed: LaneDesk["failed"] = (error) => void this.failures.push(error);

  #tell(what: string, { source }: ReceivedRequest, attempts: number): void {
    this.lines.push(`${source.offset} ${what} after ${attempts}`);
  }
}

/** Limits that hold nobody up; a ticket comes every millisecond. */
export function openLimits(overrides: Partial<LaneOptions["limits"]> = {}): LaneOptions["limits"] {
  return {
    ticket: async () => new Promise((resolve) => setTimeout(resolve, 1)),
    gateFor: () => ({ pass: async () => () => undefined, close: () => undefined }),
    opensAt: () => 0,
    usedUp: () => null,
    limitsTheDay: false,
    perSecond: 1000,
    perSecondOf: () => 1000,
    ...overrides,
  };
}

/**
 * A lane between fakes. Needs fake timers; its limits hold nobody up unless told, and the desk
 * concludes at once what is decided.
 */
export function aLane(overrides: Partial<LaneOptions> = {}) {
  const fakes = {
    provider: new ManualProvider(),
    journal: new ManualJournal(),
    desk: new RecordingLaneDesk(),
    meter: {
      waits: [] as number[],
      calls: [] as string[],
      durations: [] as number[],
      requests: [] as number[],
      claims: [] as string[],
    },
    /** `held: why` and `released: why`, as they came. */
    holds: [] as string[],
    abandon: new AbortController(),
  };
  const lane = new Lane({
    name: "lane",
    provider: fakes.provider,
    journal: fakes.journal,
    claimTerms: { connectTimeoutMs: 5000, callTimeoutMs: 10_000 },
    desk: fakes.desk,
    packing,
    limits: openLimits(),
    prepare: null,
    soundOut: async () => Promise.resolve(null),
    onHold: ({ began, ended }) => {
      for (const { why } of began) fakes.holds.push(`held: ${why}`);
      for (const why of ended) fakes.holds.push(`released: ${why}`);
    },
    ...{ breaker: null, holdWindows: [] },
    clock: { now: () => performance.now(), epoch: () => Date.now() },
    meter: {
      throttleWaited: (ms) => void fakes.meter.waits.push(ms),
      claimed: (result) => void fakes.meter.claims.push(result),
      left: () => undefined,
      called: (operation, { end, durationMs, requests }) => {
        fakes.meter.calls.push(`${operation} ${end.kind}`);
        fakes.meter.durations.push(durationMs);
        fakes.meter.requests.push(requests);
      },
    },
    retry: { maxAttempts: 3, firstDelayMs: 100, maxDelayMs: 1000 },
    maxConcurrentCalls: 10,
    coalesce: { maxInstances: 1, maxBytes: 100_000 },
    random: () => 0.5,
    abandon: fakes.abandon.signal,
    ...overrides,
  });
  fakes.journal.onFreed = (targets) => lane.targetsFreed(targets);
  fakes.desk.onDecided = (claimId) => fakes.journal.done(claimId);
  return { lane, ...fakes };
}
