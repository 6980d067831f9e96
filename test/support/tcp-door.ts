import { once } from "node:events";
import net, { type AddressInfo, type Server, type Socket } from "node:net";

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
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const free = (server.address() as AddressInfo).port; // listens on TCP
    server.close();
    await once(server, "close");
    return new TcpDoor(free, { host, port });
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
