import type { Life } from "./life.ts";
import type { Deed, PlannedDeed } from "./weather.ts";
import type { World } from "./world.ts";

/** Does what was planned to a process when it comes to the place that was planned for it. */
export class Deeds {
  readonly #world: World;
  readonly #planned: readonly PlannedDeed[];
  readonly #counts = new Map<string, number>();

  constructor(world: World, planned: readonly PlannedDeed[]) {
    this.#world = world;
    this.#planned = planned;
  }

  /** A life comes to a place where something may befall it. */
  pass(edge: string, life: Life): void {
    const count = (this.#counts.get(edge) ?? 0) + 1;
    this.#counts.set(edge, count);
    if (this.#world.isCalm || life.actor.isGone) return;
    for (const { deed, edge: place, nth } of this.#planned) {
      if (place === edge && nth === count) this.#do(deed, edge, life);
    }
  }

  #do(deed: Deed, edge: string, life: Life): void {
    const { random, cluster } = this.#world;
    const note = (what: string): void => this.#world.note(life.name, `${what} (${edge})`);
    switch (deed) {
      case "crash":
        note("CRASHES");
        life.crash(random.magnitude(50, 15_000));
        return;
      case "freeze": {
        const most = this.#world.scenario.longestFreezeMs;
        const ms = random.chance(0.5)
          ? random.magnitude(200, most)
          : random.between(most / 3, most);
        note(`FREEZES for ${Math.round(ms)} ms`);
        life.freeze(ms);
        return;
      }
      case "rebalance":
        note("REBALANCE");
        cluster.group.rebalance();
        return;
      case "drain":
        note("is told to STOP");
        life.drain(random.magnitude(50, 10_000));
        return;
      case "lag": {
        const ms = random.magnitude(500, 20_000);
        note(`reads the journal LATE for ${Math.round(ms)} ms`);
        life.lag(ms);
        return;
      }
      case "outage": {
        const ms = random.magnitude(200, 20_000);
        note(`BROKERS AWAY for ${Math.round(ms)} ms`);
        this.#world.brokersAway(ms);
        return;
      }
    }
  }
}
