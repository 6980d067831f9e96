import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Socket } from "node:net";
import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Certificate, makeCertificate } from "../../dev/simulator/certificate.ts";
import type { Fault } from "../../dev/simulator/fault.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import type { ProviderConfig } from "../../src/config/config.ts";
import type { CallEnd } from "../../src/domain/call-end.ts";
import type { ProviderKind } from "../../src/domain/operation.ts";
import type { Gate, RerunCall } from "../../src/domain/provider.ts";
import { Secret } from "../../src/domain/secret.ts";
import { type OpenProvider, openProvider } from "../../src/providers/open-provider.ts";
import { aProviderConfig, neverAborted, openGate, shutGate } from "../support/provider-config.ts";
import {
  openDoorBefore,
  openTcpServer,
  refusedPort,
  type TcpServer,
} from "../support/tcp-server.ts";

/** What differs from adapter to adapter. */
export interface ProviderTraits {
  readonly cloud: "tencent" | "alibaba";
  /** A call for these targets. */
  readonly call: (targets: readonly string[]) => RerunCall;
  /** Two targets in the provider's spelling. */
  readonly targets: readonly [string, string];
  /** An error code that means `refused`, `not permitted`, `quota`, `uncertain`. */
  readonly codes: Readonly<Record<"refused" | "notPermitted" | "quota" | "uncertain", string>>;
}

const key = { id: "test-id", secret: "test-secret" } as const;

/** Faults after which nobody can be sure, and whether the cloud did the work. */
const UNCERTAIN: readonly (readonly [string, Fault, boolean])[] = [
  ["a reset before executing", { kind: "reset", executed: false }, false],
  ["a reset after executing", { kind: "reset", executed: true }, true],
  ["a close without an answer", { kind: "close", executed: false }, false],
  ["a close after executing", { kind: "close", executed: true }, true],
  ["a 500 in JSON", { kind: "server-error", status: 500, executed: true }, true],
  ["a 503 in JSON", { kind: "server-error", status: 503, executed: false }, false],
  ["a 502 in HTML", { kind: "html", status: 502, executed: true }, true],
  ["a 429 in HTML", { kind: "html", status: 429, executed: false }, false],
  ["a 200 in HTML", { kind: "html", status: 200, executed: true }, true],
  ["garbage", { kind: "garbage", body: "{", executed: true }, true],
  ["no body", { kind: "garbage", body: "", executed: true }, true],
  ["null", { kind: "garbage", body: "null", executed: true }, true],
  ["an empty object", { kind: "garbage", body: "{}", executed: true }, true],
  ["an empty array", { kind: "garbage", body: "[]", executed: true }, true],
  ["an empty response", { kind: "garbage", body: '{"Response":{}}', executed: true }, true],
  ["a body that is cut off", { kind: "cut-body", end: "fin" }, true],
];

/** Faults that only a deadline ends. */
const SILENT: readonly (readonly [string, Fault, boolean])[] = [
  ["a hang before executing", { kind: "hang", executed: false }, false],
  ["a hang after executing", { kind: "hang", executed: true }, true],
  ["a body that never ends", { kind: "cut-body", end: "stall" }, true],
];

/**
 * What every adapter promises, over HTTP and over TLS, with the vendor's own SDK and real sockets;
 * the simulator is the witness of what reached the cloud.
 */
export function describeProvider(kind: ProviderKind, traits: ProviderTraits): void {
  const { cloud, targets } = traits;
  let simulator: Simulator;
  let admin: SimulatorAdmin;
  let certificate: Certificate;
  const opened: { close: () => Promise<void> | void }[] = [];
  const unhandled: unknown[] = [];
  const noteUnhandled = (error: unknown) => void unhandled.push(error);

  beforeAll(async () => {
    simulator = await startSimulator({
      credentials: [
        { cloud, ...key },
        { cloud, id: "token-id", secret: "test-secret", token: "test-token" },
      ],
    });
    admin = new SimulatorAdmin(simulator.adminUrl);
    certificate = await makeCertificate();
    for (const event of ["unhandledRejection", "uncaughtException", "warning"]) {
      process.on(event, noteUnhandled);
    }
  });
  afterAll(async () => {
    for (const event of ["unhandledRejection", "uncaughtException", "warning"]) {
      process.off(event, noteUnhandled);
    }
    await simulator.close();
  });
  beforeEach(async () => admin.reset());
  afterEach(async () => {
    for (const one of opened.splice(0).toReversed()) await one.close();
    expect(unhandled.splice(0)).toStrictEqual([]);
  });

  const register = <T extends { close: () => Promise<void> | void }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const urlOf = (secure: boolean): string => {
    const { tencentUrl, tencentTlsUrl, alibabaUrl, alibabaTlsUrl } = simulator;
    const [plain, tls] =
      cloud === "tencent" ? [tencentUrl, tencentTlsUrl] : [alibabaUrl, alibabaTlsUrl];
    return secure ? tls : plain;
  };
  /** Opens the adapter on the simulator, or on another port. */
  const open = async (
    secure: boolean,
    overrides: Partial<ProviderConfig> = {},
    port?: number,
  ): Promise<OpenProvider> => {
    const at = port === undefined ? { url: urlOf(secure) } : { port, secure };
    const ca = secure ? simulator.caPem : null;
    return register(await openProvider(aProviderConfig(kind, at, { ca, ...overrides })));
  };
  const rerun = async (
    { provider }: OpenProvider,
    signal: AbortSignal = neverAborted,
    gate: Gate = openGate,
    of: readonly string[] = targets.slice(0, 1),
  ): Promise<CallEnd> => provider.rerun(traits.call(of), { gate, signal });

  describe.each([
    ["HTTP", false],
    ["TLS", true],
  ])(`${kind} over %s`, (_name, secure) => {
    it("takes a call to the provider, once, with all its targets", async () => {
      const end = await rerun(await open(secure), neverAborted, openGate, targets);

      expect(end).toMatchObject({ kind: "accepted", providerErrorCode: null });
      expect(await admin.arrivals()).toMatchObject([
        { cloud, accessKeyId: "test-id", executed: true, targets, ranTargets: targets },
      ]);
      expect((await admin.arrivals())[0]?.requestId).toBe(end.providerRequestId);
    });

    it("sends the security token along", async () => {
      const credentials = {
        type: "static",
        id: new Secret("token-id"),
        secret: new Secret("test-secret"),
        token: new Secret("test-token"),
      } as const;

      expect(await rerun(await open(secure, { credentials }))).toMatchObject({ kind: "accepted" });
    });

    it.each<[keyof ProviderTraits["codes"], object]>([
      ["refused", { kind: "refused", notPermitted: false }],
      ["notPermitted", { kind: "refused", notPermitted: true }],
      ["quota", { kind: "quota" }],
      ["uncertain", { kind: "uncertain" }],
    ])("tells a code that means %s, with the provider's ids and words", async (meaning, end) => {
      const code = traits.codes[meaning];
      await admin.inject({ kind: "error", code, message: "some words" });

      const told = await rerun(await open(secure));

      expect(told).toMatchObject({
        ...end,
        providerErrorCode: code,
        message: `${code}: some words`,
      });
      expect(told.providerRequestId).toBe((await admin.arrivals())[0]?.requestId);
    });

    it("tells credentials that the provider does not take", async () => {
      const credentials = {
        type: "static",
        id: new Secret("test-id"),
        secret: new Secret("wrong"),
        token: null,
      } as const;

      expect(await rerun(await open(secure, { credentials }))).toMatchObject({
        kind: "credentials",
      });
      expect(await admin.arrivals()).toMatchObject([{ executed: false }]);
    });

    it("tells that it was throttled", async () => {
      await admin.inject({ kind: "throttle" });

      expect(await rerun(await open(secure))).toMatchObject({
        kind: "throttled",
        retryAfterMs: null,
      });
      expect(await admin.arrivals()).toMatchObject([{ executed: false }]);
    });

    describe("when nothing can have been written", () => {
      it("is unavailable: a port where nobody listens", async () => {
        const end = await rerun(await open(secure, {}, await refusedPort()));

        expect(end).toMatchObject({ kind: "unavailable", providerErrorCode: null });
        expect(end).toMatchObject({ message: expect.stringMatching(/ECONNREFUSED/) as string });
      });

      it("is unavailable: a name that does not exist", async () => {
        const endpoint = { protocol: secure ? "https" : "http", host: "nowhere.invalid", port: 1 };
        const end = await rerun(await open(secure, { endpoint } as Partial<ProviderConfig>));

        expect(end).toMatchObject({ kind: "unavailable" });
      });

      it("is unavailable: a gate that does not open before the abort", async () => {
        const { gate, asked } = shutGate();
        const abort = new AbortController();
        const call = rerun(await open(secure), abort.signal, gate);
        await asked;
        abort.abort(new Error("the dispatcher is stopping"));

        await expect(call).resolves.toMatchObject({
          kind: "unavailable",
          message: "nothing was sent: the dispatcher is stopping",
        });
        await rerun(await open(secure), neverAborted, openGate, [targets[1]]);
        expect(await admin.arrivals()).toMatchObject([{ targets: [targets[1]] }]);
      });

      it("is unavailable: an abort before it began", async () => {
        const end = await rerun(await open(secure), AbortSignal.abort(new Error("stopped")));

        expect(end).toMatchObject({ kind: "unavailable", message: "nothing was sent: stopped" });
        expect(await admin.arrivals()).toStrictEqual([]);
      });

      it("is unavailable: a connection that is lost while it waits for the gate", async () => {
        for (const how of ["end", "destroy"] as const) {
          const { gate, asked } = shutGate();
          const tls = secure ? { certificate } : {};
          const server = register(
            await openTcpServer((socket) => void asked.then(() => socket[how]()), tls),
          );
          const config = secure ? { ca: certificate.caPem } : {};
          const end = await rerun(await open(secure, config, server.port), neverAborted, gate);

          expect(end).toMatchObject({
            kind: "unavailable",
            message: "nothing was sent: the connection was lost before its turn came",
          });
        }
      });
    });

    describe("when the call may have run", () => {
      it.each(UNCERTAIN)("is uncertain: %s", async (_fault, fault, executed) => {
        await admin.inject(fault);

        expect(await rerun(await open(secure))).toMatchObject({ kind: "uncertain" });
        expect(await admin.arrivals()).toMatchObject([{ executed, answer: fault.kind }]);
      });

      it.each(SILENT)("is uncertain: %s", async (_fault, fault, executed) => {
        await admin.inject(fault);

        const end = await rerun(await open(secure, { callTimeoutMs: 400 }));

        expect(end).toMatchObject({
          kind: "uncertain",
          message: expect.stringContaining("no complete answer within 400 ms") as string,
        });
        expect(await admin.arrivals()).toMatchObject([{ executed, answer: fault.kind }]);
      });

      it("is uncertain: an abort during the call, which reaches the socket", async () => {
        const tls = secure ? { certificate } : {};
        let read: () => void = () => undefined;
        const hasRead = new Promise<void>((resolve) => (read = resolve));
        let gone: () => void = () => undefined;
        const isGone = new Promise<void>((resolve) => (gone = resolve));
        const server = register(
          await openTcpServer((socket) => void socket.once("data", read).once("close", gone), tls),
        );
        const config = secure ? { ca: certificate.caPem } : {};
        const abort = new AbortController();
        const call = rerun(await open(secure, config, server.port), abort.signal);
        await hasRead;
        abort.abort(new Error("the dispatcher is stopping"));

        await expect(call).resolves.toMatchObject({
          kind: "uncertain",
          message: "no answer: the dispatcher is stopping",
        });
        await isGone;
      });

      it.each([302, 307] as const)(
        "is uncertain: a redirect (%d), never followed",
        async (status) => {
          const elsewhere = register(await openTcpServer((socket) => void socket.destroy()));
          const location = `${secure ? "https" : "http"}://127.0.0.1:${elsewhere.port}/`;
          await admin.inject({ kind: "redirect", status, location });

          expect(await rerun(await open(secure))).toMatchObject({ kind: "uncertain" });
          expect(elsewhere.connections()).toBe(0);
          expect(await admin.arrivals()).toHaveLength(1);
        },
      );

      it("is uncertain: a redirect to itself, never followed", async () => {
        await admin.inject({
          kind: "redirect",
          status: 307,
          location: `${urlOf(secure)}/`,
          count: 1,
        });

        expect(await rerun(await open(secure))).toMatchObject({ kind: "uncertain" });
        expect(await admin.arrivals()).toMatchObject([{ executed: false }]);
      });
    });

    it("makes one connection and one request of each call, however it ends", async () => {
      const door: TcpServer = register(await openDoorBefore(Number(new URL(urlOf(secure)).port)));
      const connection = await open(secure, { callTimeoutMs: 1000 }, door.port);
      const faults: readonly Fault[] = [
        { kind: "throttle" },
        { kind: "server-error", status: 503 },
        { kind: "html", status: 502 },
        { kind: "reset", executed: false },
        { kind: "close", executed: false },
        { kind: "hang", executed: false },
        { kind: "cut-body", end: "fin" },
      ];
      for (const fault of faults) {
        await admin.inject({ ...fault, count: 1 });
        await rerun(connection);
      }
      await rerun(connection);
      await rerun(connection);

      expect(door.connections()).toBe(faults.length + 2);
      expect((await admin.arrivals()).map(({ answer }) => answer)).toStrictEqual([
        ...faults.map((fault) => fault.kind),
        ...["success", "success"],
      ]);
    });

    it("lets calls that run side by side not get in each other's way", async () => {
      await admin.inject({ kind: "latency", minMs: 0, maxMs: 100 });
      await admin.inject({ kind: "reset", executed: true, filter: { target: targets[1] } });
      const connection = await open(secure);
      const calls = Array.from({ length: 30 }, async (_, index) =>
        rerun(connection, neverAborted, openGate, [targets[index % 2] ?? targets[0]]),
      );
      const kinds = (await Promise.all(calls)).map((end) => end.kind);

      expect(kinds).toStrictEqual(
        Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? "accepted" : "uncertain")),
      );
      expect(await admin.arrivals()).toHaveLength(30);
    });

    it("leaves no timer behind that would keep a stopped process alive", async () => {
      const answers = [
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{",
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 500\r\n\r\n<",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "",
      ];
      const tls = secure ? { certificate } : {};
      const serve = (socket: Socket) =>
        void socket.once("data", () => socket.end(answers[server.connections() % 4] ?? ""));
      const server = register(await openTcpServer(serve, tls));
      const config = secure ? { ca: certificate.caPem } : {};
      const connection = await open(secure, config, server.port);
      const timers = () =>
        process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
      const before = timers();
      for (let call = 0; call < 3 * answers.length; call++) await rerun(connection);
      const abort = new AbortController();
      const { gate, asked } = shutGate();
      const waiting = rerun(connection, abort.signal, gate);
      await asked;
      abort.abort();
      await waiting;
      await rerun(connection, AbortSignal.abort());
      await new Promise((resolve) => setImmediate(resolve));

      // What others had under way before may have ended meanwhile.
      expect(timers()).toBeLessThanOrEqual(before);
    });

    it("asks no proxy that the environment names", async () => {
      const proxy = register(await openTcpServer((socket) => void socket.destroy()));
      for (const name of ["http_proxy", "https_proxy", "all_proxy"]) {
        vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
        vi.stubEnv(name.toUpperCase(), `http://127.0.0.1:${proxy.port}`);
      }

      expect(await rerun(await open(secure))).toMatchObject({ kind: "accepted" });
      expect(proxy.connections()).toBe(0);
    });

    it("tells by a harmless read whether the provider can be asked", async () => {
      const terms = { gate: openGate, signal: neverAborted };
      const wrong = { ...aProviderConfig(kind, { port: 1 }).credentials, secret: new Secret("no") };
      const [well, refused, stranger] = [
        await open(secure),
        await open(secure, {}, await refusedPort()),
        await open(secure, { credentials: wrong }),
      ];

      expect(await well.provider.checkAccess(terms)).toBeNull();
      expect(await refused.provider.checkAccess(terms)).toMatch(/ECONNREFUSED/);
      expect(await stranger.provider.checkAccess(terms)).toMatch(/[Ss]ignature/);
      expect((await admin.arrivals()).map(({ effect }) => effect)).toStrictEqual(["read", "read"]);
    });
  });

  describe(`${kind} that cannot finish TLS`, () => {
    it("is unavailable: a handshake that hangs", async () => {
      const day = 86_400_000;
      await admin.inject({ kind: "handshake-delay", minMs: day, maxMs: day, count: 1 });
      const end = await rerun(await open(true, { connectTimeoutMs: 300 }));

      expect(end).toMatchObject({
        kind: "unavailable",
        message: expect.stringMatching(/no connection to .* within 300 ms/) as string,
      });
      expect(await admin.arrivals()).toStrictEqual([]);
    });

    it("is unavailable: a reset during the handshake", async () => {
      await admin.inject({ kind: "handshake-reset", count: 1 });

      expect(await rerun(await open(true))).toMatchObject({ kind: "unavailable" });
      expect(await admin.arrivals()).toStrictEqual([]);
    });

    it("is unavailable: a certificate that nobody known has signed", async () => {
      const end = await rerun(await open(true, { ca: null }));

      expect(end).toMatchObject({
        kind: "unavailable",
        message: expect.stringMatching(/certificate/) as string,
      });
      expect(await admin.arrivals()).toStrictEqual([]);
    });

    it("is unavailable: a certificate of another host", async () => {
      let bytes = 0;
      const server = register(
        await openTcpServer((socket) => void socket.on("data", (data) => (bytes += data.length)), {
          certificate,
          host: "127.0.0.2",
        }),
      );
      const endpoint = { protocol: "https", host: server.host, port: server.port } as const;
      const end = await rerun(await open(true, { ca: certificate.caPem, endpoint }));

      expect(end).toMatchObject({
        kind: "unavailable",
        message: expect.stringMatching(/127\.0\.0\.2/) as string,
      });
      expect(bytes).toBe(0);
    });

    it("is unavailable: a port that speaks no TLS", async () => {
      const port = Number(new URL(urlOf(false)).port);

      expect(await rerun(await open(true, {}, port))).toMatchObject({ kind: "unavailable" });
      expect(await admin.arrivals()).toStrictEqual([]);
    });
  });
}
