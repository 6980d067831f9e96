import diagnosticsChannel from "node:diagnostics_channel";
import dns from "node:dns";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Carried } from "../../src/domain/provider.ts";
import { SocketWire } from "../../src/wire/socket-wire.ts";
import { neverAborted, openGate } from "../support/provider-config.ts";
import { refusedPort } from "../support/tcp-server.ts";
import { openProviderPort, type Serve } from "./a-provider-port.ts";
import { type OddCertificate, signedFor } from "./certificates.ts";
import { PHASE_ROWS, type PhaseRow, type Scene } from "./phase-rows.ts";
import { SDK_CALLERS, SDK_NAMES, type SdkName } from "./sdk-callers.ts";

const opened: { close: () => Promise<void> | void }[] = [];
const register = <T extends { close: () => Promise<void> | void }>(one: T): T => {
  opened.push(one);
  return one;
};
const unhandled: unknown[] = [];
const noteUnhandled = (error: unknown) => void unhandled.push(error);
const EVENTS = ["unhandledRejection", "uncaughtException", "warning"];

let trusted: OddCertificate;
beforeAll(async () => {
  trusted = await signedFor("127.0.0.1", new Date("2099-01-01"));
  for (const event of EVENTS) process.on(event, noteUnhandled);
});
afterAll(() => {
  for (const event of EVENTS) process.off(event, noteUnhandled);
});
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
  const [first] = unhandled.splice(0);
  if (first !== undefined) throw new Error("somebody did not look after this", { cause: first });
});

/** Sockets of this process, both ends of each connection. */
const socketsLeft = () =>
  process.getActiveResourcesInfo().filter((one) => /^(TCPSocket|TLS|TCPConnect)Wrap$/.test(one))
    .length;

async function headOfAnAnswer(): Promise<void> {
  return new Promise((resolve) => {
    const channel = "http.client.response.finish";
    const came = () => {
      diagnosticsChannel.unsubscribe(channel, came);
      resolve();
    };
    diagnosticsChannel.subscribe(channel, came);
  });
}

/** What calls an SDK at a scene, each time over the same wire. */
async function openCalls(
  sdk: SdkName,
  secure: boolean,
  scene: Scene,
  id?: string,
): Promise<() => Promise<Carried<unknown>>> {
  const { host = "127.0.0.1", port, ca = trusted.ca, terms, limits } = scene;
  const target = { secure, authority: `${host}:${port}` };
  const call = await SDK_CALLERS[sdk](id === undefined ? target : { ...target, id });
  const wire = register(
    new SocketWire({
      secure,
      ca: secure ? ca : null,
      allowedAddresses: [],
      connectTimeoutMs: 20_000,
      callTimeoutMs: 20_000,
      ...limits,
    }),
  );
  return async () => wire.carry({ gate: openGate, signal: neverAborted, ...terms }, call);
}

const CASES = PHASE_ROWS.flatMap((row) =>
  SDK_NAMES.flatMap((sdk) =>
    (row.over === undefined ? ["http", "tls"] : [row.over]).map((over) => ({ row, sdk, over })),
  ),
);

describe("the phase of one call", () => {
  it.each(CASES)("$row.name: $sdk over $over", async ({ row, sdk, over }) => {
    const secure = over === "tls";
    const scene = await row.open({ secure, trusted, register });
    const before = socketsLeft();
    const call = await openCalls(sdk, secure, scene);
    const [carried] = await Promise.all([call(), scene.meanwhile?.(headOfAnAnswer())]);

    expect(carried.kind).toBe(typeof row.ends === "string" ? row.ends : row.ends[sdk]);
    expect(scene.server?.requests() ?? 0).toBe(row.requests);
    expect(scene.server?.connections()).toBe(row.connections ?? scene.server?.connections());
    expectPhase(carried, row, scene);
    await expect.poll(socketsLeft, { interval: 2 }).toBeLessThanOrEqual(before);
  });
});

function expectPhase(carried: Carried<unknown>, row: PhaseRow, { server }: Scene): void {
  if (row.status !== undefined) expect(carried.answer?.status).toBe(row.status);
  if (carried.kind === "returned") return;
  const { written, error } = carried;
  if (row.says !== undefined) expect((error as Error).message).toMatch(row.says);
  // Of all that a failed call says, this must never be wrong: nothing written, nothing seen.
  if (!written) expect([server?.requests() ?? 0, row.requests]).toStrictEqual([0, 0]);
  if (row.written !== "unless-seen") expect(written).toBe(row.written);
}

const BOTH = SDK_NAMES.flatMap((sdk) => ["http", "tls"].map((over) => ({ sdk, over })));

describe.each(BOTH)("the phase of calls by $sdk over $over", ({ sdk, over }) => {
  const secure = over === "tls";
  const openPort = async (onRequest: Serve) =>
    register(await openProviderPort({ tls: secure ? trusted : null, onRequest }));
  const FINE = '{"Response":{"Data":{"AsyncId":"a"},"RequestId":"x"}}';
  const KEPT = `HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: ${FINE.length}\r\n\r\n${FINE}`;

  it("is before the request when every address of a host refuses", async () => {
    const port = await refusedPort();
    // What a name stands for is the operating system's part, and differs from machine to machine.
    vi.spyOn(dns, "lookup").mockImplementation((...args: unknown[]) => {
      const tell = args.at(-1) as (error: null, found: dns.LookupAddress[]) => void;
      const addresses = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
      process.nextTick(() => tell(null, addresses));
    });
    const call = await openCalls(sdk, secure, { host: "two.example", port, server: null });

    expect(await call()).toMatchObject({
      kind: "failed",
      written: false,
      error: { message: expect.stringMatching(/ECONNREFUSED 127.0.0.1.*127.0.0.2/) as string },
    });
  });

  it("is after the request, on a connection of its own, when a kept-alive one is reset", async () => {
    const server = await openPort((socket, raw) => {
      if (server.requests() === 1) socket.write(KEPT);
      else raw.resetAndDestroy();
    });
    const call = await openCalls(sdk, secure, { port: server.port, server });

    expect(await call()).toMatchObject({ kind: "returned" });
    expect(await call()).toMatchObject({ kind: "failed", written: true });
    expect([server.connections(), server.requests()]).toStrictEqual([2, 2]);
  });

  it("ends at its own deadline, although the call before left timers behind", async () => {
    const server = await openPort((socket) => {
      if (server.requests() === 1) socket.write(KEPT);
    });
    const limits = { callTimeoutMs: 500 };
    const call = await openCalls(sdk, secure, { port: server.port, server, limits });

    expect(await call()).toMatchObject({ kind: "returned" });
    expect(await call()).toMatchObject({
      kind: "failed",
      written: true,
      error: { message: "no complete answer within 500 ms" },
    });
  });

  it("does not wait for other calls: none queues for another's connection", async () => {
    const server = await openPort(() => undefined);
    const abort = new AbortController();
    const terms = { signal: abort.signal };
    const call = await openCalls(sdk, secure, { port: server.port, server, terms });
    const calls = Array.from({ length: 3 }, call);
    await expect.poll(server.requests, { interval: 2, timeout: 15_000 }).toBe(3);
    abort.abort(new Error("seen"));

    expect(await Promise.all(calls)).toMatchObject(
      Array(3).fill({ kind: "failed", written: true, answer: null }),
    );
    expect(server.connections()).toBe(3);
  }, 20_000);

  it("does not depend on proxies that the environment names", async () => {
    const proxy = register(await openProviderPort());
    for (const name of ["http_proxy", "https_proxy", "all_proxy"]) {
      vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
      vi.stubEnv(name.toUpperCase(), `http://127.0.0.1:${proxy.port}`);
    }
    const server = await openPort((socket) => void socket.end(KEPT));
    const call = await openCalls(sdk, secure, { port: server.port, server });

    expect(await call()).toMatchObject({ kind: "returned" });
    expect([server.connections(), proxy.connections()]).toStrictEqual([1, 0]);
  });

  it("is told rightly when the credentials are empty", async () => {
    const refusal = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
    const server = await openPort((socket) => void socket.end(refusal));
    const call = await openCalls(sdk, secure, { port: server.port, server }, "");
    const carried = await call();

    // One SDK asks the server all the same, the other refuses by itself.
    expect(carried).toMatchObject({ kind: "failed", written: server.requests() === 1 });
    expect(server.connections()).toBe(server.requests());
  });

  it("is before the request, of which not one byte leaves, when the right to write ends at the gate", async () => {
    const server = await openPort(() => undefined);
    const gate = {
      pass: async () => () => {
        throw new Error("the right has ended");
      },
    };
    const call = await openCalls(sdk, secure, { port: server.port, server, terms: { gate } });
    const carried = await call();
    await server.gone;

    expect(carried).toMatchObject({
      ...{ kind: "failed", written: false, answer: null },
      error: { message: "the right has ended" },
    });
    expect([server.connections(), server.bytes()]).toStrictEqual([1, 0]);
  });

  it("is before the request when the SDK fails before it connects", async () => {
    const server = await openPort(() => undefined);
    const wire = register(
      new SocketWire({
        secure,
        ca: secure ? trusted.ca : null,
        allowedAddresses: [],
        connectTimeoutMs: 20_000,
        callTimeoutMs: 20_000,
      }),
    );
    const carried = await wire.carry({ gate: openGate, signal: neverAborted }, async () => {
      throw new Error("no credentials");
    });

    expect(carried).toMatchObject({ kind: "failed", written: false });
    expect(server.connections()).toBe(0);
  });

  it("keeps an int64 where the SDK gives the answer's text", async () => {
    const body = '{"Response":{"N":9223372036854775807,"RequestId":"x"}}';
    const text = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const server = await openPort((socket) => void socket.end(text));
    const call = await openCalls(sdk, secure, { port: server.port, server });
    const carried = await call();

    expect(carried.kind === "returned" && JSON.stringify(carried.value)).toContain(
      // Tencent's SDK parses numbers: its ids are strings.
      sdk === "alibaba" ? "9223372036854775807" : "9223372036854776000",
    );
  });
});
