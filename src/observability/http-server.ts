import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Health } from "./health.ts";
import type { Log } from "./log.ts";

/** What can be read over HTTP. Nothing of it may change anything. */
export interface HttpPages {
  metricsText(): Promise<{ readonly contentType: string; readonly body: string }>;
  live(): Health;
  ready(): Health;
  /** Anything that JSON can say; bigints become decimal strings. */
  status(): unknown;
}

/** The server's life: started once, closed once or more. */
export interface HttpServer {
  /**
   * Listens, and resolves with the port, which is the system's choice for port 0. Rejects when it
   * cannot listen, saying where.
   */
  start(host: string, port: number): Promise<number>;
  /** Takes no more connections, lets answers that are under way finish for a second, ends all. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly allow?: string;
}

const CLOSING_MS = 1000;
const JSON_TYPE = "application/json; charset=utf-8";
const METHODS = ["GET", "HEAD"];

/** The read-only server for /metrics, /livez, /readyz and /status. */
export function createHttpServer(pages: HttpPages, log: Pick<Log, "error">): HttpServer {
  const server = createServer((request, response) => {
    void respond(request, response, pages, log);
  });
  // These answers take milliseconds; a slow client must not hold sockets.
  server.headersTimeout = 5000;
  server.requestTimeout = 10_000;
  return {
    async start(host, port) {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, resolve);
      }).catch((cause: unknown) => {
        throw new Error(`cannot serve HTTP on ${host}:${port}: ${whyNot(cause)}`, { cause });
      });
      server.removeAllListeners("error");
      server.on("error", (error) => log.error("http.failed", { error }));
      // Only a server on a pipe has a text or nothing for an address.
      return (server.address() as AddressInfo).port;
    },

    async close() {
      if (!server.listening) return;
      const impatience = setTimeout(() => server.closeAllConnections(), CLOSING_MS);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      clearTimeout(impatience);
    },
  };
}

function whyNot(cause: unknown): string {
  const code: unknown = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") return "another process listens there; choose another http.port";
  if (code === "EACCES") return "not permitted; choose an http.port above 1023";
  return cause instanceof Error ? cause.message : String(cause);
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  pages: HttpPages,
  log: Pick<Log, "error">,
): Promise<void> {
  const path = (request.url ?? "/").replace(/[?#].*$/s, "");
  const answer = await answerTo(request.method ?? "", path, pages).catch((error: unknown) => {
    log.error("http.request-failed", { path, error });
    return text(500, "internal error\n"); // what went wrong is for the log, not for the network
  });
  response.writeHead(answer.status, {
    "content-type": answer.contentType,
    "content-length": Buffer.byteLength(answer.body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(answer.allow === undefined ? {} : { allow: answer.allow }),
  });
  response.end(request.method === "HEAD" ? undefined : answer.body);
}

async function answerTo(method: string, path: string, pages: HttpPages): Promise<Answer> {
  const page = PAGES.get(path);
  if (page === undefined) return text(404, `only ${[...PAGES.keys()].join(", ")}\n`);
  if (!METHODS.includes(method)) {
    return { ...text(405, "nothing can be changed here\n"), allow: METHODS.join(", ") };
  }
  return page(pages);
}

const PAGES: ReadonlyMap<string, (pages: HttpPages) => Promise<Answer>> = new Map([
  ["/metrics", async (pages: HttpPages) => ({ status: 200, ...(await pages.metricsText()) })],
  ["/livez", async (pages: HttpPages) => Promise.resolve(health(pages.live()))],
  ["/readyz", async (pages: HttpPages) => Promise.resolve(health(pages.ready()))],
  ["/status", async (pages: HttpPages) => Promise.resolve(json(200, pages.status()))],
]);

function health({ ok, reasons }: Health): Answer {
  return json(ok ? 200 : 503, { ok, reasons });
}

function json(status: number, value: unknown): Answer {
  const spelled = (_key: string, one: unknown) => (typeof one === "bigint" ? String(one) : one);
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(value, spelled, 2)}\n` };
}

function text(status: number, body: string): Answer {
  return { status, contentType: "text/plain; charset=utf-8", body };
}
