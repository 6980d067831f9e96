import { request, Agent, type IncomingHttpHeaders } from "node:http";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import {
  createHttpServer,
  type HttpPages,
  type HttpServer,
} from "../../src/observability/http-server.ts";
import { Secret } from "../../src/domain/secret.ts";
import { recordingLog } from "./recording-log.ts";

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(async (server) => server.close()));
});

async function serve(pages: Partial<HttpPages> = {}) {
  const { log, events } = recordingLog();
  const all: HttpPages = {
    metricsText: async () => ({ contentType: "text/plain; version=0.0.4", body: "rerun_x 1\n" }),
    live: () => ({ ok: true, reasons: [] }),
    ready: () => ({ ok: true, reasons: [] }),
    status: () => ({}),
    ...pages,
  };
  const server = createHttpServer(all, log);
  servers.push(server);
  const port = await server.start("127.0.0.1", 0);
  return { server, port, events };
}

/** A promise that is opened by hand; Node 20 has no Promise.withResolvers. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function get(port: number, path: string, method = "GET", agent?: Agent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, agent }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("the HTTP server", () => {
  it("answers /metrics with the metrics", async () => {
    const { port } = await serve();
    expect(await get(port, "/metrics")).toMatchObject({
      status: 200,
      headers: { "content-type": "text/plain; version=0.0.4", "cache-control": "no-store" },
      body: "rerun_x 1\n",
    });
  });

  it.each(["/livez", "/readyz"])("answers %s with 200 when all is well", async (path) => {
    const { port } = await serve();
    const { status, body } = await get(port, path);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ ok: true, reasons: [] });
  });

  it.each([
    ["/livez", "live"],
    ["/readyz", "ready"],
  ] as const)("answers %s with 503 and the reasons otherwise", async (path, page) => {
    const health = { ok: false, reasons: ["draining"] };
    const { port } = await serve({ [page]: () => health });
    const { status, headers, body } = await get(port, path);
    expect(status).toBe(503);
    expect(headers["content-type"]).toMatch(/^application\/json/);
    expect(JSON.parse(body)).toEqual(health);
  });

  it("keeps the two apart", async () => {
    const { port } = await serve({ ready: () => ({ ok: false, reasons: ["no brokers"] }) });
    expect((await get(port, "/livez")).status).toBe(200);
  });

  it("answers /status with JSON, bigints as text and secrets redacted", async () => {
    const { port } = await serve({
      status: () => ({ offset: 2n ** 53n + 1n, key: new Secret("hunter2") }),
    });
    const { body } = await get(port, "/status");
    expect(JSON.parse(body)).toEqual({ offset: "9007199254740993", key: "[redacted]" });
  });

  it("ignores a query", async () => {
    const { port } = await serve();
    expect((await get(port, "/livez?verbose=1")).status).toBe(200);
  });

  it("answers HEAD like GET, without the body", async () => {
    const { port } = await serve();
    expect(await get(port, "/metrics", "HEAD")).toMatchObject({
      status: 200,
      headers: { "content-length": "10" },
      body: "",
    });
  });

  it.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("refuses %s", async (method) => {
    const { port } = await serve();
    expect(await get(port, "/status", method)).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD" },
    });
  });

  it.each(["/", "/metrics/", "/admin", "/../metrics", "//metrics", "*"])(
    "knows no %s",
    async (path) => {
      const { port } = await serve();
      expect((await get(port, path)).status).toBe(404);
    },
  );

  it.each([
    ["/metrics", "metricsText"],
    ["/livez", "live"],
    ["/readyz", "ready"],
    ["/status", "status"],
  ] as const)("answers a failing %s with 500, and tells only the log why", async (path, page) => {
    const { port, events } = await serve({
      [page]: () => {
        throw new Error("hunter2");
      },
    });
    const { status, body } = await get(port, path);
    expect([status, body]).toEqual([500, "internal error\n"]);
    expect(events).toMatchObject([
      { level: "error", event: "http.request-failed", fields: { path } },
    ]);
  });

  it("answers a status that JSON cannot say with 500", async () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    const { port } = await serve({ status: () => circular });
    expect((await get(port, "/status")).status).toBe(500);
  });
});

describe("starting", () => {
  it("fails with the address when the port is taken", async () => {
    const { port } = await serve();
    const second = createHttpServer({} as HttpPages, recordingLog().log);
    await expect(second.start("127.0.0.1", port)).rejects.toThrow(
      `cannot serve HTTP on 127.0.0.1:${port}: another process listens there`,
    );
  });

  it("fails with the address when there is no such host", async () => {
    const server = createHttpServer({} as HttpPages, recordingLog().log);
    await expect(server.start("192.0.2.1", 0)).rejects.toThrow("cannot serve HTTP on 192.0.2.1:0");
  });
});

describe("closing", () => {
  it("ends connections that are kept alive", async () => {
    const { server, port } = await serve();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    await get(port, "/livez", "GET", agent);
    const started = performance.now();
    await server.close();
    expect(performance.now() - started).toBeLessThan(500);
    await expect(get(port, "/livez")).rejects.toThrow("ECONNREFUSED");
  });

  it("lets an answer that is under way finish", async () => {
    const asked = gate();
    const goOn = gate();
    const { server, port } = await serve({
      metricsText: async () => {
        asked.open();
        await goOn.opened;
        return { contentType: "text/plain", body: "late\n" };
      },
    });
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const got = get(port, "/metrics", "GET", agent);
    await asked.opened;
    const closed = server.close();
    goOn.open();
    expect((await got).body).toBe("late\n");
    await closed;
  });

  it("does not wait for an answer that never comes", async () => {
    const asked = gate();
    const { server, port } = await serve({
      metricsText: async () => {
        asked.open();
        return new Promise<never>(() => {});
      },
    });
    const got = get(port, "/metrics").catch((error: unknown) => error);
    await asked.opened;
    await server.close();
    expect(await got).toBeInstanceOf(Error);
  });

  it("may be asked for twice, and before the start", async () => {
    const { server } = await serve();
    await server.close();
    await expect(server.close()).resolves.toBeUndefined();
    await expect(
      createHttpServer({} as HttpPages, recordingLog().log).close(),
    ).resolves.toBeUndefined();
  });
});
