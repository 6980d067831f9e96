import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import net, { type AddressInfo } from "node:net";
import { afterEach, vi } from "vitest";
import type { CredentialOptions } from "../../src/credentials/credential-source.ts";
import { Secret } from "../../src/domain/secret.ts";

export interface Asked {
  readonly method: string;
  /** As the vendor's library asked it, before it came here. */
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What the fake cloud answers: a status and a text, or nothing ever. */
export type Reply =
  { readonly status?: number; readonly json?: unknown; readonly text?: string } | "silence";

/** STS and the metadata services of both clouds, on loopback; the vendors' own libraries talk to it. */
export class FakeCloud {
  port = 0;
  readonly asked: Asked[] = [];
  reply: (asked: Asked, count: number) => Reply = () => ({ status: 404 });
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));
  readonly #hosts: string[] = [];

  static async start(): Promise<FakeCloud> {
    const cloud = new FakeCloud();
    await new Promise<void>((resolve) => cloud.#server.listen(0, "127.0.0.1", resolve));
    cloud.port = (cloud.#server.address() as AddressInfo).port;
    return cloud;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Connections that are open now. */
  async connections(): Promise<number> {
    return new Promise((resolve) => this.#server.getConnections((_, count) => resolve(count)));
  }

  /** Sends what the libraries ask of hosts that they choose themselves here instead. */
  captureHosts(): void {
    // Tencent's metadata host: its transport uses Node's own agent.
    const agent = new http.Agent({ keepAlive: false });
    Object.assign(agent, { createConnection: () => net.connect(this.port, "127.0.0.1") });
    http.globalAgent = agent;
    // Alibaba's library: all its requests go through this function, found at call time.
    const require = createRequire(import.meta.url);
    const fromLibrary = createRequire(require.resolve("@alicloud/credentials"));
    const httpx = fromLibrary("httpx") as { request: (url: string, options: object) => unknown };
    const original = httpx.request;
    vi.spyOn(httpx, "request").mockImplementation((url, options) => {
      const asked = new URL(url);
      this.#hosts.push(asked.host);
      const here = `http://127.0.0.1:${this.port}${asked.pathname}${asked.search}`;
      return original(here, options);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { method = "", url: path = "", headers } = request;
    const host = this.#hosts.shift() ?? headers.host ?? "";
    const asked = { method, host, path, headers, body };
    this.asked.push(asked);
    const reply = this.reply(asked, this.asked.length);
    if (reply === "silence") return;
    response.writeHead(reply.status ?? 200, { "content-type": "application/json" });
    response.end(reply.text ?? JSON.stringify(reply.json ?? {}));
  }
}

const globalAgent = http.globalAgent;
afterEach(() => {
  http.globalAgent = globalAgent;
});

export const START = Date.parse("2030-01-01T00:00:00Z");

/** Clocks that stand until they are moved. */
export function clocks() {
  let passed = 0;
  return {
    now: () => 1000 + passed,
    epoch: () => START + passed,
    pass: (ms: number) => (passed += ms),
  };
}

export function optionsOf(
  clock: Pick<CredentialOptions, "now" | "epoch">,
  more: Partial<CredentialOptions> = {},
): CredentialOptions {
  return { region: "ap-test", host: "127.0.0.1", now: clock.now, epoch: clock.epoch, ...more };
}

export function aSecret(text: string): Secret {
  return new Secret(text);
}

/** Keys as plain text. */
export function plain(keys: { id: Secret; secret: Secret; token: Secret | null }) {
  return [keys.id.reveal(), keys.secret.reveal(), keys.token?.reveal() ?? null];
}

export const signal = new AbortController().signal;

/** The message of a rejection. */
export async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error("this was to reject");
  return error.message;
}
