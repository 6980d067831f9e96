import type { Socket } from "node:net";
import { copyOf } from "./as-error.ts";
import type { WireAnswer, WireTerms } from "../domain/provider.ts";

/**
 * One conversation over the wire: which phase it is in, and what ended it.
 *
 * `written` is true from the moment at which the socket is handed to the HTTP library, unless its
 * first write is refused: from there on nobody can be sure that the provider knows nothing of the
 * call.
 */
export class Passage {
  readonly terms: WireTerms;
  /** Aborts with the reason that ended the conversation. */
  readonly #ended = new AbortController();
  #written = false;
  #refusal: Error | null = null;
  #opened = false;
  #answer: WireAnswer | null = null;
  #socket: Socket | null = null;
  #deadline: NodeJS.Timeout | null = null;

  constructor(terms: WireTerms) {
    this.terms = terms;
  }

  get written(): boolean {
    return this.#written;
  }

  get answer(): WireAnswer | null {
    return this.#answer;
  }

  /** Why no connection was handed over; SDKs bury it in words of their own. */
  get refusal(): Error | null {
    return this.#refusal;
  }

  /** Aborts when the conversation is over, cut short or not: whoever still opens for it gives up. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** False from the second time on: one conversation has one connection. */
  openOnce(): boolean {
    if (this.#opened) return false;
    this.#opened = true;
    return true;
  }

  /** Notes that the request's bytes may leave from now on, and bounds the wait for the answer. */
  handOver(socket: Socket, callTimeoutMs: number): void {
    this.#written = true;
    this.#socket = socket;
    this.within(callTimeoutMs, () => `no complete answer within ${callTimeoutMs} ms`);
  }

  /** The socket was handed over, and nothing was or will be written: the right to had ended. */
  takeBack(error: Error): void {
    this.#written = false;
    this.refuse(error);
    this.cut(error);
  }

  /** Notes why there is no connection. */
  refuse(error: Error): void {
    this.#refusal = error;
  }

  answered(answer: WireAnswer): void {
    this.#answer = answer;
  }

  /** Cuts the conversation short unless it ends within `ms`, counted from now. */
  within(ms: number, message: () => string): void {
    this.withoutDeadline();
    // An SDK may get to its connection only after the end; nobody would stop this timer.
    if (this.#ended.signal.aborted) return;
    this.#deadline = setTimeout(() => this.cut(new Error(message())), ms);
  }

  /** No deadline runs any more; the wait for the gate has none of its own. */
  withoutDeadline(): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = null;
  }

  /** Ends it now: the socket is destroyed, and whoever waits learns `error`. */
  cut(error: Error): void {
    this.withoutDeadline();
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(error);
    this.#socket?.destroy(copyOf(error));
  }

  /**
   * The conversation is over: nothing of it may linger, and nothing may be written for it any more,
   * whatever its SDK is still about to do.
   */
  close(): void {
    this.withoutDeadline();
    this.#ended.abort(new Error("the conversation is over"));
    this.#socket?.destroy();
  }
}
