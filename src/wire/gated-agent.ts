import { type AsyncLocalStorage } from "node:async_hooks";
import http from "node:http";
import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type { Duplex } from "node:stream";
import type { AddressRule } from "./address-rule.ts";
import { asError, copyOf } from "./as-error.ts";
import { connect } from "./connect.ts";
import type { Passage } from "./passage.ts";
import { sharedLookup } from "./shared-lookup.ts";

export interface GatedAgentOptions {
  /** What `trustIn` made; null: plain HTTP. */
  readonly trust: SecureContext | null;
  readonly rule: AddressRule;
  readonly connectTimeoutMs: number;
  readonly callTimeoutMs: number;
  /** Tells which conversation the code that opens a connection belongs to. */
  readonly passages: AsyncLocalStorage<Passage>;
  /** Told of every socket before its first byte. */
  readonly onHandedOver: (socket: Socket, passage: Passage) => void;
}

type Handover = (error: Error | null, socket: Duplex) => void;

/**
 * The HTTP agent through which every byte to a provider goes.
 *
 * Its connections are fresh, one per conversation, and reach the HTTP library only when the gate
 * has opened: connect, finish TLS, wait for the gate, note `written`, hand over. A handshake after
 * the check would blur the spacing of the calls; a kept-alive socket that the server has just
 * closed would make sure failures look like uncertain ones.
 */
export class GatedAgent extends http.Agent {
  readonly #options: GatedAgentOptions;
  readonly #lookup = sharedLookup();
  readonly protocol: string;
  readonly defaultPort: number;

  constructor(options: GatedAgentOptions) {
    super({ keepAlive: false });
    this.#options = options;
    this.protocol = options.trust !== null ? "https:" : "http:";
    this.defaultPort = options.trust !== null ? 443 : 80;
  }

  override createConnection(destination: http.ClientRequestArgs, handover?: Handover): undefined {
    if (handover === undefined) throw new Error("this agent hands its sockets over later");
    const refuse = (message: string) => failWith(handover, new Error(message));
    const passage = this.#options.passages.getStore();
    if (passage === undefined) {
      refuse("a connection was asked for outside of a conversation");
    } else if (!passage.openOnce()) {
      refuse("a second connection was refused: redirects and retries are not followed");
    } else {
      this.#open(destination, passage).then(
        (socket) => handover(null, socket),
        (reason: unknown) => {
          const error = asError(reason);
          passage.refuse(error);
          failWith(handover, error);
        },
      );
    }
  }

  async #open(destination: http.ClientRequestArgs, passage: Passage): Promise<Socket> {
    const { connectTimeoutMs, callTimeoutMs, trust, rule } = this.#options;
    const host = destination.host ?? "localhost";
    const port = Number(destination.port ?? this.defaultPort);
    passage.within(
      connectTimeoutMs,
      () => `no connection to ${host}:${port} within ${connectTimeoutMs} ms`,
    );
    const socket = await connect({
      trust,
      host,
      port,
      lookup: this.#lookup,
      rule,
      signal: passage.signal,
    });
    passage.withoutDeadline();
    const leave = await this.#waitForGate(socket, passage);
    leaveWithFirstWrite(socket, leave, (error) => passage.takeBack(error));
    if (passage.signal.aborted) {
      // It was cut in the turn in which the gate opened: nobody waits for the answer.
      socket.destroy();
      throw asError(passage.signal.reason);
    }
    passage.handOver(socket, callTimeoutMs);
    this.#options.onHandedOver(socket, passage);
    return socket;
  }

  async #waitForGate(socket: Socket, passage: Passage): Promise<() => void> {
    const lost = new AbortController();
    const lose = () => lost.abort(new Error("the connection was lost before its turn came"));
    socket.once("error", lose).once("close", lose);
    const over = AbortSignal.any([passage.signal, lost.signal]);
    try {
      const leave = await passage.terms.gate.pass(over);
      if (!over.aborted) return leave;
      // Let through, and lost in the same turn: the place in the window is used up.
      useUp(leave);
      throw asError(over.reason);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      socket.off("error", lose).off("close", lose);
    }
  }
}

function failWith(handover: Handover, error: Error): void {
  // With an error Node looks at nothing else; the type of the callback asks for a socket anyway.
  handover(copyOf(error), undefined as unknown as Duplex);
}

/**
 * Calls `leave` in the same turn as the first write to the socket, or when the socket dies without
 * one. The HTTP library writes a tick after it gets the socket, behind whatever else is queued.
 *
 * When `leave` throws, nothing is written, now or later, and `tooLate` is told.
 */
function leaveWithFirstWrite(
  socket: Socket,
  leave: () => void,
  tooLate: (error: Error) => void,
): void {
  const write = socket.write.bind(socket);
  const firstWrite = (...args: Parameters<Socket["write"]>): boolean => {
    Reflect.deleteProperty(socket, "write");
    try {
      leave();
    } catch (error) {
      tooLate(asError(error));
      return false;
    }
    return write(...args);
  };
  Object.defineProperty(socket, "write", { value: firstWrite, configurable: true, writable: true });
  socket.once("close", () => useUp(leave));
}

/** Gives up a right to write: its place in the window counts, and being too late is no news. */
function useUp(leave: () => void): void {
  try {
    leave();
  } catch {
    // Nothing is written either way.
  }
}
