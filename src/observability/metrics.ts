import type { CallEndKind } from "../domain/call-end.ts";
import type { DeadLetterReason } from "../domain/dead-letter-reason.ts";
import type { RunFinding } from "../domain/evidence.ts";
import type { OperationName } from "../domain/operation.ts";
import { isFinal, type Outcome } from "../domain/outcome.ts";
import type { Priority } from "../domain/rerun-request.ts";
import { CallStarts } from "./call-starts.ts";
import {
  BREAKER_STATES,
  type ClaimResult,
  type HeldWhy,
  type JournalRecordLabel,
  knownSeries,
  type MeteredProvider,
  type SlotEndLabel,
  NO_REASON,
  OPERATION_NAMES,
  UNKNOWN,
} from "./known-series.ts";
import { MetricStore } from "./metric-store.ts";

/** What is counted and measured. Durations are milliseconds; `provider` is a connection's name. */
export interface Metrics {
  /** A decodable request arrived; its provider and operation may be unknown here. */
  requestReceived(provider: string, operation: string): void;
  requestDuplicate(provider: string): void;
  /** Kafka acknowledged an outcome; a final one also ends its request's duration. */
  outcomePublished(outcome: PublishedOutcome): void;
  deadLettered(reason: DeadLetterReason): void;
  /** A call's first byte was written, at a monotonic instant. */
  callStarted(provider: string, monotonicMs: number): void;
  callEnded(end: EndedCall): void;
  /** A read ended; `action` is the API's name for it. */
  readEnded(provider: string, action: string, result: CallEndKind): void;
  /** A target without a clear answer was judged by the provider's state. */
  reconciled(provider: string, verdict: RunFinding): void;
  throttleWaited(provider: string, waitedMs: number): void;
  /** A share of the group's rate limit was granted, or came to its end. */
  slotEnded(provider: string, end: SlotEndLabel): void;
  /** The group's rate limit began anew. */
  slotsRestarted(): void;
  claimEnded(result: ClaimResult, durationMs: number): void;
  /** A record of the journal, or one request in it, had no effect. */
  journalIgnored(record: JournalRecordLabel): void;
  /** Records came again that the checkpoint knows as complete. */
  completeAgain(records: number): void;
  /** Calls `sampler` before every scrape, with all gauges back at zero, to set those it knows. */
  sample(sampler: (gauges: SampledGauges) => void): void;
  /** All metrics as Prometheus text. Rejects when a sampler throws. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** The part of an outcome that is counted. */
export type PublishedOutcome = Pick<Outcome, "echo" | "status" | "reason" | "completedAt">;

interface EndedCall {
  readonly provider: string;
  readonly operation: OperationName;
  readonly result: CallEndKind;
  readonly durationMs: number;
  /** How many requests shared the call. */
  readonly requests: number;
}

/** What the journal holds, in requests and records. */
export interface JournalGauges {
  readonly open: number;
  readonly finished: number;
  /** Targets that guards remember. */
  readonly guarded: number;
  readonly unread: number;
}

/** What is not counted when it happens but looked at when somebody asks. */
export interface SampledGauges {
  laneQueueDepth(provider: string, priority: Priority, requests: number): void;
  laneWaitingOutside(provider: string, requests: number): void;
  laneInFlight(provider: string, calls: number): void;
  laneHeld(provider: string, why: HeldWhy): void;
  breakerState(provider: string, state: keyof typeof BREAKER_STATES): void;
  trackedJobs(provider: string, jobs: number): void;
  callsPerSecondLimit(provider: string, calls: number): void;
  slotClockWidth(ms: number): void;
  consumerLag(topic: string, partition: number, records: number): void;
  journal(gauges: JournalGauges): void;
  uncommittedRecords(partition: number, records: number): void;
}

/** What is known about a service before it runs. */
export interface MetricsOptions {
  readonly version: string;
  readonly providers: readonly MeteredProvider[];
}

/** The metrics of one service, in a registry of their own; every known series begins at zero. */
export function createMetrics({ version, providers }: MetricsOptions): Metrics {
  const store = new MetricStore();
  for (const [key, labels] of knownSeries(providers)) store.zero(key, labels);
  store.set("buildInfo", { version }, 1);
  return new StoredMetrics(store, providers);
}

const SAMPLED = [
  "laneQueueDepth",
  "laneWaitingOutside",
  "laneInFlight",
  "laneHeld",
  "breakerState",
  "trackedJobs",
  "callsPerSecondLimit",
  "slotClockWidth",
  "consumerLag",
  "uncommittedRecords",
  "journalOpenRequests",
  "journalFinishedRequests",
  "guardTargets",
  "journalUnreadRecords",
] as const;

class StoredMetrics implements Metrics {
  readonly #store: MetricStore;
  readonly #providers: readonly MeteredProvider[];
  readonly #callStarts: ReadonlyMap<string, CallStarts>;
  readonly #samplers: ((gauges: SampledGauges) => void)[] = [];

  constructor(store: MetricStore, providers: readonly MeteredProvider[]) {
    this.#store = store;
    this.#providers = providers;
    this.#callStarts = new Map(providers.map(({ name }) => [name, new CallStarts()]));
  }

  requestReceived(provider: string, operation: string): void {
    const labels = { provider: this.#known(provider), operation: knownOperation(operation) };
    this.#store.increase("requestsReceived", labels);
  }

  requestDuplicate(provider: string): void {
    this.#store.increase("requestsDuplicate", { provider: this.#known(provider) });
  }

  outcomePublished({ echo, status, reason, completedAt }: PublishedOutcome): void {
    const provider = this.#known(echo.provider);
    const operation = knownOperation(echo.operationName);
    const labels = { provider, operation, status, reason: reason?.code ?? NO_REASON };
    this.#store.increase("outcomes", labels);
    if (!isFinal(status)) return;
    // requestedAt is another machine's clock, which may be ahead of ours.
    const seconds = Math.max(0, completedAt - echo.requestedAt) / 1000;
    this.#store.observe("requestDuration", { provider, status }, seconds);
  }

  deadLettered(reason: DeadLetterReason): void {
    this.#store.increase("deadLetters", { reason });
  }

  callStarted(provider: string, monotonicMs: number): void {
    this.#callStarts.get(provider)?.add(monotonicMs);
  }

  callEnded({ provider, operation, result, durationMs, requests }: EndedCall): void {
    const labels = { provider: this.#known(provider), operation };
    this.#store.increase("providerCalls", { ...labels, result });
    this.#store.observe("providerCallDuration", labels, durationMs / 1000);
    this.#store.observe("coalescedRequests", labels, requests);
  }

  readEnded(provider: string, action: string, result: CallEndKind): void {
    const labels = { provider: this.#known(provider), operation: action, result };
    this.#store.increase("providerCalls", labels);
  }

  reconciled(provider: string, verdict: RunFinding): void {
    this.#store.increase("reconciliations", { provider: this.#known(provider), verdict });
  }

  throttleWaited(provider: string, waitedMs: number): void {
    this.#store.observe("throttleWait", { provider: this.#known(provider) }, waitedMs / 1000);
  }

  slotEnded(provider: string, end: SlotEndLabel): void {
    this.#store.increase("slots", { provider: this.#known(provider), end });
  }

  slotsRestarted(): void {
    this.#store.increase("slotRestarts", {});
  }

  claimEnded(result: ClaimResult, durationMs: number): void {
    this.#store.increase("claims", { result });
    this.#store.observe("claimDuration", {}, durationMs / 1000);
  }

  journalIgnored(record: JournalRecordLabel): void {
    this.#store.increase("journalIgnored", { record });
  }

  completeAgain(records: number): void {
    this.#store.increase("completeAgain", {}, records);
  }

  sample(sampler: (gauges: SampledGauges) => void): void {
    this.#samplers.push(sampler);
  }

  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    this.#sampleAll();
    return this.#store.text();
  }

  /** From zero each time: partitions that moved away must vanish, holds that ended must show it. */
  #sampleAll(): void {
    for (const key of SAMPLED) this.#store.clear(key);
    for (const [key, labels] of knownSeries(this.#providers)) {
      if (SAMPLED.some((sampled) => sampled === key)) this.#store.zero(key, labels);
    }
    for (const [provider, starts] of this.#callStarts) {
      this.#store.set("callStartsMaxPerSecond", { provider }, starts.maxPerSecond);
    }
    const gauges = this.#gauges();
    for (const sampler of this.#samplers) sampler(gauges);
  }

  #gauges(): SampledGauges {
    const store = this.#store;
    const known = (provider: string) => this.#known(provider);
    return {
      laneQueueDepth: (provider, priority, requests) =>
        store.set("laneQueueDepth", { provider: known(provider), priority }, requests),
      laneWaitingOutside: (provider, requests) =>
        store.set("laneWaitingOutside", { provider: known(provider) }, requests),
      laneInFlight: (provider, calls) =>
        store.set("laneInFlight", { provider: known(provider) }, calls),
      laneHeld: (provider, why) => store.set("laneHeld", { provider: known(provider), why }, 1),
      breakerState: (provider, state) =>
        store.set("breakerState", { provider: known(provider) }, BREAKER_STATES[state]),
      trackedJobs: (provider, jobs) =>
        store.set("trackedJobs", { provider: known(provider) }, jobs),
      callsPerSecondLimit: (provider, calls) =>
        store.set("callsPerSecondLimit", { provider: known(provider) }, calls),
      slotClockWidth: (ms) => store.set("slotClockWidth", {}, ms / 1000),
      consumerLag: (topic, partition, records) =>
        store.set("consumerLag", { topic, partition: String(partition) }, records),
      uncommittedRecords: (partition, records) =>
        store.set("uncommittedRecords", { partition: String(partition) }, records),
      journal: ({ open, finished, guarded, unread }) => {
        store.set("guardTargets", {}, guarded);
        store.set("journalOpenRequests", {}, open);
        store.set("journalFinishedRequests", {}, finished);
        store.set("journalUnreadRecords", {}, unread);
      },
    };
  }

  #known(provider: string): string {
    return this.#callStarts.has(provider) ? provider : UNKNOWN;
  }
}

function knownOperation(operation: string): string {
  return OPERATION_NAMES.some((known) => known === operation) ? operation : UNKNOWN;
}
