import net, { type Socket } from "node:net";
import tls from "node:tls";
import { asError } from "./as-error.ts";

export interface ConnectOptions {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** PEM text of a certificate authority beside the system's; null: only the system's. */
  readonly ca: string | null;
  /** Destroys the socket and rejects when it aborts. */
  readonly signal: AbortSignal;
}

/**
 * A fresh connection that is ready for the first byte: TCP is open and TLS, where asked for, has
 * finished and verified the peer. Rejects when it cannot be had; then nothing was sent.
 */
export async function connect(options: ConnectOptions): Promise<Socket> {
  const { host, port, signal, secure } = options;
  signal.throwIfAborted();
  const target = {
    host,
    port,
    noDelay: true,
    // Node tries the next address of a host after 250 ms, too soon for a far region.
    autoSelectFamilyAttemptTimeout: 2500,
  };
  const socket = secure
    ? tls.connect({
        ...target,
        ...(options.ca === null ? {} : { ca: [...tls.rootCertificates, options.ca] }),
        ...(net.isIP(host) === 0 ? { servername: host } : {}),
        minVersion: "TLSv1.2",
      })
    : net.connect(target);
  return new Promise<Socket>((resolve, reject) => {
    const abort = () => socket.destroy(asError(signal.reason));
    const settle = () => {
      signal.removeEventListener("abort", abort);
      socket
        .off("error", fail)
        .off("close", closed)
        .off(secure ? "secureConnect" : "connect", ready);
    };
    const fail = (error: Error) => {
      settle();
      // The socket is beyond use; a later error of it has nobody to tell.
      socket.on("error", () => undefined);
      reject(error);
    };
    const closed = () => fail(new Error(`the connection to ${host}:${port} was closed at once`));
    const ready = () => {
      settle();
      resolve(socket);
    };
    signal.addEventListener("abort", abort, { once: true });
    socket
      .on("error", fail)
      .on("close", closed)
      .on(secure ? "secureConnect" : "connect", ready);
  });
}
