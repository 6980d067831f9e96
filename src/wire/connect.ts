import net, { type LookupFunction, type Socket } from "node:net";
import tls, { type SecureContext } from "node:tls";
import type { AddressRule } from "./address-rule.ts";
import { asError } from "./as-error.ts";
import { checkedLookup, refuseLiteral } from "./checked-lookup.ts";

export interface ConnectOptions {
  /** What `trustIn` made; null: no TLS. */
  readonly trust: SecureContext | null;
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
  /** Asked of every address before a packet goes to it. */
  readonly rule: AddressRule;
  /** Destroys the socket and rejects when it aborts. */
  readonly signal: AbortSignal;
}

/**
 * TLS of version 1.2 or newer that trusts the system's authorities and, if given, `ca` (PEM text).
 *
 * To be made once and kept: parsing the authorities takes tens of milliseconds of CPU, at every
 * connection that brings a list of its own.
 */
export function trustIn(ca: string | null): SecureContext {
  return tls.createSecureContext({
    minVersion: "TLSv1.2",
    ...(ca === null ? {} : { ca: [...tls.rootCertificates, ca] }),
  });
}

/**
 * A fresh connection that is ready for the first byte: TCP is open and TLS, where asked for, has
 * finished and verified the peer. Rejects when it cannot be had, or not be had at an address that
 * the rule lets through; then nothing was sent.
 */
export async function connect(options: ConnectOptions): Promise<Socket> {
  const { host, port, rule, signal, trust } = options;
  signal.throwIfAborted();
  refuseLiteral(host, rule);
  const target = {
    host,
    port,
    lookup: checkedLookup(options.lookup, rule),
    noDelay: true,
    // All addresses of a host are asked for, so that one that is refused hides no other.
    autoSelectFamily: true,
    // Node tries the next address of a host after 250 ms, too soon for a far region.
    autoSelectFamilyAttemptTimeout: 2500,
  };
  const socket =
    trust !== null
      ? tls.connect({
          ...target,
          secureContext: trust,
          // Said aloud, or NODE_TLS_REJECT_UNAUTHORIZED would decide.
          rejectUnauthorized: true,
          ...(net.isIP(host) === 0 ? { servername: host } : {}),
        })
      : net.connect(target);
  // Between its users' turns an error of the socket has nobody to tell, and would end the process.
  socket.on("error", () => undefined);
  const readyEvent = trust === null ? "connect" : "secureConnect";
  return new Promise<Socket>((resolve, reject) => {
    const abort = () => socket.destroy(asError(signal.reason));
    const settle = () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", fail).off("close", closed).off(readyEvent, ready);
    };
    const fail = (error: Error) => {
      settle();
      reject(inWords(error, `${host}:${port}`));
    };
    const closed = () => fail(new Error(`the connection to ${host}:${port} was closed at once`));
    const ready = () => {
      settle();
      resolve(socket);
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.on("error", fail).on("close", closed).on(readyEvent, ready);
  });
}

/** When every address of a host failed, Node's error has no message. */
function inWords(error: Error, peer: string): Error {
  if (!(error instanceof AggregateError)) return error;
  const each = error.errors.map((one) => asError(one).message).join(", ");
  return new Error(`no address of ${peer} can be reached: ${each}`, { cause: error });
}
