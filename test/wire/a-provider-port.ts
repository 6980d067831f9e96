import type { Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { openTcpServer, type TcpServer } from "../support/tcp-server.ts";

/** A TLS server's key and certificate, and whatever else it is to be strict or lax about. */
export interface ServerTls {
  readonly key: string;
  readonly cert: string;
  readonly minVersion?: "TLSv1" | "TLSv1.2";
  readonly maxVersion?: "TLSv1.1" | "TLSv1.2";
  readonly ciphers?: string;
}

/** What a port does with a connection. `raw` is the TCP one, which alone can send an RST. */
export type Serve = (socket: Socket, raw: Socket) => void;

export interface ProviderPortOptions {
  /** Null: plain TCP. */
  readonly tls?: ServerTls | null;
  readonly host?: string;
  /** Gets every connection; with TLS, after the handshake. */
  readonly onConnection?: Serve;
  /** Gets a connection when a whole HTTP request has come over it. */
  readonly onRequest?: Serve;
}

/** A port that stands for a provider, and what came to it. */
export interface ProviderPort extends TcpServer {
  /** Bytes of requests; with TLS, decrypted ones. */
  readonly bytes: () => number;
  /** Whole HTTP requests. */
  readonly requests: () => number;
  /** Resolves when the first whole request is there. */
  readonly asked: Promise<void>;
  /** Resolves when a connection over which something was read has ended. */
  readonly gone: Promise<void>;
}

/** Opens one on loopback. It reads everything and answers only what the options say. */
export async function openProviderPort(options: ProviderPortOptions = {}): Promise<ProviderPort> {
  const { tls = null, host = "127.0.0.1", onConnection, onRequest } = options;
  let bytes = 0;
  let requests = 0;
  const [asked, gone] = [anEvent(), anEvent()];
  const context = tls === null ? null : createSecureContext(tls);
  const serve = (raw: Socket): void => {
    const socket = context === null ? raw : decrypted(raw, context);
    let text = "";
    socket.on("data", (data) => {
      bytes += data.length;
      text += data.toString("latin1");
      if (!isWholeRequest(text)) return;
      text = "";
      requests += 1;
      asked.happens();
      onRequest?.(socket, raw);
    });
    socket.once("close", () => gone.happens());
    if (context === null) onConnection?.(socket, raw);
    else socket.once("secure", () => onConnection?.(socket, raw));
  };
  const server = await openTcpServer(serve, { host });
  return {
    ...server,
    bytes: () => bytes,
    requests: () => requests,
    asked: asked.happened,
    gone: gone.happened,
  };
}

function decrypted(raw: Socket, secureContext: SecureContext): Socket {
  const socket = new TLSSocket(raw, { isServer: true, secureContext });
  return socket.on("error", () => undefined);
}

function isWholeRequest(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const [head, body] = [text.slice(0, end), text.slice(end + 4)];
  if (/^transfer-encoding: *chunked/im.test(head)) return body.endsWith("0\r\n\r\n");
  return body.length >= Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
}

function anEvent(): { readonly happened: Promise<void>; readonly happens: () => void } {
  let happens: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => (happens = resolve));
  return { happened, happens: () => happens() };
}
