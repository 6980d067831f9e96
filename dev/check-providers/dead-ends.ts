import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { openBlackHole } from "../rig/black-hole.ts";

/** Ports of loopback behind which there is no provider. */
export interface DeadEnds {
  /** Nobody listens. */
  readonly refusedPort: number;
  /** SYNs are not answered: the backlog is full and nobody accepts. */
  readonly blackHolePort: number;
  readonly close: () => Promise<void>;
}

/**
 * The discard service's, which nobody runs. A port that was free a moment ago may belong to somebody
 * else by now; this one is never given to those who ask for any.
 */
const DISCARD_PORT = 9;

/** Opens them. */
export async function openDeadEnds(): Promise<DeadEnds> {
  const blackHole = await openBlackHole();
  return {
    refusedPort: DISCARD_PORT,
    blackHolePort: blackHole.port,
    close: async () => blackHole.close(),
  };
}

/** A port before the provider's that can be slammed. */
export interface Door {
  readonly port: number;
  /** Ends every connection: `end` with FIN, `reset` with RST. */
  readonly slam: (how: "end" | "reset") => void;
  readonly close: () => Promise<void>;
}

/** Opens a door before a port of loopback; it changes no byte. */
export async function openDoor(to: number): Promise<Door> {
  const outside = new Set<Socket>();
  const server = createServer((outer) => {
    const inner = connect(to, "127.0.0.1");
    outside.add(outer.on("error", () => inner.destroy()));
    inner.on("error", () => outer.destroy()).once("close", () => outer.destroy());
    outer.once("close", () => {
      outside.delete(outer);
      inner.destroy();
    });
    outer.pipe(inner).pipe(outer);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port, // a TCP server has no other kind
    slam: (how) => {
      for (const socket of outside) {
        if (how === "end") socket.end();
        else socket.resetAndDestroy();
      }
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of outside) socket.destroy();
      await closed;
    },
  };
}
