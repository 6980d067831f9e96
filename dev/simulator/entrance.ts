import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { type ServerCertificate } from "./certificate.ts";

/** What happens to a TLS connection before its handshake. */
export interface HandshakeTrouble {
  readonly delayMs: number;
  /** What follows the ClientHello instead of a handshake. */
  readonly instead?: "reset" | "close" | "hang";
  /** What is shown instead of the usual certificate. */
  readonly certificate?: ServerCertificate;
}

/** A port that is open, and how to shut it. */
export interface Entrance {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Takes one request; `connection` is the TCP socket under it, below any TLS. */
export type TakeRequest = (
  message: IncomingMessage,
  response: ServerResponse,
  connection: Socket,
) => void;

/** Opens a plain HTTP port on 127.0.0.1; port 0 means any free one. */
export async function openEntrance(port: number, take: TakeRequest): Promise<Entrance> {
  const server = createServer((message, response) => take(message, response, message.socket));
  bePatient(server);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: portOf(server.address()),
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What a TLS port is opened with. */
export interface TlsEntranceOptions {
  readonly port: number;
  readonly certificate: ServerCertificate;
  /** Asked once a connection; must not reject. */
  readonly troubleFor: () => Promise<HandshakeTrouble>;
  readonly take: TakeRequest;
}

/** Opens an HTTPS port on 127.0.0.1. */
export async function openTlsEntrance(options: TlsEntranceOptions): Promise<Entrance> {
  const { port, take, troubleFor } = options;
  // The raw sockets by their peer's port: TLS hides them, but only they can send an RST.
  const sockets = new Map<number, Socket>();
  const serve = (certificate: ServerCertificate) => {
    const server = createTlsServer(certificate, (message, response) => {
      const connection = sockets.get(message.socket.remotePort ?? -1);
      take(message, response, connection ?? message.socket);
    });
    bePatient(server);
    // Failed handshakes are the client's to report.
    return server.on("tlsClientError", () => undefined);
  };
  const usual = serve(options.certificate);
  const door = createTcpServer({ pauseOnConnect: true }, (socket) => {
    const peerPort = socket.remotePort ?? -1;
    sockets.set(peerPort, socket);
    socket.once("close", () => {
      if (sockets.get(peerPort) === socket) {
        sockets.delete(peerPort);
      }
    });
    socket.on("error", () => undefined);
    void troubleFor().then(async (trouble) => {
      const server = trouble.certificate === undefined ? usual : serve(trouble.certificate);
      await letIn(socket, trouble, server);
    });
  });
  door.listen(port, "127.0.0.1");
  await once(door, "listening");
  return {
    port: portOf(door.address()),
    close: async () => {
      const closed = once(door, "close");
      door.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}

async function letIn(socket: Socket, trouble: HandshakeTrouble, server: Server): Promise<void> {
  if (trouble.delayMs > 0) {
    await sleep(trouble.delayMs, undefined, { ref: false });
  }
  if (socket.destroyed) {
    return;
  }
  if (trouble.instead === undefined) {
    server.emit("connection", socket);
    return;
  }
  const ends = {
    reset: () => socket.resetAndDestroy(),
    close: () => socket.end(),
    hang: () => undefined,
  };
  socket.once("data", ends[trouble.instead]);
  socket.resume();
}

// A hung call must stay hung, and a kept-alive connection must not end by the server's whim.
function bePatient(server: Server): void {
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 60_000;
  server.on("clientError", (_error, socket) => socket.destroy());
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") {
    throw new Error("A TCP server has a port.");
  }
  return address.port;
}
