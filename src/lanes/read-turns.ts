import { setMaxListeners } from "node:events";
import type { CallEndKind } from "../domain/call-end.ts";
import type { ReadEnd, ReadTurns, WireTerms } from "../domain/provider.ts";
import type { CallGate } from "./call-gate.ts";

export interface ReadTurnsOptions {
  /** Calls off the waits, and the reads that run. */
  readonly signal: AbortSignal;
  /** Told how each read ended that had its turn; `accepted`: it was read. */
  readonly onRead: (action: string, result: CallEndKind) => void;
}

/** What turns need of the account's limits. */
interface ReadLimits {
  /** The most reads of one action in a second. */
  readonly perSecond: number;
  /** The way of one read through the limits; null when the day's share of reads is used up. */
  readonly gateFor: (action: string) => CallGate | null;
}

/** The most reads that talk to the provider at one time; each has a connection of its own. */
const MOST_OPEN = 20;

/** While both wait, one turn in so many is not for a reading that a call waits for. */
const PATIENT_TURN_IN = 5;

/** The reads of one action. */
interface Line {
  /** In the order of asking. */
  readonly waiting: Set<Waiter>;
  /** Likewise, of readings that a call waits for. */
  readonly urgent: Set<Waiter>;
  urgentInARow: number;
  /** Those that have begun and whose first byte has not left. */
  onTheWay: number;
}

/** How somebody waits for a turn. */
interface Manner {
  readonly isUrgent: boolean;
  readonly calledOff: AbortSignal | undefined;
}

interface Waiter {
  /** Order of asking, over all actions. */
  readonly turn: number;
  /** False: the wait was called off. */
  readonly go: (mayGo: boolean) => void;
}

/**
 * Begins reads no earlier than they can leave: what waits here costs no connection, and a server
 * does not close what has been connected for long and said nothing.
 *
 * Per action no more are on their way to the gate than leave within half a second (at least two,
 * or connecting would be on the way of the pace).
 */
export class OpenReads implements ReadTurns {
  /**
   * The same turns for readings that a call waits for: four in five of an action's are theirs, or
   * polls, of which there are always more, would set the pace of the calls.
   */
  readonly beforeCalls: ReadTurns = {
    take: async (action, read, calledOff) =>
      this.#take(action, read, { isUrgent: true, calledOff }),
  };
  readonly #options: ReadTurnsOptions;
  readonly #limits: ReadLimits;
  readonly #mostOnTheWay: number;
  readonly #lines = new Map<string, Line>();
  #lastTurn = 0;
  #open = 0;

  constructor(options: ReadTurnsOptions, limits: ReadLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#mostOnTheWay = Math.max(2, Math.ceil(limits.perSecond / 2));
    // Every open read listens to it.
    setMaxListeners(0, options.signal);
    options.signal.addEventListener("abort", () => this.#callOff(), { once: true });
  }

  async take<T>(
    action: string,
    read: (terms: WireTerms) => Promise<ReadEnd<T>>,
    calledOff?: AbortSignal,
  ): Promise<ReadEnd<T>> {
    return this.#take(action, read, { isUrgent: false, calledOff });
  }

  async #take<T>(
    action: string,
    read: (terms: WireTerms) => Promise<ReadEnd<T>>,
    { isUrgent, calledOff }: Manner,
  ): Promise<ReadEnd<T>> {
    const over = this.#options.signal;
    const line = this.#lineOf(action);
    const isOver = over.aborted || calledOff?.aborted === true;
    const queue = isUrgent ? line.urgent : line.waiting;
    const mayGo = isOver ? false : await this.#turnIn(queue, calledOff);
    if (!mayGo) return unreadable("unavailable", "the wait for its turn was called off");
    const { signal, release } = eitherOf(over, calledOff);
    return this.#run(action, line, signal, read).finally(release);
  }

  async #run<T>(
    action: string,
    line: Line,
    signal: AbortSignal,
    read: (terms: WireTerms) => Promise<ReadEnd<T>>,
  ): Promise<ReadEnd<T>> {
    let isOnTheWay = true;
    const leftTheWay = () => {
      if (isOnTheWay) line.onTheWay -= 1;
      isOnTheWay = false;
      this.#startMore();
    };
    const gate = this.#limits.gateFor(action);
    try {
      if (gate === null) return unreadable("quota", "callsPerDay has no more room for reads");
      const pass = async (over: AbortSignal) => {
        const leave = await gate.pass(over);
        return () => {
          leave();
          leftTheWay();
        };
      };
      const end = await read({ gate: { pass }, signal });
      this.#options.onRead(action, end.kind === "read" ? "accepted" : end.result);
      return end;
    } finally {
      gate?.close();
      this.#open -= 1;
      leftTheWay();
    }
  }

  #lineOf(action: string): Line {
    const known = this.#lines.get(action);
    if (known !== undefined) return known;
    const line: Line = { waiting: new Set(), urgent: new Set(), urgentInARow: 0, onTheWay: 0 };
    this.#lines.set(action, line);
    return line;
  }

  async #turnIn(queue: Set<Waiter>, calledOff: AbortSignal | undefined): Promise<boolean> {
    return new Promise<boolean>((resolve) => {
      const waiter: Waiter = {
        turn: this.#lastTurn++,
        go: (mayGo) => {
          calledOff?.removeEventListener("abort", giveUp);
          resolve(mayGo);
        },
      };
      const giveUp = () => {
        queue.delete(waiter);
        waiter.go(false);
      };
      calledOff?.addEventListener("abort", giveUp);
      queue.add(waiter);
      this.#startMore();
    });
  }

  #startMore(): void {
    while (this.#open < MOST_OPEN) {
      const line = this.#nextLine();
      const waiter = line === undefined ? undefined : nextOf(line);
      if (line === undefined || waiter === undefined) return;
      line.waiting.delete(waiter);
      line.urgentInARow = line.urgent.delete(waiter) ? line.urgentInARow + 1 : 0;
      line.onTheWay += 1;
      this.#open += 1;
      waiter.go(true);
    }
  }

  #nextLine(): Line | undefined {
    let next: { readonly line: Line; readonly turn: number } | undefined;
    for (const line of this.#lines.values()) {
      const waiter = nextOf(line);
      if (waiter === undefined || line.onTheWay >= this.#mostOnTheWay) continue;
      if (next === undefined || waiter.turn < next.turn) next = { line, turn: waiter.turn };
    }
    return next?.line;
  }

  #callOff(): void {
    for (const { waiting, urgent } of this.#lines.values()) {
      const all = [...urgent, ...waiting];
      urgent.clear();
      waiting.clear();
      for (const { go } of all) go(false);
    }
  }
}

function nextOf({ urgent, waiting, urgentInARow }: Line): Waiter | undefined {
  const [hurried] = urgent;
  const [patient] = waiting;
  if (hurried === undefined || patient === undefined) return hurried ?? patient;
  return urgentInARow + 1 < PATIENT_TURN_IN ? hurried : patient;
}

/**
 * Aborts with the first of the two. Not `AbortSignal.any`: on Node 20 a signal that lives as long as
 * the process keeps a trace of every signal that was derived from it.
 */
function eitherOf(
  over: AbortSignal,
  calledOff: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly release: () => void } {
  if (calledOff === undefined) return { signal: over, release: () => undefined };
  const either = new AbortController();
  const abort = (): void => either.abort(over.aborted ? over.reason : calledOff.reason);
  for (const source of [over, calledOff]) source.addEventListener("abort", abort);
  if (over.aborted || calledOff.aborted) abort();
  const release = () => {
    for (const source of [over, calledOff]) source.removeEventListener("abort", abort);
  };
  return { signal: either.signal, release };
}

function unreadable(
  result: Exclude<CallEndKind, "accepted">,
  message: string,
): { readonly kind: "unreadable"; readonly result: typeof result; readonly message: string } {
  return { kind: "unreadable", result, message };
}
