import { once } from "node:events";
import { createServer, type AddressInfo, connect, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** A TCP or TLS port of a test, and what came to it. */
export interface TcpServer {
  readonly host: string;
  readonly port: number;
  /** How many TCP connections were opened. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

export interface TcpServerOptions {
  /** Makes it a TLS port; `serve` then gets the decrypted side. */
  readonly certificate?: { readonly key: string; readonly cert: string } | null;
  readonly host?: string;
}

/** Opens a port on loopback where `serve` takes each connection. */
export async function openTcpServer(
  serve: (socket: Socket) => void,
  { certificate = null, host = "127.0.0.1" }: TcpServerOptions = {},
): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  let count = 0;
  const take = (socket: Socket): void => {
    socket.on("error", () => undefined);
    serve(socket);
  };
  const server = certificate === null ? createServer(take) : createTlsServer(certificate, take);
  server.on("tlsClientError", () => undefined);
  server.on("connection", (socket: Socket) => {
    count += 1;
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server has no other kind
  return {
    host,
    port,
    connections: () => count,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}

/** Counts the connections on their way to another port; changes no byte. */
export async function openDoorBefore(port: number): Promise<TcpServer> {
  return openTcpServer((outer) => {
    const inner = connect(port, "127.0.0.1");
    inner.on("error", () => outer.resetAndDestroy());
    outer.on("error", () => inner.destroy());
    outer.once("close", () => inner.destroy());
    inner.once("close", () => outer.destroy());
    outer.pipe(inner).pipe(outer);
  });
}

/** A port on the way to another one that holds back what comes from there. */
export interface HoldingDoor extends TcpServer {
  /** From now on answers get through, those that were held back first. */
  readonly release: () => void;
}

/** What goes to the other port passes at once; no answer comes before `release`. Changes no byte. */
export async function openHoldingDoorBefore(port: number): Promise<HoldingDoor> {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const server = await openTcpServer((outer) => {
    const inner = connect(port, "127.0.0.1");
    inner.on("error", () => outer.destroy());
    outer.once("close", () => inner.destroy());
    outer.pipe(inner);
    void released.then(() => inner.pipe(outer));
  });
  return { ...server, release };
}

/**
 * A port of loopback where nothing listens: the discard service's. One that was free a moment ago may
 * belong to somebody else by now; this one is never given to those who ask for any.
 */
export async function refusedPort(): Promise<number> {
  return Promise.resolve(9);
}
