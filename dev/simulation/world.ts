import { loadSchemas } from "../../src/avro/schemas.ts";
import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import { decodeWatermark, watermarkPartition } from "../../src/journal/watermark.ts";
import type { KafkaRecord } from "../../src/kafka/record.ts";
import { EmbeddedCluster } from "../embedded/embedded-cluster.ts";
import { EmbeddedRegistry } from "../embedded/embedded-registry.ts";
import type { Actor } from "./actor.ts";
import { Alarm } from "./alarm.ts";
import type { Bug } from "./bugs.ts";
import { CallAudit } from "./call-audit.ts";
import { Cloud } from "./cloud.ts";
import { Deeds } from "./deeds.ts";
import { Fleet } from "./fleet.ts";
import { JournalAudit } from "./journal-audit.ts";
import type { Life } from "./life.ts";
import { NoAnswer } from "./no-answer.ts";
import type { Random } from "./random.ts";
import { RecordAudit } from "./record-audit.ts";
import type { PlannedRecord, Scenario } from "./scenario.ts";
import { Trace } from "./trace.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { CALM, type Weather } from "./weather.ts";

export interface WorldParts {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly scenario: Scenario;
  readonly bug: Bug;
}

const schemas = loadSchemas({ requests: "requests", outcomes: "outcomes" });
const registry = new EmbeddedRegistry([schemas.requests, schemas.outcomes]);
const REQUESTS_ID = 1;

const LOOK_FOR_END_EVERY_MS = 100;

/** A judge may not have read what stood in the journal for longer than this: two stale reads. */
const OLDEST_VIEW_MS = 2600;

/** Everything around the processes of one run: brokers, cloud, faults, and who watches. */
export class World {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly scenario: Scenario;
  readonly bug: Bug;
  readonly schemas = schemas;
  readonly registry = registry;
  readonly trace = new Trace();
  readonly alarm = new Alarm();
  readonly cluster: EmbeddedCluster;
  readonly cloud: Cloud;
  readonly journal: JournalAudit;
  readonly records: RecordAudit;
  readonly calls: CallAudit;
  readonly deeds: Deeds;
  readonly fleet: Fleet;
  /** Partition → the highest offset that was ever committed. */
  readonly #committed = new Map<number, bigint>();
  readonly #published = new Set<string>();
  readonly #finals: RerunOutcome[] = [];
  #isCalm = false;
  #awayUntil = 0;
  #lookAt = 0;

  constructor({ time, random, scenario, bug }: WorldParts) {
    this.time = time;
    this.random = random;
    this.scenario = scenario;
    this.bug = bug;
    const { config, partitions, weather } = scenario;
    this.cluster = new EmbeddedCluster({
      ...{ topics: config.kafka.topics, partitions, now: () => time.epoch() },
      deal: (members, count) => this.#deal(members, count),
    });
    this.cloud = new Cloud({ time, random, draw: () => random.weighted(this.weather.answers) });
    const connection = (name: string) => config.providers.find((one) => one.name === name);
    const maxAttempts = (name: string) => connection(name)?.retry.maxAttempts ?? 0;
    const nameOf = (claimId: string) => this.trace.nameOf(claimId);
    const { windowMs } = config.dedupe;
    this.journal = new JournalAudit({
      ...{ partitions: partitions.journal, alarm: this.alarm, now: () => time.now },
      ...{ maxAttempts, nameOf, windowMs, note: (text) => this.note("log", text) },
      published: (entry) => {
        this.#published.add(`${entry.provider} ${entry.request.requestId}`);
        if (this.records.hasOutcome(entry.provider, entry.request.requestId)) return;
        this.alarm.raise(`${entry.request.requestId} is published, and no outcome tells of it`);
      },
      completed: (told) => {
        for (const one of told) this.records.claimedWatermark("the journal", one.partition, one);
      },
    });
    this.records = new RecordAudit({
      ...{ journal: this.journal, alarm: this.alarm },
      isPublished: (provider, requestId) => this.#published.has(`${provider} ${requestId}`),
    });
    this.calls = new CallAudit({
      ...{ cloud: this.cloud, journal: this.journal, alarm: this.alarm, nameOf, maxAttempts },
      now: () => time.now,
      leavesWithinMs: (name) => {
        return config.claims.callWithinMs + (connection(name)?.connectTimeoutMs ?? 0);
      },
      callsPerSecond: (name) => connection(name)?.rateLimit.callsPerSecond ?? 0,
      isLimitShared: config.throttle.scope === "group",
    });
    this.deeds = new Deeds(this, weather.deeds);
    this.fleet = new Fleet(this);
    this.#watch();
  }

  /** The weather now. */
  get weather(): Weather {
    return this.#isCalm ? CALM : this.scenario.weather;
  }

  get isCalm(): boolean {
    return this.#isCalm;
  }

  note(who: string, what: string): void {
    this.trace.note(this.time.now, who, what);
  }

  as<T>(actor: Actor, act: () => T): T {
    return this.time.as(actor, act);
  }

  /** How long a message takes, one way. */
  delay(): number {
    const { usual, slow, slowShare } = this.weather.delay;
    const mean = this.random.chance(slowShare) ? slow : usual;
    return this.random.between(0.1, 2 * mean);
  }

  /** What the brokers do; while they are away, nothing. */
  async brokers<T>(serve: () => T | Promise<T>): Promise<T> {
    if (this.time.now < this.#awayUntil) {
      await new Promise((resolve) => setTimeout(resolve, this.random.between(50, 500)));
      throw new NoAnswer("the brokers are away");
    }
    const served = await serve();
    if (this.time.now < this.#awayUntil) throw new NoAnswer("the brokers went away");
    return served;
  }

  brokersAway(ms: number): void {
    this.#awayUntil = Math.max(this.#awayUntil, this.time.now + ms);
  }

  /** Somebody begins to judge a claim. */
  judges(life: Life, claimId: string): void {
    const { dispatcher } = life;
    if (dispatcher === null || dispatcher.journal.isDriven(claimId)) return;
    const name = this.trace.nameOf(claimId);
    this.note(life.name, `judges ${name}`);
    const oldest = this.journal.unreadForMs(dispatcher.replica.partitions);
    if (oldest <= OLDEST_VIEW_MS) return;
    this.alarm.raise(`${life.name} judges ${name} by a view ${Math.round(oldest)} ms old`);
  }

  /** Begins the run: processes, records, and what befalls all of them. */
  begin(): void {
    const { scenario, random, time } = this;
    const { records, weather, calmAt, seals } = scenario;
    const later = (act: () => void): void => {
      time.after(random.between(0, calmAt), time.world, act);
    };
    for (const record of records) time.after(record.at, time.world, () => this.#write(record));
    for (let i = 0; i < weather.resets; i += 1) later(() => this.#setOffsetsBack());
    for (let i = 0; i < weather.clockJumps; i += 1) later(() => this.fleet.setSomeClock());
    for (const { at, provider, callsPerSecond } of scenario.orders) {
      const order = () => this.fleet.order(provider, callsPerSecond);
      time.after(at, time.world, order);
    }
    for (let i = 0; i < seals; i += 1) later(() => this.fleet.seal());
    time.after(calmAt, time.world, () => this.#calmDown());
    this.fleet.begin();
  }

  /** Whether nothing is left to be done. */
  isDone(): boolean {
    if (!this.#isCalm || this.time.now < this.#lookAt) return false;
    this.#lookAt = this.time.now + LOOK_FOR_END_EVERY_MS;
    if (this.records.unfinished().length > 0) return false;
    // A late copy of an old commit, or a former owner's, may have taken the group back since.
    return [...this.records.ends()].every(([partition, end]) => {
      return this.#committed.get(partition) === BigInt(end);
    });
  }

  /** What must hold at the end, beside what was looked at all the time. */
  checkEnd(): void {
    const { alarm, records, journal } = this;
    const unfinished = records.unfinished();
    if (unfinished.length > 0) alarm.raise(`these are never finished: ${unfinished.join(", ")}`);
    this.#lookAt = 0;
    if (!this.isDone()) alarm.raise("not all offsets are committed");
    for (const { name, dispatcher } of this.fleet.lives) {
      journal.compareEnd(name, dispatcher?.replica.partitions ?? []);
    }
    for (const outcome of this.#finals) this.calls.check(outcome);
  }

  #watch(): void {
    const { journal, outcomes, deadLetters, checkpoints } = this.cluster.topics;
    journal.listen((record) => this.journal.note(record));
    outcomes.listen((record) => this.#outcome(record));
    deadLetters.listen((record) => {
      this.note("topics", "a dead letter");
      this.records.deadLettered(record);
    });
    checkpoints.listen(({ key, value }) => {
      const partition = watermarkPartition(String(key));
      const watermark = value === null ? null : decodeWatermark(value);
      if (partition === null) this.note("topics", `checkpoint ${String(key)}`);
      if (partition === null || watermark === null) return;
      this.note("topics", `watermark ${partition} at ${watermark.low}`);
      this.records.claimedWatermark("the checkpoint", partition, watermark);
    });
    this.cluster.group.listen((partition, offset) => {
      this.note("topics", `${partition} committed up to ${offset}`);
      this.records.claimedComplete("a commit", partition, offset);
      const highest = this.#committed.get(partition) ?? 0n;
      if (offset > highest) this.#committed.set(partition, offset);
    });
  }

  #outcome({ value }: KafkaRecord): void {
    const decoded = registry.decodeNow(value ?? Buffer.alloc(0));
    if (decoded.kind !== "decoded") {
      this.alarm.raise("an outcome cannot be read");
      return;
    }
    const outcome = decoded.value as RerunOutcome; // the only schema of this topic
    this.note("topics", `${outcome.requestId} is told ${outcome.status}`);
    this.records.told(outcome, value ?? Buffer.alloc(0));
    if (!outcome.final) return;
    this.#finals.push(outcome);
    this.calls.check(outcome);
  }

  #write(record: PlannedRecord): void {
    const { request, partition } = record;
    this.records.written(record);
    this.note("topics", `${request?.requestId ?? "a tombstone"} is asked for in ${partition}`);
    const value = request === null ? null : registry.encodeNow(REQUESTS_ID, request);
    this.cluster.topics.requests.append(partition, [{ key: null, value, headers: {} }]);
  }

  #deal(members: readonly string[], count: number): ReadonlyMap<string, readonly number[]> {
    const hands = new Map(members.map((member): [string, number[]] => [member, []]));
    for (let partition = 0; partition < count && members.length > 0; partition += 1) {
      hands.get(this.random.pick(members))?.push(partition);
    }
    return hands;
  }

  #setOffsetsBack(): void {
    const { group } = this.cluster;
    this.note("topics", "OFFSETS SET BACK");
    for (const [partition, offset] of group.committed) {
      const back = BigInt(this.random.whole(0, Number(offset)));
      group.reset(new Map([[partition, back]]));
    }
    group.rebalance();
  }

  #calmDown(): void {
    this.note("world", "CALM from here on");
    this.#isCalm = true;
    this.#awayUntil = 0;
    this.fleet.calmDown();
  }
}
