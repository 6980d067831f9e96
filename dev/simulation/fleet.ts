import { Actor } from "./actor.ts";
import { Coordinator, LOOK_EVERY_MS } from "./coordinator.ts";
import { Life } from "./life.ts";
import type { World } from "./world.ts";

/** The processes of a run: each begins anew after its end, as a supervisor would have it. */
export class Fleet {
  readonly #world: World;
  readonly #coordinator: Coordinator;
  /** The present lives, by the number of their process. */
  readonly #lives: (Life | null)[] = [];
  #started = 0;
  #survivors = Infinity;

  constructor(world: World) {
    this.#world = world;
    const { group } = world.cluster;
    this.#coordinator = new Coordinator(group, world.scenario.config.kafka.sessionTimeoutMs);
  }

  /** Those that run, those that stand still included. */
  get lives(): readonly Life[] {
    return this.#lives.filter((life) => life !== null);
  }

  /** Starts them, one after the other. */
  begin(): void {
    const { time, random, scenario } = this.#world;
    for (let index = 0; index < scenario.processes; index += 1) {
      time.after(random.magnitude(1, 3000), time.world, () => this.#start(index));
    }
    this.#coordinate();
  }

  /** From here on no process is stopped, and some never come back. */
  calmDown(): void {
    this.#survivors = this.#world.scenario.survivors;
    for (const [index, life] of this.#lives.entries()) {
      if (life === null) continue;
      if (index >= this.#survivors) {
        this.#world.note(life.name, "ENDS for good");
        life.crash(0);
      } else if (!life.isStuck) {
        life.thaw();
      }
    }
  }

  /** Sets the wall clock of one of them. */
  setSomeClock(): void {
    const { random } = this.#world;
    const { lives } = this;
    if (lives.length === 0) return;
    const life = random.pick(lives);
    const ms = random.magnitude(500, 3_600_000) * (random.chance(0.6) ? -1 : 1);
    this.#world.note(life.name, `its wall CLOCK is set by ${Math.round(ms)} ms`);
    life.actor.wallShift += ms;
  }

  /** Whichever hears of it first makes no more calls in a second than ordered, and tells the others. */
  order(provider: string, callsPerSecond: number | null): void {
    const { random } = this.#world;
    const running = this.lives.filter(({ actor }) => actor.held === null);
    if (running.length === 0) return;
    const { name, actor, dispatcher } = random.pick(running);
    const counter = dispatcher?.counters.find(({ config }) => config.name === provider);
    this.#world.note(name, `is told to make ${callsPerSecond ?? "all"} calls/s to ${provider}`);
    this.#world.as(actor, () => counter?.limitTo(callsPerSecond));
  }

  /** One of them ends a stretch of the journal, so that a summary of it is written. */
  seal(): void {
    const { random, scenario } = this.#world;
    const running = this.lives.filter(({ actor, dispatcher }) => {
      return actor.held === null && dispatcher !== null;
    });
    if (running.length === 0) return;
    const { actor, dispatcher } = random.pick(running);
    const partition = random.whole(0, scenario.partitions.journal - 1);
    const record = { kind: "CHECKPOINTED", partitions: [], seal: true } as const;
    this.#world.as(actor, () => void dispatcher?.journal.append(partition, record));
  }

  #start(index: number): void {
    if (index >= this.#survivors) return;
    const { random, time } = this.#world;
    const name = `${String.fromCharCode(65 + index)}${(this.#started += 1)}`;
    const actor = new Actor(name, random.between(0, 1e6), random.between(-2000, 2000));
    const life = new Life(this.#world, actor, (restartMs) => {
      this.#lives[index] = null;
      time.after(restartMs, time.world, () => this.#start(index));
    });
    this.#lives[index] = life;
    this.#world.note(name, "starts");
    life.start();
  }

  #coordinate(): void {
    const { time } = this.#world;
    const running = this.lives.filter(({ actor }) => actor.held === null);
    const present = running.flatMap(({ memberId }) => memberId ?? []);
    this.#coordinator.look(time.now, new Set(present));
    time.after(LOOK_EVERY_MS, time.world, () => this.#coordinate());
  }
}
