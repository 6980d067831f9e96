import type { Errand, Link } from "../embedded/link.ts";
import type { Life } from "./life.ts";
import { NoAnswer } from "./no-answer.ts";
import type { Mishap } from "./weather.ts";
import type { World } from "./world.ts";

/** What is asked again and again, and changes nothing at the brokers. */
const READS: readonly Errand[] = [
  "read the journal",
  "fetch requests",
  "read the checkpoints",
  "read the slots",
];

/** A copy comes no later than this. */
export const LATEST_MS = 20_000;

/** The line between one life of a process and the brokers, as good as the weather is. */
export class SimulatedLink implements Link {
  readonly #world: World;
  readonly #life: Life;

  constructor(world: World, life: Life) {
    this.#world = world;
    this.#life = life;
  }

  async exchange<T>(errand: Errand, serve: () => T | Promise<T>): Promise<T> {
    const { time } = this.#world;
    return new Promise<T>((resolve, reject) => {
      if (READS.includes(errand)) {
        const served = time.as(time.world, async () => this.#world.brokers(serve));
        this.#hear([errand], served, resolve, reject);
        return;
      }
      this.#world.deeds.pass(`sent ${errand}`, this.#life);
      this.#send(errand, serve, resolve, reject);
    });
  }

  #send<T>(
    errand: Errand,
    serve: () => T | Promise<T>,
    resolve: (value: T) => void,
    reject: (error: Error) => void,
  ): void {
    const { time, random } = this.#world;
    const mishap: Mishap = random.weighted(this.#world.weather.mishaps);
    const giveUp = (): void => {
      time.after(random.magnitude(50, 1500), this.#life.actor, () => reject(new NoAnswer(mishap)));
    };
    const serveIn = (delayMs: number, isHeard: boolean): void => {
      time.after(delayMs, time.world, () => {
        // What a process sent right before its end may have left, or not.
        if (this.#life.actor.isGone && random.chance(0.5)) return;
        const served = this.#world.brokers(serve);
        const names = [errand, ...this.#world.journal.takeKinds()];
        if (isHeard) this.#hear(names, served, resolve, reject);
        else served.catch(() => undefined);
        for (const name of names) this.#world.deeds.pass(`served ${name}`, this.#life);
      });
    };
    const delay = this.#world.delay();
    switch (mishap) {
      case "none":
        serveIn(delay, true);
        return;
      case "lost":
        giveUp();
        return;
      case "unanswered":
        serveIn(delay, false);
        giveUp();
        return;
      case "late":
        serveIn(random.magnitude(100, LATEST_MS), false);
        giveUp();
        return;
      case "doubled":
        serveIn(delay, true);
        serveIn(delay + random.magnitude(1, LATEST_MS), false);
        return;
    }
  }

  /** The brokers' answer on its way back. */
  #hear<T>(
    names: readonly string[],
    served: Promise<T>,
    resolve: (value: T) => void,
    reject: (error: Error) => void,
  ): void {
    const arrive = (act: () => void): void => {
      const lagMs = names[0] === "read the journal" ? this.#life.lagMs() : 0;
      const edges = names.map((name) => `answered ${name}`);
      this.#life.arrive(this.#world.delay() + lagMs, edges, act);
    };
    served.then(
      (value) => arrive(() => resolve(value)),
      (error: unknown) => arrive(() => reject(error as Error)), // brokers throw nothing else
    );
  }
}
