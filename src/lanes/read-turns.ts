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

/** The reads of one action. */
interface Line {
  /** In the order of asking. */
  readonly waiting: Set<Waiter>;
  /** Those that have begun and whose first byte has not left. */
  onTheWay: number;
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
    const over = this.#options.signal;
    const line = this.#lineOf(action);
    const isOver = over.aborted || calledOff?.aborted === true;
    const mayGo = isOver ? false : await this.#turnIn(line, calledOff);
    if (!mayGo) return unreadable("unavailable", "the wait for its turn was called off");
    const { signal, release } = eitherOf(over, calledOff);
    const end = await this.#run(action, line, signal, read).finally(release);
    this.#options.onRead(action, end.kind === "read" ? "accepted" : end.result);
    return end;
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
      return await read({ gate: { pass }, signal });
    } finally {
      gate?.close();
      this.#open -= 1;
      leftTheWay();
    }
  }

  #lineOf(action: string): Line {
    const known = this.#lines.get(action);
    if (known !== undefined) return known;
    const line: Line = { waiting: new Set(), onTheWay: 0 };
    this.#lines.set(action, line);
    return line;
  }

  async #turnIn(line: Line, calledOff: AbortSignal | undefined): Promise<boolean> {
    return new Promise<boolean>((resolve) => {
      const waiter: Waiter = {
        turn: this.#lastTurn++,
        go: (mayGo) => {
          calledOff?.removeEventListener("abort", giveUp);
          resolve(mayGo);
        },
      };
      const giveUp = () => {
        line.waiting.delete(waiter);
        waiter.go(false);
      };
      calledOff?.addEventListener("abort", giveUp);
      line.waiting.add(waiter);
      this.#startMore();
    });
  }

  #startMore(): void {
    while (this.#open < MOST_OPEN) {
      const line = this.#nextLine();
      const [waiter] = line?.waiting ?? [];
      if (line === undefined || waiter === undefined) return;
      line.waiting.delete(waiter);
      line.onTheWay += 1;
      this.#open += 1;
      waiter.go(true);
    }
  }

  #nextLine(): Line | undefined {
    let next: { readonly line: Line; readonly turn: number } | undefined;
    for (const line of this.#lines.values()) {
      const [waiter] = line.waiting;
      if (waiter === undefined || line.onTheWay >= this.#mostOnTheWay) continue;
      if (next === undefined || waiter.turn < next.turn) next = { line, turn: waiter.turn };
    }
    return next?.line;
  }

  #callOff(): void {
    for (const { waiting } of this.#lines.values()) {
      for (const { go } of waiting) go(false);
      waiting.clear();
    }
  }
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
