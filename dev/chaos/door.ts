import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const MOST_TRIES = 50;
const TRY_AGAIN_MS = 100;

/** A port that leads to another one, and refuses connections while it is shut. */
export class Door {
  readonly port: number;
  readonly #to: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null;

  private constructor(server: Server, to: number) {
    this.#server = server;
    this.#to = to;
    this.port = (server.address() as AddressInfo).port; // it listens on TCP
    this.#letIn(server);
  }

  /** An open door to a port of loopback. */
  static async to(port: number): Promise<Door> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Door(server, port);
  }

  /** Whoever is inside stays; nobody else comes in. */
  shut(): void {
    this.#server?.close();
    this.#server = null;
  }

  async open(): Promise<void> {
    for (let tries = 1; this.#server === null; tries += 1) {
      const server = createServer().listen(this.port, "127.0.0.1");
      try {
        await once(server, "listening");
        this.#letIn(server);
        this.#server = server;
      } catch (error) {
        // Meanwhile somebody's outgoing connection may have got the port.
        if (tries === MOST_TRIES) throw error;
        await sleep(TRY_AGAIN_MS);
      }
    }
  }

  /** Shuts it and cuts every connection. */
  close(): void {
    this.shut();
    for (const socket of this.#sockets) socket.destroy();
  }

  #letIn(server: Server): void {
    server.on("connection", (inside) => {
      const outside = connect(this.#to, "127.0.0.1");
      this.#join(inside, outside);
      this.#join(outside, inside);
    });
  }

  /** What comes out of one goes into the other, its end and its reset too. */
  #join(from: Socket, into: Socket): void {
    this.#sockets.add(from);
    from.pipe(into);
    from.on("error", () => into.resetAndDestroy());
    from.on("close", () => this.#sockets.delete(from));
  }
}
