import { Heap } from "../../src/lanes/heap.ts";
import { Actor } from "./actor.ts";

/** Something that happens at an instant of virtual time, to one actor. */
export interface VirtualEvent {
  readonly at: number;
  readonly order: number;
  readonly actor: Actor;
  readonly isTimer: boolean;
  readonly act: () => void;
  isCancelled: boolean;
}

/** When virtual time begins, milliseconds since the epoch. */
const BEGINNING = Date.UTC(2026, 0, 1);

const realImmediate = setImmediate;

/**
 * Time that stands still while something is worked and jumps to what comes next.
 *
 * One event happens at a time, and all that follows from it without waiting happens before the next
 * one. So whatever runs then belongs to the event's actor, and a process can end or stand still at
 * each of its waits.
 */
export class VirtualTime {
  /** Brokers, providers, and whoever brings the faults. */
  readonly world = new Actor("world");
  readonly #events = new Heap<VirtualEvent>((a, b) =>
    a.at === b.at ? a.order < b.order : a.at < b.at,
  );
  #now = 0;
  #order = 0;
  #current: Actor | null = null;

  /** Milliseconds since virtual time began. */
  get now(): number {
    return this.#now;
  }

  /** Whose work runs; null: nobody's, this is outside of virtual time. */
  get current(): Actor | null {
    return this.#current;
  }

  /** What an actor's monotonic clock shows. */
  monotonic(actor: Actor): number {
    return this.#now + actor.monotonicShift;
  }

  /** What an actor's wall clock shows, milliseconds since the epoch. */
  epoch(actor: Actor = this.world): number {
    return Math.floor(BEGINNING + this.#now + actor.wallShift);
  }

  /** Lets something happen to an actor after a while. */
  after(delayMs: number, actor: Actor, act: () => void, isTimer = false): VirtualEvent {
    const at = this.#now + delayMs;
    const event = { at, order: (this.#order += 1), actor, isTimer, act, isCancelled: false };
    this.#events.push(event);
    return event;
  }

  /** Does it at once, as work of another actor than the present one. */
  as<T>(actor: Actor, act: () => T): T {
    const before = this.#current;
    this.#current = actor;
    try {
      return act();
    } finally {
      this.#current = before;
    }
  }

  /** From now on nothing happens to it; what is due waits. */
  freeze(actor: Actor): void {
    actor.held ??= [];
  }

  /** It goes on: `first` what was due for it meanwhile, its timers or what came from outside. */
  thaw(actor: Actor, first: "timers" | "arrivals"): void {
    const held = actor.held ?? [];
    actor.held = null;
    const isFirst = ({ isTimer }: VirtualEvent) => isTimer === (first === "timers");
    const inOrder = [...held.filter(isFirst), ...held.filter((event) => !isFirst(event))];
    for (const event of inOrder) {
      this.after(
        0,
        actor,
        () => {
          if (!event.isCancelled) event.act();
        },
        event.isTimer,
      );
    }
  }

  /**
   * Lets events happen, one after the other, until it is over. Resolves with false when nothing is
   * left to happen before. Rejects with whatever an event throws.
   */
  async run(isOver: () => boolean): Promise<boolean> {
    while (!isOver()) {
      const event = this.#events.pop();
      if (event === undefined) return false;
      const { actor } = event;
      if (event.isCancelled || actor.isGone) continue;
      this.#now = Math.max(this.#now, event.at);
      if (actor.held !== null) {
        actor.held.push(event);
        continue;
      }
      this.#current = actor;
      event.act();
      // All that was promised and is due is done by then.
      await new Promise((resolve) => realImmediate(resolve));
      this.#current = null;
    }
    return true;
  }
}
