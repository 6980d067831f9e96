import { vi } from "vitest";
import type { CallEnd } from "../../src/domain/call-end.ts";
import type { Evidence } from "../../src/domain/evidence.ts";
import type { RerunCall, WireTerms } from "../../src/domain/provider.ts";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import type { Claim, Journal } from "../../src/journal/journal.ts";
import type { Held } from "../../src/lanes/hold.ts";
import { Lane, type LaneDesk, type LaneOptions } from "../../src/lanes/lane.ts";
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
    (await gate.pass(signal))();
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

/** A journal that grants everything unless told, and remembers. */
export class ManualJournal implements Pick<Journal, "claim" | "release"> {
  readonly events: string[] = [];
  refuses = 0;
  #lastClaim = 0;

  async claim(granted: readonly ReceivedRequest[]): Promise<Claim> {
    this.#lastClaim += 1;
    const claimId = `claim-${this.#lastClaim}`;
    this.events.push(`${claimId} asked`);
    if (this.refuses === 0) return { claimId, granted };
    this.refuses -= 1;
    return { claimId, granted: [] };
  }

  async release({ claimId }: Claim, how: { readonly called: boolean; readonly why: string }) {
    this.events.push(`${claimId} released: ${how.why}${how.called ? ", called" : ""}`);
  }
}

/** A desk that remembers what it was told, as lines. */
export class RecordingLaneDesk implements LaneDesk {
  readonly lines: string[] = [];
  readonly failures: unknown[] = [];
  /** What was read before each decided call. */
  readonly evidence: (Evidence | null)[] = [];
  readonly lost = new Set<bigint>();

  expired: LaneDesk["expired"] = ({ received, history }) =>
    this.#tell("expired", received, history.attempts);
  exhausted: LaneDesk["exhausted"] = ({ received, history }, _targets, end) =>
    this.#tell(`exhausted by ${end.kind}`, received, history.attempts);
  decided: LaneDesk["decided"] = ({ received, history }, { before, end }) => {
    this.evidence.push(before);
    this.#tell(end.kind, received, history.attempts);
  };
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

/** A lane between fakes. Needs fake timers; its limits hold nobody up unless told. */
export function aLane(overrides: Partial<LaneOptions> = {}) {
  const fakes = {
    provider: new ManualProvider(),
    journal: new ManualJournal(),
    desk: new RecordingLaneDesk(),
    meter: { waits: [] as number[], calls: [] as string[], durations: [] as number[] },
    holds: [] as (Held | null)[],
    abandon: new AbortController(),
  };
  const lane = new Lane({
    name: "lane",
    // The lane uses no more of either than what is there.
    provider: fakes.provider,
    journal: fakes.journal as unknown as Journal,
    desk: fakes.desk,
    packing,
    limits: openLimits(),
    prepare: null,
    onHold: (held) => void fakes.holds.push(held),
    clock: { now: () => performance.now(), epoch: () => Date.now() },
    meter: {
      throttleWaited: (ms) => void fakes.meter.waits.push(ms),
      claimed: () => undefined,
      left: () => undefined,
      called: (operation, end, ms) => {
        fakes.meter.calls.push(`${operation} ${end.kind}`);
        fakes.meter.durations.push(ms);
      },
    },
    retry: { maxAttempts: 3, firstDelayMs: 100, maxDelayMs: 1000 },
    maxConcurrentCalls: 10,
    random: () => 0.5,
    abandon: fakes.abandon.signal,
    ...overrides,
  });
  return { lane, ...fakes };
}
