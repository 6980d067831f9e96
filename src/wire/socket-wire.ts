import { AsyncLocalStorage } from "node:async_hooks";
import diagnosticsChannel from "node:diagnostics_channel";
import { setMaxListeners } from "node:events";
import type http from "node:http";
import type { Socket } from "node:net";
import type { Carried, Wire, WireTerms } from "../domain/provider.ts";
import { addressRule } from "./address-rule.ts";
import { asError } from "./as-error.ts";
import { trustIn } from "./connect.ts";
import { GatedAgent } from "./gated-agent.ts";
import { Passage } from "./passage.ts";

export interface SocketWireOptions {
  readonly secure: boolean;
  /** PEM text of a certificate authority beside the system's; null: only the system's. */
  readonly ca: string | null;
  /** CIDRs of addresses that may be connected to besides public ones and loopback. */
  readonly allowedAddresses: readonly string[];
  /** For name lookup, TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** From the first byte of the request to the last of the answer. */
  readonly callTimeoutMs: number;
}

/** The head of every answer, as Node publishes it; SDKs drop status and headers. */
const ANSWERS = "http.client.response.finish";

/**
 * The wire over real sockets. SDKs reach it by using the agent they are given: which conversation a
 * connection belongs to follows from the async context, so the SDK itself need not know.
 */
export class SocketWire implements Wire<http.Agent> {
  readonly #passages = new AsyncLocalStorage<Passage>();
  readonly #bySocket = new WeakMap<Socket, Passage>();
  readonly #agent: GatedAgent;

  constructor(options: SocketWireOptions) {
    const { secure, ca, allowedAddresses, connectTimeoutMs, callTimeoutMs } = options;
    this.#agent = new GatedAgent({
      trust: secure ? trustIn(ca) : null,
      rule: addressRule(allowedAddresses),
      connectTimeoutMs,
      callTimeoutMs,
      passages: this.#passages,
      onHandedOver: (socket, passage) => void this.#bySocket.set(socket, passage),
    });
    diagnosticsChannel.subscribe(ANSWERS, this.#noteAnswer);
  }

  async carry<T>(terms: WireTerms, send: (agent: http.Agent) => Promise<T>): Promise<Carried<T>> {
    const passage = new Passage(terms);
    const abort = () => passage.cut(asError(terms.signal.reason));
    // Every call under way listens to the one signal that ends them all: that is no leak.
    setMaxListeners(0, terms.signal);
    terms.signal.addEventListener("abort", abort, { once: true });
    if (terms.signal.aborted) abort();
    try {
      const value = await Promise.race([
        this.#passages.run(passage, async () => send(this.#agent)),
        // An SDK may sit out its own time-out after the socket is gone.
        rejectionOf(passage.signal),
      ]);
      return { kind: "returned", value, answer: passage.answer };
    } catch (error) {
      const cause: unknown = passage.signal.aborted
        ? passage.signal.reason
        : (passage.refusal ?? error);
      const { written, answer } = passage;
      return { kind: "failed", error: cause, written, answer };
    } finally {
      terms.signal.removeEventListener("abort", abort);
      passage.close();
    }
  }

  /** Stops listening to answers. */
  close(): void {
    diagnosticsChannel.unsubscribe(ANSWERS, this.#noteAnswer);
    this.#agent.destroy();
  }

  readonly #noteAnswer = (message: unknown): void => {
    const { response } = message as { readonly response: http.IncomingMessage }; // documented shape
    const passage = this.#bySocket.get(response.socket);
    if (passage === undefined) return;
    passage.answered({ status: response.statusCode ?? 0, headers: response.headers });
    response.once("close", () => {
      // One SDK waits for its time-out when an announced body stays away.
      if (!response.complete) passage.cut(new Error("the answer was cut off"));
    });
  };
}

async function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(asError(signal.reason));
    signal.addEventListener("abort", () => reject(asError(signal.reason)), { once: true });
  });
}
