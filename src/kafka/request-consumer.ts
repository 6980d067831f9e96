import { once } from "node:events";

import type { EachBatchPayload } from "kafkajs";

import type { KafkaConfig } from "../config/config.ts";
import { pause } from "../lifecycle/pause.ts";
import type { Log } from "../observability/log.ts";
import type { Consumer, Kafka } from "./client.ts";
import { type KafkaRecord, recordOf } from "./record.ts";

/** Who gets what the consumer fetches. Everything is called synchronously and must not throw. */
export interface RecordHandlers {
  /**
   * These partitions, and no others, are ours from now on: called before anything is fetched for
   * them, with none when the group was left. `epoch` grows with every call.
   */
  onAssignment(assigned: readonly number[], epoch: number): void;
  /**
   * Records of one partition in their order; they are the receiver's to keep. `endOffset` is where
   * the partition ended when they were fetched.
   */
  onRecords(partition: number, records: readonly KafkaRecord[], endOffset: bigint): void;
}

/** The part of a kafkajs batch that is used. */
type Batch = Pick<EachBatchPayload["batch"], "partition" | "messages" | "highWatermark">;

export interface RequestConsumerParts {
  readonly kafka: Pick<Kafka, "consumer">;
  readonly config: KafkaConfig;
  readonly log: Log;
}

/** Between one kafkajs consumer and the next, which backs off by itself while it connects. */
const RETRY_MS = 1_000;
/** So many heartbeats may be missed before it is told. */
const PATIENCE_HEARTBEATS = 4;

const STOPPED = new Error("the consumer was stopped");
/** No member of a group has this id. */
const NO_MEMBER = "";

/** Errors from which a new consumer recovers although kafkajs itself does not try (tulios/kafkajs#1011). */
const BROKERS_AWAY = new Set([
  "KafkaJSGroupCoordinatorNotFound",
  "KafkaJSConnectionError",
  "KafkaJSConnectionClosedError",
  "KafkaJSBrokerNotFound",
  "KafkaJSNoBrokerAvailableError",
  "KafkaJSRequestTimeoutError",
  "KafkaJSTopicMetadataNotLoaded",
  "NOT_COORDINATOR_FOR_GROUP",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "REBALANCE_IN_PROGRESS",
]);

/**
 * The consumer of the requests topic: kafkajs in the one mode that works.
 *
 * `eachBatch` copies the records, hands them over and returns, so that heartbeats go on whatever
 * the rest does; offsets are committed by `commit` alone. Brokers or the topic being away never end
 * it. Partitions may be taken away at any time, and kafkajs tells so late: records of kept
 * partitions are delivered again after every rebalance.
 */
export class RequestConsumer {
  readonly #parts: RequestConsumerParts;
  readonly #topic: string;
  readonly #stopped = new AbortController();
  readonly #paused = new Set<number>();
  #reportDeath: (error: Error) => void = () => undefined;
  #handlers: RecordHandlers | null = null;
  #consumer: Consumer | null = null;
  #life: Promise<void> = Promise.resolve();
  #assigned: ReadonlySet<number> = new Set();
  #memberId: string | null = null;
  #epoch = 0;
  #everJoined = false;
  #dead = false;
  #trouble: string | null;
  #lastFetchAt: number | null = null;
  #lastHeartbeatAt: number | null = null;
  #commitsStored = 0;

  /** Resolves with the reason when nothing will ever be fetched again. It never rejects. */
  readonly died: Promise<Error>;

  constructor(parts: RequestConsumerParts) {
    this.#parts = parts;
    this.#topic = parts.config.topics.requests;
    this.#trouble = `connecting to ${parts.config.brokers.join(", ")}`;
    this.died = new Promise((resolve) => (this.#reportDeath = resolve));
  }

  /** Begins, and goes on until `stop` or `died`, however long brokers or topic are away. Once only. */
  start(handlers: RecordHandlers): void {
    this.#handlers = handlers;
    this.#life = this.#live().catch((error: unknown) => this.#die(error));
  }

  /**
   * Leaves the group and disconnects; resolves when that is done or the time is over. Commit before:
   * a commit that meets the stop is not stored. Nothing is handed over any more.
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopped.abort();
    this.#trouble = "stopped";
    const ended = new AbortController();
    const end = this.#disconnect(this.#consumer).then(async () => this.#life);
    await Promise.race([end, pause(timeoutMs, ended.signal)]).finally(() => ended.abort());
  }

  /** Why nothing is being consumed, in words for people; null when all is well. */
  health(now = Date.now()): string | null {
    if (this.#trouble !== null) return this.#trouble;
    const silentMs = now - (this.#lastHeartbeatAt ?? now);
    const patienceMs = this.#parts.config.heartbeatIntervalMs * PATIENCE_HEARTBEATS;
    const silence = `the group's coordinator has not answered for ${Math.round(silentMs / 1000)} s`;
    return silentMs > patienceMs ? silence : null;
  }

  /** When a fetch last came back, with or without records; milliseconds since the epoch. */
  get lastFetchAt(): number | null {
    return this.#lastFetchAt;
  }

  /** When the group's coordinator last answered; milliseconds since the epoch. */
  get lastHeartbeatAt(): number | null {
    return this.#lastHeartbeatAt;
  }

  /** Nothing is fetched of this partition until `resume`; at most what is on its way still comes. */
  pause(partition: number): void {
    this.#paused.add(partition);
    this.#steer((consumer) => consumer.pause(this.#only([partition])));
  }

  resume(partition: number): void {
    this.#paused.delete(partition);
    this.#steer((consumer) => consumer.resume(this.#only([partition])));
  }

  /**
   * The next record that is fetched of the partition is the one at `offset`, or where the log begins
   * when it has none. What is on its way may still come before.
   */
  seek(partition: number, offset: bigint): void {
    const place = { topic: this.#topic, partition, offset: String(offset) };
    this.#steer((consumer) => consumer.seek(place));
  }

  /**
   * Stores these offsets (the next to be read) for the partitions among them that are assigned.
   * Resolves when Kafka has them; rejects when it may not have.
   */
  async commit(offsets: ReadonlyMap<number, bigint>): Promise<void> {
    const ours = [...offsets].filter(([partition]) => this.#assigned.has(partition));
    if (ours.length === 0) return;
    if (this.#consumer === null || this.#dead) throw new Error("the consumer is not in its group");
    const storedBefore = this.#commitsStored;
    await this.#consumer.commitOffsets(
      ours.map(([partition, offset]) => ({
        topic: this.#topic,
        partition,
        offset: String(offset),
      })),
    );
    // kafkajs resolves without doing anything while it is stopping or crashing.
    if (this.#commitsStored === storedBefore) throw STOPPED;
  }

  async #live(): Promise<void> {
    while (!this.#isStopped()) {
      const error = await this.#liveOnce();
      if (this.#isStopped()) return;
      if (this.#everJoined && !isBrokersAway(error)) throw error;
      this.#trouble = error.message;
      this.#parts.log.warn("consumer.retrying", { error });
      await pause(RETRY_MS, this.#stopped.signal);
    }
  }

  /** One kafkajs consumer from its connection to its end, which is the result. */
  async #liveOnce(): Promise<Error> {
    const consumer = this.#create();
    this.#consumer = consumer;
    const crash = new Promise<Error>((resolve) => this.#listen(consumer, resolve));
    const steps = [
      async () => consumer.connect(),
      async () => consumer.subscribe({ topics: [this.#topic], fromBeginning: true }),
      async () =>
        consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: true,
          partitionsConsumedConcurrently: 1,
          // eslint-disable-next-line @typescript-eslint/require-await -- kafkajs wants a promise
          eachBatch: async ({ batch }) => this.#guarded(() => this.#take(batch)),
        }),
    ];
    try {
      for (const step of steps) {
        await step();
        // A consumer that is told to run after its stop would go on for ever.
        this.#stopped.signal.throwIfAborted();
      }
    } catch (error) {
      await this.#disconnect(consumer);
      return error instanceof Error ? error : new Error(String(error));
    }
    return Promise.race([crash, once(this.#stopped.signal, "abort").then(() => STOPPED)]);
  }

  #create(): Consumer {
    const { kafka, config } = this.#parts;
    return kafka.consumer({
      groupId: config.groupId,
      sessionTimeout: config.sessionTimeoutMs,
      heartbeatInterval: config.heartbeatIntervalMs,
      rebalanceTimeout: 60_000,
      // Also how often heartbeats are thought of while all is paused, and how late a resume may be.
      maxWaitTimeInMs: 250,
      maxBytesPerPartition: 262_144,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 200,
        maxRetryTime: 2_000,
        retries: 20,
        restartOnFailure: async () => Promise.resolve(true),
      },
    });
  }

  #listen(consumer: Consumer, crashed: (error: Error) => void): void {
    const { events } = consumer;
    consumer.on(events.GROUP_JOIN, ({ payload: { memberId, memberAssignment } }) =>
      this.#guarded(() => this.#join(memberId, memberAssignment[this.#topic] ?? [])),
    );
    consumer.on(events.CRASH, ({ payload: { error, restart } }) =>
      this.#guarded(() => {
        this.#parts.log.error("consumer.crashed", { error, restart });
        this.#trouble = `the consumer crashed: ${error.message}`;
        // kafkajs has left the group, and is let in again only when the old member's session is over.
        // Until then our partitions stay ours, so that work goes on as soon as brokers are back: others
        // may work them too, and the journal decides.
        if (this.#memberId !== null) this.#memberId = NO_MEMBER;
        if (!restart) crashed(error);
      }),
    );
    consumer.on(events.FETCH, () => (this.#lastFetchAt = Date.now()));
    consumer.on(events.HEARTBEAT, () => (this.#lastHeartbeatAt = Date.now()));
    consumer.on(events.COMMIT_OFFSETS, () => (this.#commitsStored += 1));
  }

  #join(memberId: string, assigned: readonly number[]): void {
    // A new member was out of the group for a while, and its partitions with others.
    if (this.#memberId !== null && this.#memberId !== memberId) this.#assign([]);
    this.#memberId = memberId;
    this.#everJoined = true;
    this.#trouble = null;
    this.#lastHeartbeatAt = Date.now();
    this.#assign(assigned);
    // After a crash kafkajs remembers no pauses; of partitions that come back it remembers old ones.
    const isPaused = (partition: number) => this.#paused.has(partition);
    const running = assigned.filter((partition) => !isPaused(partition));
    this.#steer((consumer) => consumer.resume(this.#only(running)));
    this.#steer((consumer) => consumer.pause(this.#only(assigned.filter(isPaused))));
  }

  #assign(assigned: readonly number[]): void {
    if (assigned.length === 0 && this.#assigned.size === 0) return;
    this.#assigned = new Set(assigned);
    this.#epoch += 1;
    this.#handlers?.onAssignment(assigned, this.#epoch);
  }

  #take(batch: Batch): void {
    const { partition, messages, highWatermark } = batch;
    if (this.#isStopped() || !this.#assigned.has(partition)) return;
    const records = messages.map((message) => recordOf(this.#topic, partition, message));
    this.#handlers?.onRecords(partition, records, BigInt(highWatermark));
  }

  /** Whatever is thrown inside kafkajs would end or repeat the batch, so nothing is. */
  #guarded(act: () => void): void {
    // After a failure a record may be missing: nothing that comes later may be handed over.
    if (this.#dead) return;
    try {
      act();
    } catch (error) {
      this.#die(error);
    }
  }

  #steer(act: (consumer: Consumer) => void): void {
    try {
      if (this.#consumer !== null && this.#assigned.size > 0) act(this.#consumer);
    } catch (error) {
      // Between a crash and its event there is no group; the next join repeats the pauses.
      this.#parts.log.debug("consumer.not-steered", { error });
    }
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  #only(partitions: number[]): [{ topic: string; partitions: number[] }] {
    return [{ topic: this.#topic, partitions }];
  }

  #die(error: unknown): void {
    this.#dead = true;
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#trouble = `the consumer died: ${reason.message}`;
    this.#parts.log.fatal("consumer.died", { error: reason });
    this.#reportDeath(reason);
  }

  async #disconnect(consumer: Consumer | null): Promise<void> {
    try {
      await consumer?.disconnect();
    } catch (error) {
      this.#parts.log.debug("consumer.disconnect-failed", { error });
    }
  }
}

/** Whether the error, or what caused it, goes away when the brokers come back. */
function isBrokersAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const type = "type" in cause ? String(cause.type) : "";
    if (BROKERS_AWAY.has(cause.name) || BROKERS_AWAY.has(type)) return true;
  }
  return false;
}
