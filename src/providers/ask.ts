import type { Agent } from "node:http";
import type { CredentialSource, Keys } from "../domain/credentials.ts";
import type { FailedEnd } from "../domain/call-end.ts";
import type { ReadEnd, ReadTurns, Wire, WireAnswer, WireTerms } from "../domain/provider.ts";
import type { Failure } from "./failed-end.ts";

/** How one request to a provider ended. */
export type Asked<T> =
  | { readonly kind: "answered"; readonly value: T; readonly answer: WireAnswer | null }
  | { readonly kind: "failed"; readonly end: FailedEnd };

/** Sends one request of a vendor's SDK through `agent`, signed with `keys`. */
export type Send<T> = (agent: Agent, keys: Keys) => Promise<T>;

export interface AskerOptions {
  readonly wire: Wire<Agent>;
  readonly credentials: CredentialSource;
  readonly endOfFailure: (failure: Failure) => FailedEnd;
}

/**
 * Asks a provider one thing at a time: keys first, then the wire, then what a failure means.
 *
 * Keys are resolved before the conversation begins, so that a source that fails can never be taken
 * for a call that may have run; keys that the provider refuses are forgotten.
 */
export class Asker {
  readonly #options: AskerOptions;

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /** Never rejects for what a cloud can do; one conversation at most. */
  async ask<T>(terms: WireTerms, send: Send<T>): Promise<Asked<T>> {
    const { wire, credentials, endOfFailure } = this.#options;
    let keys: Keys;
    try {
      keys = await credentials.keys(terms.signal);
    } catch (error) {
      return { kind: "failed", end: keyless(error, terms.signal) };
    }
    const carried = await wire.carry(terms, async (agent) => send(agent, keys));
    if (carried.kind === "returned") {
      return { kind: "answered", value: carried.value, answer: carried.answer };
    }
    const end = endOfFailure(carried);
    if (end.kind === "credentials") credentials.refused(keys);
    return { kind: "failed", end };
  }

  /**
   * Reads one thing when it is the action's turn. `parse` returns null for an answer that does not
   * tell what was asked.
   */
  async read<A, T>(
    turns: ReadTurns,
    action: string,
    send: Send<A>,
    parse: (answer: A) => T | null,
  ): Promise<ReadEnd<T>> {
    return turns.take(action, async (terms) => {
      const asked = await this.ask(terms, send);
      if (asked.kind === "failed") {
        return { kind: "unreadable", result: asked.end.kind, message: asked.end.message };
      }
      const value = parse(asked.value);
      if (value !== null) return { kind: "read", value };
      const message = `the answer to ${action} does not tell what was asked`;
      return { kind: "unreadable", result: "uncertain", message };
    });
  }
}

/** Called off is not the credentials' fault. */
function keyless(error: unknown, signal: AbortSignal): FailedEnd {
  const text = error instanceof Error ? error.message : String(error);
  const message = `nothing was sent: ${text}`;
  const trace = { providerRequestId: null, providerErrorCode: null };
  return { kind: signal.aborted ? "unavailable" : "credentials", message, ...trace };
}
