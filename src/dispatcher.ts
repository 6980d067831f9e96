import type { Backbone } from "./backbone.ts";
import type { SchemaSpec } from "./avro/schemas.ts";
import type { Config } from "./config/config.ts";
import { RequestDesk } from "./desk/request-desk.ts";
import { retireLostSources } from "./desk/retired-sources.ts";
import { Settler } from "./desk/settler.ts";
import type { Outcome } from "./domain/outcome.ts";
import { RequestDecoder } from "./inbound/decode-request.ts";
import { Intake } from "./inbound/intake.ts";
import { LateDeadLetters } from "./inbound/late-dead-letters.ts";
import { Overflow } from "./inbound/overflow.ts";
import { RequestPacker } from "./inbound/pack-request.ts";
import { RequestParser } from "./inbound/parse-request.ts";
import { dyingRecords } from "./inbound/dying-records.ts";
import { Recall } from "./inbound/recall.ts";
import { Checkpointer } from "./journal/checkpointer.ts";
import type { CheckpointValues } from "./journal/checkpoint-store.ts";
import type { Change } from "./journal/change.ts";
import type { ClaimStates } from "./journal/claim-states.ts";
import { JournalReplica } from "./journal/journal-replica.ts";
import { LogJournal } from "./journal/log-journal.ts";
import type { Clock } from "./lanes/clock.ts";
import type { AccountLimits } from "./lanes/account-limits.ts";
import { Repeated } from "./lifecycle/repeated.ts";
import { untilAnswered } from "./lifecycle/until-answered.ts";
import type { Log } from "./observability/log.ts";
import type { Metrics } from "./observability/metrics.ts";
import { DeadLetters } from "./outbound/dead-letters.ts";
import { Outbox } from "./outbound/outbox.ts";
import { outcomeSummary } from "./outbound/outcome-summary.ts";
import { createCounter, type ProviderCounter } from "./provider-counter.ts";
import { openLimits } from "./open-limits.ts";
import type { OpenProvider } from "./providers/open-provider.ts";
import type { SlotLedger } from "./slots/slot-ledger.ts";

export interface DispatcherParts {
  readonly config: Config;
  readonly backbone: Backbone;
  readonly providers: readonly OpenProvider[];
  readonly schemas: Readonly<Record<"requests" | "outcomes", SchemaSpec>>;
  /** What the checkpoint tells of the journal, and all that stands in it. */
  readonly states: readonly ClaimStates[];
  readonly checkpoint: CheckpointValues;
  /** How many partitions the requests topic has. */
  readonly requestPartitions: number;
  /** How long the requests topic keeps its records, milliseconds; `Infinity`: for ever. */
  readonly requestsRetentionMs: number;
  /** Larger requests would make outcomes that Kafka does not take. */
  readonly maxRequestBytes: number;
  /** This process, and no other before or after it. */
  readonly instance: string;
  readonly version: string;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Ends all waiting. */
  readonly abandon: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

/** The way of a request, wired. */
export interface Dispatcher {
  readonly counters: readonly ProviderCounter[];
  readonly replica: JournalReplica;
  readonly journal: LogJournal;
  readonly intake: Intake;
  readonly outbox: Outbox;
  readonly overflow: Overflow;
  readonly recall: Recall;
  readonly desk: RequestDesk;
  readonly settler: Settler;
  readonly checkpointer: Checkpointer;
  /** What all replicas know of their limits; null: each keeps its own. */
  readonly ledger: SlotLedger | null;
  /** Begins to read the journal, and to consume once that is read to its end. */
  start(): Promise<void>;
  /** Ends what repeats by itself; for when nothing is worked any more. */
  stop(): void;
}

/** How often it is looked whether records of open requests were deleted. */
const LOOK_FOR_LOST_EVERY_MS = 60_000;
/** A call that many requests share is claimed in a single record, and others wait behind that. */
const MOST_CLAIM_BYTES = 640 * 1024;

/** Wires the way of a request, from what the checkpoint tells on. Nothing is read or called yet. */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { config, backbone, states, instance, version, metrics, log, clock, abandon } = parts;
  const { onFailure } = parts;
  const { topics } = config.kafka;
  const dispatcher = `${instance} ${version}`;
  const outbox = new Outbox({
    ...{ publisher: backbone.publisher, registry: backbone.registry, signal: abandon },
    topic: topics.outcomes,
    schema: parts.schemas.outcomes,
  });
  const deadLetters = new DeadLetters({
    ...{ publisher: backbone.publisher, topic: topics.deadLetters, dispatcher },
  });
  const publish = async (outcome: Outcome): Promise<void> => {
    await outbox.publish(outcome);
    metrics.outcomePublished(outcome);
    log.info("outcome.published", outcomeSummary(outcome));
  };

  // ④ the right to call. What others claimed need not fit our limits.
  const packing = new RequestPacker(
    parts.schemas.requests.text,
    new RequestParser({ targetsPerRequest: Infinity }),
  );
  const replica = new JournalReplica({ states, now: clock.now, onFailure });
  const freed = (provider: string, targets: readonly string[]): void =>
    counters.find(({ config: { name } }) => name === provider)?.lane.targetsFreed(targets);
  const journal = new LogJournal({
    ...{ replica, log: backbone.journal, packing, instance, now: clock.now, signal: abandon },
    ...{ callWithinMs: config.claims.callWithinMs, windowMs: config.dedupe.windowMs },
    guardsOf: (provider) => config.providers.find(({ name }) => name === provider)?.guards ?? null,
    ...{ onFreed: freed, onFailure },
    onTrouble: (error) => log.debug("journal.append-failed", { error }),
  });

  // ② admission, ③ lanes, ⑤ calls, ⑥ judging and tracking, ⑦ outbound
  const unpack = (packed: string) => packing.unpack(packed);
  const settling = new AbortController();
  abandon.addEventListener("abort", () => settling.abort(abandon.reason), { once: true });
  const settler: Settler = new Settler({
    ...{ journal, replica, unpack, publish, dispatcher, onFailure },
    ...{ graceMs: config.claims.graceMs, now: clock.now, epoch: clock.epoch },
    counterOf: (provider) => counters.find(({ config: { name } }) => name === provider),
    roleOf: (entry) => desk.roleOf(entry),
    stopped: settling.signal,
  });
  const overflow = new Overflow({
    share: Math.max(1, Math.floor(config.intake.maxWaiting / Math.max(1, config.providers.length))),
    // What is followed for long is somebody's share too: else it would fill everybody's.
    depthOf: (provider) => depthOf(counters, provider) + settler.followedOf(provider),
  });
  const desk: RequestDesk = new RequestDesk({
    overflow,
    ...{ journal, settler, unpack, publish, dispatcher, onFailure },
    ...{ now: clock.now, epoch: clock.epoch, stopped: settling.signal },
    requestsRetentionMs: parts.requestsRetentionMs,
    complete: (source) => intake.complete(source),
    keeps: (source) => intake.keeps(source),
    conflicts: async (source, message) => lateLetters.conflict(source, message),
    ownsOrphan: (key) => intake.owns(numberOf(key) % parts.requestPartitions),
    onDuplicate: ({ provider }) => metrics.requestDuplicate(provider),
  });
  const { limits, ledger } = openLimits({
    ...{ config, providers: parts.providers, slots: backbone.slots, instance },
    ...{ metrics, log, clock, abandon },
  });
  const counters: readonly ProviderCounter[] = parts.providers.map((opened) => {
    const counter = createCounter({
      ...{ opened, journal, packing, desk, metrics, log, clock, abandon },
      // A claim takes up to two and a half times of what a request has.
      maxClaimBytes: Math.min(2 * parts.maxRequestBytes, MOST_CLAIM_BYTES),
      limits: limitsOf(limits, opened.config.name),
      random: parts.random,
    });
    desk.open(opened.config.name, counter);
    return counter;
  });
  replica.listen({
    changed: (change) => {
      countIgnored(metrics, change);
      desk.changed(change);
      if (change.kind === "freed") freed(change.provider, change.targets);
    },
    opened: () => {
      for (const { lane } of counters) lane.journalOpened();
    },
  });

  // ① inbound
  const parser = new RequestParser(config.limits);
  const decoder = new RequestDecoder({
    ...{ registry: backbone.registry, parser, maxRequestBytes: parts.maxRequestBytes },
  });
  const checkpointer: Checkpointer = new Checkpointer({
    ...{ replica, journal, log, now: clock.now, epoch: clock.epoch },
    store: backbone.checkpoints,
    watermarks: () => intake.watermarks(),
    writes: (partition) => intake.owns(partition % parts.requestPartitions),
  });
  const intake: Intake = new Intake({
    ...{ feed: backbone.consumer, decoder, desk, deadLetters, metrics, log },
    watermarks: checkpointer,
    maxWaiting: config.intake.maxWaiting,
    outside: () => overflow.size,
    failed: onFailure,
    assigned: () => {
      for (const state of replica.partitions) {
        for (const entry of state.entries) settler.consider(entry);
      }
    },
  });

  const pauses = new Repeated(abandon);
  const asking = {
    pause: async (ms: number) => pauses.pause(ms),
    inVain: (error: unknown) => log.warn("brokers.asked-in-vain", { error }),
  };
  const lateLetters = new LateDeadLetters({
    ...{ deadLetters, metrics, log, pause: asking.pause },
    read: async ({ partition, offset }) =>
      untilAnswered(async () => backbone.readRequest(partition, offset), asking),
    complete: (source) => intake.complete(source),
  });
  let dyingBelow: ReadonlyMap<number, bigint> = new Map();
  const recall = new Recall({
    ...{ overflow, decoder, log, epoch: clock.epoch },
    read: async (partition, from) => backbone.readRequests(partition, from),
    recalled: (received, why) => desk.recalled(received, why),
    gone: (place) => void lateLetters.gone({ topic: topics.requests, ...place }).catch(onFailure),
    dyingBelow: () => dyingBelow,
  });

  return {
    ...{ counters, replica, journal, intake, outbox, overflow, recall },
    ...{ desk, settler, checkpointer, ledger },
    start: async () => {
      ledger?.start();
      for (const [key, value] of parts.checkpoint) checkpointer.noteWrite(key, value);
      backbone.checkpoints.follow((key, value) => checkpointer.noteWrite(key, value));
      const ranges = await untilAnswered(async () => backbone.journal.ranges(), asking);
      replica.startedWith(new Map(ranges.map(({ high }, partition) => [partition, high])));
      const from = new Map(states.map((state) => [state.journalPartition, state.position]));
      const records = replica.missingCount;
      await backbone.journal.follow(from, replica);
      await replica.caughtUp(abandon);
      log.info("journal.recovered", { records, finished: sizeOf(replica) });
      intake.start();
      checkpointer.start();
      backbone.consumer.start(intake);
      recall.start(pauses);
      pauses.every(LOOK_FOR_LOST_EVERY_MS, async () => {
        const age = { retentionMs: parts.requestsRetentionMs, epoch: clock.epoch() };
        dyingBelow = await dyingRecords(age, async (epoch) => backbone.requestsBefore(epoch));
        for (const { lane } of counters) lane.endBelow(dyingBelow);
        const found = await backbone.requestRanges();
        retireLostSources(replica, found, { desk, owns: (partition) => intake.owns(partition) });
      });
    },
    stop: () => {
      settling.abort(new Error("the dispatcher is stopping"));
      pauses.stop();
    },
  };
}

/** How many requests wait in a connection's lane. */
function depthOf(counters: readonly ProviderCounter[], provider: string): number {
  const lane = counters.find(({ config: { name } }) => name === provider)?.lane;
  if (lane === undefined) return 0;
  const { LOW, NORMAL, HIGH } = lane.depth;
  return LOW + NORMAL + HIGH;
}

/** How many finished requests are remembered. */
function sizeOf({ partitions }: JournalReplica): number {
  return partitions.reduce((sum, { finished }) => sum + finished.size, 0);
}

function countIgnored(metrics: Metrics, change: Change): void {
  if (change.kind === "ignored") metrics.journalIgnored(change.record);
  if (change.kind === "claimed" || change.kind === "closed") {
    const record = change.kind === "claimed" ? "CLAIM" : "CLOSE";
    change.refused.forEach(() => metrics.journalIgnored(record));
  }
}

function limitsOf(limits: ReadonlyMap<string, AccountLimits>, name: string): AccountLimits {
  const found = limits.get(name);
  if (found === undefined) throw new Error(`${name} has no limits`);
  return found;
}

/** A number that is the same for a key everywhere. */
function numberOf(key: string): number {
  return Buffer.from(key, "latin1").readUInt32LE(0);
}
