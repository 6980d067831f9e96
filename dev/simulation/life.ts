import { createDispatcher, type Dispatcher } from "../../src/dispatcher.ts";
import { recover } from "../../src/journal/recover.ts";
import type { Change } from "../../src/journal/change.ts";
import { drain } from "../../src/lifecycle/drain.ts";
import { pause } from "../../src/lifecycle/pause.ts";
import { silentLog } from "../../src/observability/silent-log.ts";
import { type EmbeddedBackbone, embeddedBackbone } from "../embedded/embedded-backbone.ts";
import type { Actor } from "./actor.ts";
import { NoAnswer } from "./no-answer.ts";
import { silentMetrics } from "./silent-metrics.ts";
import { SimulatedLink } from "./simulated-link.ts";
import { SimulatedProvider } from "./simulated-provider.ts";
import type { World } from "./world.ts";

const LOOK_AGAIN_MS = 1000;

/** A process from its start to its end: the real dispatcher, on brokers and a cloud that are not. */
export class Life {
  readonly name: string;
  readonly actor: Actor;
  readonly #world: World;
  /** Told when it has ended, with the time after which another one begins. */
  readonly #ended: (restartMs: number) => void;
  readonly #abandon = new AbortController();
  readonly #backbone: EmbeddedBackbone;
  #dispatcher: Dispatcher | null = null;
  #lag = { until: 0, mostMs: 0 };
  #isDraining = false;
  #isStuck = false;

  constructor(world: World, actor: Actor, ended: (restartMs: number) => void) {
    this.#world = world;
    this.name = actor.name;
    this.actor = actor;
    this.#ended = ended;
    const { cluster, registry } = world;
    const link = new SimulatedLink(world, this);
    this.#backbone = world.as(actor, () =>
      embeddedBackbone({
        ...{ cluster, registry, link, signal: this.#abandon.signal },
        waitMs: 800,
      }),
    );
  }

  /** The dispatcher once it has begun. */
  get dispatcher(): Dispatcher | null {
    return this.#dispatcher;
  }

  get memberId(): string | null {
    return this.#backbone.consumer.memberId;
  }

  /** Begins as the service does: from the checkpoint, once that can be read. */
  start(): void {
    this.#world.as(this.actor, () => {
      this.#begin().catch((error: unknown) => this.#fails(error));
    });
  }

  /** Something comes to it from outside after a while, unless it ends or stands still by then. */
  arrive(ms: number, edges: readonly string[], act: () => void): void {
    const { time, deeds } = this.#world;
    time.after(ms, this.actor, () => {
      for (const edge of edges) deeds.pass(edge, this);
      if (this.actor.isGone) return;
      if (this.actor.held === null) act();
      else time.after(0, this.actor, act);
    });
  }

  /** How much later than usual the next read of the journal comes back. */
  lagMs(): number {
    const { time, random } = this.#world;
    return time.now < this.#lag.until ? random.between(0, this.#lag.mostMs) : 0;
  }

  lag(ms: number): void {
    this.#lag = { until: this.#world.time.now + ms, mostMs: ms };
  }

  /** From one moment to the next nothing of it is left. */
  crash(restartMs: number): void {
    if (this.actor.isGone) return;
    this.actor.isGone = true;
    this.#world.cloud.ended(this.name);
    this.#ended(restartMs);
  }

  /** Whether it stands still right before a first byte leaves. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** It stands still right before a first byte leaves, after all looks at the clock. */
  freezeBeforeWrite(ms: number): void {
    this.#isStuck = true;
    this.freeze(ms);
  }

  /** It stands still, as by SIGSTOP, while its clocks go on. */
  freeze(ms: number): void {
    const { time, random } = this.#world;
    if (this.actor.held !== null) return;
    time.freeze(this.actor);
    const first = random.pick(["timers", "arrivals"] as const);
    time.after(ms, time.world, () => this.thaw(first));
  }

  thaw(first: "timers" | "arrivals" = "arrivals"): void {
    if (this.actor.held === null || this.actor.isGone) return;
    this.#isStuck = false;
    this.#world.note(this.name, "goes on");
    this.#world.time.thaw(this.actor, first);
  }

  /** It is told to end in order, as by SIGTERM. */
  drain(restartMs: number): void {
    if (this.#isDraining || this.actor.isGone) return;
    this.#isDraining = true;
    this.#world.time.after(0, this.actor, () => {
      this.#drain().then(
        () => {
          if (this.actor.isGone) return;
          this.#world.note(this.name, "has stopped");
          this.actor.isGone = true;
          this.#ended(restartMs);
        },
        (error: unknown) => this.#fails(error),
      );
    });
  }

  async #begin(): Promise<void> {
    const { journal, checkpoints } = this.#backbone;
    for (;;) {
      try {
        const checkpoint = await checkpoints.load();
        const states = await recover(checkpoint, journal);
        const positions = states.map(({ position }) => position).join(", ");
        this.#world.note(this.name, `begins at ${positions}`);
        this.#world.journal.compareBeginning(this.name, states);
        await this.#create(checkpoint, states).start();
        return;
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        if (this.#dispatcher === null) await pause(LOOK_AGAIN_MS, this.#abandon.signal);
        // The service ends then, and is started again.
        else {
          this.crash(LOOK_AGAIN_MS);
          return;
        }
      }
    }
  }

  #create(
    checkpoint: ReadonlyMap<string, Buffer>,
    states: Awaited<ReturnType<typeof recover>>,
  ): Dispatcher {
    const { scenario, schemas, random, time } = this.#world;
    const { config, partitions } = scenario;
    const providers = config.providers.map((connection) => ({
      config: connection,
      provider: new SimulatedProvider(this.#world, this, connection),
      close: () => undefined,
    }));
    const clock = {
      now: () => time.monotonic(this.actor),
      epoch: () => time.epoch(this.actor),
    };
    const dispatcher = createDispatcher({
      ...{ config, backbone: this.#backbone, providers, schemas, states, checkpoint },
      ...{ requestPartitions: partitions.requests, maxRequestBytes: 1_000_000 },
      requestsRetentionMs: Infinity,
      ...{ instance: this.name, version: "0", metrics: silentMetrics, log: silentLog },
      clock: this.#world.bug.clock?.(clock) ?? clock,
      random: () => random.next(),
      ...{ abandon: this.#abandon.signal, onFailure: (error) => this.#fails(error) },
    });
    this.#dispatcher = dispatcher;
    this.#audit(dispatcher);
    this.#world.bug.plant?.(dispatcher);
    return dispatcher;
  }

  /** Everything it reads must be what the log says, and it must have read enough to judge. */
  #audit({ replica, counters }: Dispatcher): void {
    for (const { judge } of counters) {
      const original = judge.judge.bind(judge);
      judge.judge = async (question) => {
        this.#world.judges(this, question.call.claimId);
        return original(question);
      };
    }
    const { journal, deeds } = this.#world;
    const at = new Map<number, { offset: bigint; index: number }>();
    const changed = (change: Change, partition: number): void => {
      const offset = (replica.partitions[partition]?.position ?? 0n) - 1n;
      const last = at.get(partition);
      const index = last?.offset === offset ? last.index + 1 : 0;
      at.set(partition, { offset, index });
      journal.compare(this.name, partition, offset, index, change);
      if (index === 0) deeds.pass(`read ${kindOf(change)}`, this);
    };
    replica.listen({ changed, opened: () => undefined });
  }

  async #drain(): Promise<void> {
    const dispatcher = this.#dispatcher;
    if (dispatcher !== null) {
      await drain({
        ...{ ...dispatcher, consumer: this.#backbone.consumer, log: silentLog },
        now: () => this.#world.time.monotonic(this.actor),
        abandon: this.#abandon.signal,
        handOver: () => dispatcher.stop(),
        timeoutMs: this.#world.scenario.config.drainTimeoutMs,
      });
    }
    this.#abandon.abort(new Error("the drain is over"));
    await this.#backbone.journal.close(0);
    await this.#backbone.checkpoints.close(0);
  }

  #fails(error: unknown): void {
    if (this.#abandon.signal.aborted) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#world.alarm.raise(`${this.name} fails: ${text}`);
  }
}

/** The record's kind that makes such a change. */
function kindOf(change: Change): string {
  switch (change.kind) {
    case "claimed":
      return "CLAIM";
    case "closed":
      return "CLOSE";
    case "released":
      return "RELEASE";
    case "published":
    case "accepted-published":
      return "PUBLISHED";
    case "accepted":
      return "ACCEPTED";
    case "done":
      return "DONE";
    default:
      return change.kind;
  }
}
