import type { OperationName } from "../domain/operation.ts";
import type { CouldMake } from "../lanes/account-limits.ts";
import type { Traffic } from "../lanes/send-gate.ts";
import type { BegunCalls } from "./begun-calls.ts";
import type { Having } from "./own-slots.ts";
import { type SlotUse, useKey } from "./slot-record.ts";
import type { SlotUses } from "./slot-uses.ts";
import type { Waiter } from "./slot-waiters.ts";

/** Somebody who wants to begin a call. */
export interface Ticket {
  readonly asker: object;
  readonly couldMake: CouldMake;
  readonly operations: readonly OperationName[];
  readonly come: () => void;
}

/** How many slots of one use are wanted beyond those that there are. */
export interface Want {
  readonly use: SlotUse;
  readonly group: string;
  count: number;
}

/** Where both want slots of the same total, four in five are calls': as at the gate of one process. */
const CALLS_FOR_ONE_READ = 4;

/**
 * The next use to be asked for; undefined: none now. `isShared`: calls and reads are counted together,
 * so that reads wait until there are enough calls beside them.
 */
export function nextWant(
  wants: readonly Want[],
  having: Having,
  isShared: boolean,
): Want | undefined {
  const first = (traffic: Traffic) =>
    wants.find(({ use, count }) => use.traffic === traffic && count > 0);
  const [call, read] = [first("call"), first("read")];
  if (read === undefined) return call;
  const isReadsTurn = having.read * CALLS_FOR_ONE_READ < having.call;
  if (call !== undefined) return isReadsTurn ? read : call;
  const isAlone = having.call === 0 || having.read === 0;
  return !isShared || isAlone || isReadsTurn ? read : undefined;
}

/** Counts by use, in the order in which each came first. */
export class Wants {
  readonly #wants = new Map<string, { readonly use: SlotUse; count: number }>();

  add(use: SlotUse, count: number): void {
    const group = useKey(use);
    const known = this.#wants.get(group);
    if (known === undefined) this.#wants.set(group, { use, count });
    else known.count += count;
  }

  /** What is wanted beyond what there is. */
  beyond(have: (group: string) => number): Want[] {
    return [...this.#wants].map(([group, { use, count }]) => {
      return { group, use, count: Math.max(0, count - have(group)) };
    });
  }
}

/** For whom slots are wanted. */
export interface Wanting {
  readonly begun: BegunCalls;
  readonly uses: SlotUses;
  readonly tickets: Iterable<Ticket>;
  readonly waiters: Iterable<Waiter>;
  /** How long ahead slots are wanted for calls that are not begun. */
  readonly aheadMs: number;
}

/** All that is wanted: for what is begun, and ahead for what could be. */
export function wantsOf({ begun, uses, tickets, waiters, aheadMs }: Wanting): Wants {
  const wants = new Wants();
  for (const [operation, count] of begun.counts) wants.add(uses.of(operation), count);
  for (const { couldMake, operations } of tickets) {
    const could = new Wants();
    for (const operation of operations) {
      could.add(uses.of(operation), Math.max(1, couldMake.of(operation)));
    }
    for (const { use, count } of could.beyond(() => 0)) {
      const reachMs = Math.max(aheadMs, uses.sharedAheadMs(use));
      const most = Math.max(1, Math.ceil(reachMs / uses.ownGapMs(use)));
      wants.add(use, Math.min(couldMake.calls, count, most));
    }
  }
  for (const { traffic, name } of waiters) {
    if (traffic === "read") wants.add({ traffic, names: [name] }, 1);
  }
  return wants;
}
