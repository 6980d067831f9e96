import type { Traffic } from "../lanes/send-gate.ts";
import type { OwnSlot } from "./own-slots.ts";
import type { SlotUse } from "./slot-record.ts";

/** Somebody at the gate, whose slot has to come. */
export interface Waiter {
  readonly traffic: Traffic;
  readonly name: string;
  readonly pass: (slot: OwnSlot) => void;
}

/** Who stands at the gate, in the order of coming. */
export class SlotWaiters {
  readonly #all = new Set<Waiter>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Waiter> {
    return this.#all.values();
  }

  /**
   * Resolves with the slot that came; rejects with the signal's reason. `onFound` is called before
   * anybody else is looked for.
   */
  async wait(
    use: Omit<Waiter, "pass">,
    signal: AbortSignal,
    onFound: () => void,
  ): Promise<OwnSlot> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#all.delete(waiter);
        reject(signal.reason as Error); // what whoever aborts gives
      };
      const waiter: Waiter = {
        ...use,
        pass: (found) => {
          signal.removeEventListener("abort", giveUp);
          onFound();
          resolve(found);
        },
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#all.add(waiter);
    });
  }

  /** Whether somebody waits who may use such a slot. */
  wants({ traffic, names }: SlotUse): boolean {
    return [...this.#all].some((one) => one.traffic === traffic && names.includes(one.name));
  }

  /** Lets everybody pass for whom a slot is found. */
  letPass(find: (waiter: Waiter) => OwnSlot | undefined): void {
    for (const waiter of this.#all) {
      const slot = find(waiter);
      if (slot === undefined) continue;
      this.#all.delete(waiter);
      waiter.pass(slot);
    }
  }
}
