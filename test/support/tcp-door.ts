import { randomInt } from "node:crypto";
import { once } from "node:events";
import net, { type Server, type Socket } from "node:net";

import { isPortTaken } from "../../dev/stack/free-ports.ts";

/**
 * No system gives these to those who ask for any port, neither to servers nor to clients: while the
 * door is shut nobody else may come to listen there.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;

/** A port of its own that leads to another one: shut until it is opened. */
export class TcpDoor {
  readonly port: number;
  readonly #to: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  private constructor(port: number, to: { readonly host: string; readonly port: number }) {
    this.port = port;
    this.#to = to;
  }

  /** A shut door to `host:port`: connections are refused. */
  static async to(host: string, port: number): Promise<TcpDoor> {
    for (;;) {
      const door = new TcpDoor(randomInt(FIRST_PORT, LAST_PORT + 1), { host, port });
      try {
        await door.open();
        await door.shut();
        return door;
      } catch (error) {
        if (!isPortTaken(error)) throw error;
      }
    }
  }

  async open(): Promise<void> {
    this.#server = net.createServer((inside) => {
      const outside = net.connect(this.#to.port, this.#to.host);
      for (const [from, into] of [
        [inside, outside],
        [outside, inside],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(into);
        from.on("error", () => into.destroy()).on("close", () => this.#sockets.delete(from));
      }
    });
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async shut(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(server, "close");
  }
}
