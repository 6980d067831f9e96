import type { Socket } from "node:net";
import type { WireTerms } from "../../src/domain/provider.ts";
import { shutGate } from "../support/provider-config.ts";
import { refusedPort } from "../support/tcp-server.ts";
import {
  openProviderPort,
  type ProviderPort,
  type Serve,
  type ServerTls,
} from "./a-provider-port.ts";
import { openBlackHole } from "../../dev/rig/black-hole.ts";
import { type OddCertificate, selfSigned, signedFor } from "./certificates.ts";
import type { SdkName } from "./sdk-callers.ts";

/** What one call meets. */
export interface Scene {
  readonly host?: string;
  readonly port: number;
  /** What the call trusts beside the system's authorities. */
  readonly ca?: string;
  /** Null where nobody counts. */
  readonly server: Pick<ProviderPort, "connections" | "requests" | "bytes"> | null;
  readonly terms?: Partial<WireTerms>;
  readonly limits?: { readonly connectTimeoutMs?: number; readonly callTimeoutMs?: number };
  /** What happens while the call runs; `headCame` resolves when the head of an answer has come. */
  readonly meanwhile?: (headCame: Promise<void>) => Promise<void>;
}

/** What a row's scene is made with. */
export interface Stage {
  readonly secure: boolean;
  /** Of the port that speaks TLS; trusted by the call unless the scene says otherwise. */
  readonly trusted: OddCertificate;
  readonly register: <T extends { close: () => Promise<void> | void }>(one: T) => T;
}

/** One row of the measured table (shared/provider-facts.md, D.1). */
export interface PhaseRow {
  readonly name: string;
  /** Over which protocols; both unless said. */
  readonly over?: "http" | "tls";
  readonly open: (stage: Stage) => Promise<Scene>;
  readonly ends: "returned" | "failed" | Readonly<Record<SdkName, "returned" | "failed">>;
  /** Of a call that failed; "unless-seen": whatever is true, and false only if the port saw nothing. */
  readonly written: boolean | "unless-seen";
  /** Of the answer's head, if one came. */
  readonly status?: number;
  readonly connections?: number;
  readonly requests: number;
  /** What a failed call's error says. */
  readonly says?: RegExp;
}

type Opener = PhaseRow["open"];

const tlsOf = ({ secure, trusted }: Stage): ServerTls | null => (secure ? trusted : null);

const onRequest =
  (serve: Serve, scene: Partial<Scene> = {}): Opener =>
  async (stage) => {
    const server = stage.register(await openProviderPort({ tls: tlsOf(stage), onRequest: serve }));
    return { port: server.port, server, ...scene };
  };

const onAccept =
  (serve: Serve): Opener =>
  async (stage) => {
    const server = stage.register(await openProviderPort({ onConnection: serve }));
    return { port: server.port, server };
  };

/** A port that speaks TLS with this certificate, whatever the call trusts. */
const withCertificate =
  (make: (trusted: OddCertificate) => Promise<{ tls: ServerTls; ca: string }>): Opener =>
  async ({ trusted, register }) => {
    const { tls, ca } = await make(trusted);
    const server = register(await openProviderPort({ tls }));
    return { port: server.port, ca, server };
  };

const reset: Serve = (_socket, raw) => void raw.resetAndDestroy();
const finish: Serve = (socket) => void socket.end();
const destroy: Serve = (socket) => void socket.destroy();
const stayAway: Serve = () => undefined;

const http = (status: string, type: string, body: string): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const answer = (text: string) => onRequest((socket) => void socket.end(text));
const json = (status: string, body: unknown) =>
  answer(http(status, "application/json", JSON.stringify(body)));

const PART = '{"Response":{"Data"';
const head = (more: string) => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${more}\r\n`;
const announced = `${head("content-length: 500\r\n")}${PART}`;
const chunked = `${head("transfer-encoding: chunked\r\n")}${PART.length.toString(16)}\r\n${PART}\r\n`;

const FINE = { Response: { Data: { AsyncId: "a" }, RequestId: "x" }, RequestId: "x" };
const TENCENT_FAILS = { tencent: "failed", alibaba: "returned" } as const;

const redirect =
  (status: string): Opener =>
  async (stage) => {
    const elsewhere = stage.register(await openProviderPort({ tls: tlsOf(stage) }));
    const scheme = stage.secure ? "https" : "http";
    const location = `location: ${scheme}://127.0.0.1:${elsewhere.port}/`;
    const text = `HTTP/1.1 ${status}\r\n${location}\r\ncontent-length: 0\r\n\r\n`;
    const server = stage.register(
      await openProviderPort({ tls: tlsOf(stage), onRequest: (socket) => void socket.end(text) }),
    );
    // Nobody may come to the other port: both are counted as one.
    const connections = () => server.connections() + elsewhere.connections();
    return { port: server.port, server: { ...server, connections } };
  };

const abortWhen =
  (
    serve: Serve,
    moment: (server: ProviderPort, headCame: Promise<void>) => Promise<void>,
  ): Opener =>
  async (stage) => {
    const server = stage.register(await openProviderPort({ tls: tlsOf(stage), onRequest: serve }));
    const abort = new AbortController();
    const meanwhile = async (headCame: Promise<void>) => {
      await moment(server, headCame);
      abort.abort(new Error("told to stop"));
      // Here it shows whether the abort reaches the socket.
      await server.gone;
    };
    return { port: server.port, server, terms: { signal: abort.signal }, meanwhile };
  };

const lostAtTheGate =
  (how: Serve): Opener =>
  async (stage) => {
    const { gate, asked } = shutGate();
    const onConnection: Serve = (socket, raw) => void asked.then(() => how(socket, raw));
    const server = stage.register(await openProviderPort({ tls: tlsOf(stage), onConnection }));
    return { port: server.port, server, terms: { gate } };
  };

const BEFORE = { ends: "failed", written: false, requests: 0 } as const;
const AFTER = { ends: "failed", written: true, connections: 1, requests: 1 } as const;
const ANSWERED = { ...AFTER, ends: "returned" } as const;

const CONNECTING: readonly PhaseRow[] = [
  {
    name: "ECONNREFUSED (closed port)",
    open: async () => ({ port: await refusedPort(), server: null }),
    ...BEFORE,
    says: /ECONNREFUSED/,
  },
  {
    name: "DNS failure (nx.invalid)",
    open: async () => ({ host: "nx.invalid", port: 9, server: null }),
    ...BEFORE,
    says: /getaddrinfo (ENOTFOUND|EAI_AGAIN) nx\.invalid/,
  },
  {
    name: "connect timeout (SYN black hole)",
    open: async ({ register }) => {
      const { port } = register(await openBlackHole());
      return { port, server: null, limits: { connectTimeoutMs: 300 } };
    },
    ...BEFORE,
    says: /no connection to 127\.0\.0\.1:\d+ within 300 ms/,
  },
  // Whether the client hears of its connection or of the reset first is up to the kernel.
  {
    name: "RST immediately on accept",
    over: "http",
    open: onAccept(reset),
    ...BEFORE,
    written: "unless-seen",
  },
  {
    name: "FIN immediately on accept",
    over: "http",
    open: onAccept(finish),
    ...BEFORE,
    written: "unless-seen",
  },
  {
    name: "RST immediately on accept",
    over: "tls",
    open: onAccept(reset),
    ...BEFORE,
    connections: 1,
  },
  {
    name: "FIN immediately on accept",
    over: "tls",
    open: onAccept(finish),
    ...BEFORE,
    connections: 1,
  },
  {
    name: "abort before the call",
    open: async (stage) => ({
      ...(await onRequest(stayAway)(stage)),
      terms: { signal: AbortSignal.abort(new Error("told to stop")) },
    }),
    ...BEFORE,
    connections: 0,
    says: /told to stop/,
  },
  {
    name: "abort while it waits at the gate",
    open: async (stage) => {
      const { gate, asked } = shutGate();
      const abort = new AbortController();
      const meanwhile = async () => asked.then(() => abort.abort(new Error("told to stop")));
      const scene = await onRequest(stayAway)(stage);
      return { ...scene, terms: { gate, signal: abort.signal }, meanwhile };
    },
    ...BEFORE,
    connections: 1,
    says: /told to stop/,
  },
  {
    name: "FIN while it waits at the gate",
    open: lostAtTheGate(finish),
    ...BEFORE,
    connections: 1,
    says: /lost before its turn/,
  },
  {
    name: "RST while it waits at the gate",
    open: lostAtTheGate(reset),
    ...BEFORE,
    connections: 1,
    says: /lost before its turn/,
  },
];

const HANDSHAKES: readonly PhaseRow[] = [
  {
    name: "TLS handshake hangs",
    open: async (stage) => ({
      ...(await onAccept(stayAway)(stage)),
      limits: { connectTimeoutMs: 300 },
    }),
    ...BEFORE,
    connections: 1,
    says: /no connection to .* within 300 ms/,
  },
  {
    name: "peer RSTs during the TLS handshake",
    open: onAccept((socket) => void socket.once("data", () => socket.resetAndDestroy())),
    ...BEFORE,
    connections: 1,
    says: /ECONNRESET/,
  },
  {
    name: "peer FINs during the TLS handshake",
    open: onAccept((socket) => void socket.once("data", () => socket.end())),
    ...BEFORE,
    connections: 1,
    says: /disconnected before secure TLS connection was established/,
  },
  {
    name: "self-signed certificate",
    open: withCertificate(async ({ ca }) => ({ tls: await selfSigned(), ca })),
    ...BEFORE,
    connections: 1,
    says: /self-signed certificate/,
  },
  {
    name: "expired certificate",
    open: withCertificate(async () => {
      const tls = await signedFor("127.0.0.1", new Date("2021-01-01"));
      return { tls, ca: tls.ca };
    }),
    ...BEFORE,
    connections: 1,
    says: /certificate has expired/,
  },
  {
    name: "certificate of another host",
    open: withCertificate(async () => {
      const tls = await signedFor("127.0.0.3", new Date("2099-01-01"));
      return { tls, ca: tls.ca };
    }),
    ...BEFORE,
    connections: 1,
    says: /IP: 127\.0\.0\.1 is not in the cert's list/,
  },
  {
    name: "certificate of an authority that nobody knows",
    open: withCertificate(async ({ ca }) => ({
      tls: await signedFor("127.0.0.1", new Date("2099-01-01")),
      ca,
    })),
    ...BEFORE,
    connections: 1,
    says: /certificate/,
  },
  {
    name: "a server that speaks nothing newer than TLS 1.1",
    open: withCertificate(async (trusted) => ({
      // OpenSSL 3 offers TLS 1.1 at this level only.
      tls: {
        ...trusted,
        minVersion: "TLSv1",
        maxVersion: "TLSv1.1",
        ciphers: "DEFAULT@SECLEVEL=0",
      },
      ca: trusted.ca,
    })),
    ...BEFORE,
    connections: 1,
    says: /protocol version|unsupported protocol/,
  },
  {
    name: "https to a plain-http port",
    open: onAccept(
      (socket) =>
        void socket.once("data", () => socket.end(http("400 Bad Request", "text/plain", ""))),
    ),
    ...BEFORE,
    connections: 1,
    says: /EPROTO|wrong version number/,
  },
];
const HANDSHAKE = HANDSHAKES.map((row) => ({ ...row, over: "tls" }) as const);

const SILENCE: readonly PhaseRow[] = [
  {
    name: "accepts, reads request, never answers",
    open: onRequest(stayAway, { limits: { callTimeoutMs: 500 } }),
    ...AFTER,
    says: /no complete answer within 500 ms/,
  },
  {
    name: "hangs where the connect deadline is the longer one",
    open: onRequest(stayAway, { limits: { connectTimeoutMs: 20_000, callTimeoutMs: 500 } }),
    ...AFTER,
    says: /no complete answer within 500 ms/,
  },
  {
    name: "reads full request then RST",
    open: onRequest(reset),
    ...AFTER,
    says: /ECONNRESET|hang up/,
  },
  {
    name: "reads full request then FIN without response",
    open: onRequest(finish),
    ...AFTER,
    says: /hang up/,
  },
  {
    name: "reads full request then destroy()",
    open: onRequest(destroy),
    ...AFTER,
    says: /hang up|ECONNRESET/,
  },
  {
    name: "abort during the wait",
    open: abortWhen(stayAway, async (server) => server.asked),
    ...AFTER,
    says: /told to stop/,
  },
  {
    name: "abort during the body",
    open: abortWhen(
      (socket) => void socket.write(announced),
      async (_server, headCame) => headCame,
    ),
    ...AFTER,
    status: 200,
    says: /told to stop/,
  },
];

const ANSWERS: readonly PhaseRow[] = [
  {
    name: "HTTP 500 text/html body",
    open: answer(http("500 Internal Server Error", "text/html", "<html>oops</html>")),
    ...AFTER,
    status: 500,
  },
  {
    name: "HTTP 502 empty body",
    open: answer(http("502 Bad Gateway", "text/html", "")),
    ...AFTER,
    status: 502,
  },
  {
    name: "HTTP 503 JSON",
    open: json("503 Service Unavailable", {
      Code: "ServiceUnavailable",
      Message: "no",
      RequestId: "REQ-1",
    }),
    ...AFTER,
    status: 503,
  },
  {
    name: "HTTP 429 JSON with retry-after",
    open: answer(
      http(
        "429 Too Many Requests\r\nretry-after: 7\r\nx-acs-retry-after: 7",
        "application/json",
        '{"Code":"Throttling.User","Message":"no","RequestId":"REQ-2"}',
      ),
    ),
    ...AFTER,
    status: 429,
  },
  {
    name: "HTTP 400 JSON {Code:Throttling}",
    open: json("400 Bad Request", { Code: "Throttling", Message: "no", RequestId: "REQ-3" }),
    ...AFTER,
    status: 400,
  },
  {
    name: "HTTP 403 JSON with AccessDeniedDetail",
    open: json("403 Forbidden", {
      Code: "NoPermission",
      Message: "denied",
      RequestId: "REQ-4",
      AccessDeniedDetail: {},
    }),
    ...AFTER,
    status: 403,
  },
  {
    name: "HTTP 429 html",
    open: answer(http("429 Too Many Requests", "text/html", "<html>slow</html>")),
    ...AFTER,
    status: 429,
  },
  {
    name: "HTTP 200 non-JSON body",
    open: answer(http("200 OK", "text/html", "<html>garbage</html>")),
    ...AFTER,
    ends: TENCENT_FAILS,
    status: 200,
  },
  {
    name: "HTTP 200 empty body",
    open: answer(http("200 OK", "application/json", "")),
    ...AFTER,
    ends: TENCENT_FAILS,
    status: 200,
  },
  {
    name: "HTTP 200 JSON {}",
    open: json("200 OK", {}),
    ...AFTER,
    ends: TENCENT_FAILS,
    status: 200,
  },
  {
    name: "HTTP 200 JSON []",
    open: json("200 OK", []),
    ...AFTER,
    ends: TENCENT_FAILS,
    status: 200,
  },
  {
    name: "HTTP 200 RequestLimitExceeded",
    open: json("200 OK", {
      Response: { Error: { Code: "RequestLimitExceeded", Message: "slow down" }, RequestId: "x" },
    }),
    ...AFTER,
    ends: TENCENT_FAILS,
    status: 200,
  },
  {
    name: "HTTP 200, content-length 500, then FIN",
    open: answer(announced),
    ...AFTER,
    status: 200,
    says: /cut off|aborted|Premature close/,
  },
  {
    name: "HTTP 200 chunked, cut by FIN",
    open: answer(chunked),
    ...AFTER,
    status: 200,
    says: /cut off|aborted|Premature close/,
  },
  {
    name: "HTTP 200 headers + part, then RST",
    open: async (stage) => {
      const sockets: Socket[] = [];
      const scene = await onRequest((socket, raw) => {
        sockets.push(raw);
        socket.write(announced);
      })(stage);
      const meanwhile = async (headCame: Promise<void>) => {
        await headCame;
        sockets.forEach((raw) => raw.resetAndDestroy());
      };
      return { ...scene, meanwhile };
    },
    ...AFTER,
    status: 200,
  },
  {
    name: "HTTP 200 headers + part, then stall",
    open: onRequest((socket) => void socket.write(announced), { limits: { callTimeoutMs: 500 } }),
    ...AFTER,
    status: 200,
    says: /no complete answer within 500 ms/,
  },
  {
    name: "HTTP 503 headers + part, then stall",
    open: onRequest(
      (socket) =>
        void socket.write("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 500\r\n\r\nhalf"),
      { limits: { callTimeoutMs: 500 } },
    ),
    ...AFTER,
    status: 503,
  },
  {
    name: "server speaks non-HTTP",
    open: answer("SSH-2.0-OpenSSH_9.6\r\n"),
    ...AFTER,
    says: /Parse Error/,
  },
  {
    name: "answers later than the connect deadline and sooner than the call's",
    open: onRequest(
      (socket) =>
        void setTimeout(
          () => socket.end(http("200 OK", "application/json", JSON.stringify(FINE))),
          300,
        ),
      { limits: { connectTimeoutMs: 200 } },
    ),
    ...ANSWERED,
    status: 200,
  },
  {
    name: "307 redirect to another local server",
    open: redirect("307 Temporary Redirect"),
    ...AFTER,
    ends: TENCENT_FAILS,
    status: 307,
  },
  {
    name: "302 redirect to another local server",
    open: redirect("302 Found"),
    ...AFTER,
    ends: TENCENT_FAILS,
    status: 302,
  },
  {
    name: "int64 9223372036854775807 in response",
    open: answer(
      http(
        "200 OK",
        "application/json",
        '{"Response":{"Data":{"AsyncId":"a","N":9223372036854775807},"RequestId":"x"}}',
      ),
    ),
    ...ANSWERED,
    status: 200,
  },
  {
    name: "HTTP 200 on a connection that stays open",
    open: onRequest(
      (socket) =>
        void socket.write(
          http("200 OK\r\nconnection: keep-alive", "application/json", JSON.stringify(FINE)),
        ),
    ),
    ...ANSWERED,
    status: 200,
  },
];

/** Every row that is about one call; those about several stand in the test. */
export const PHASE_ROWS: readonly PhaseRow[] = [
  ...CONNECTING,
  ...HANDSHAKE,
  ...SILENCE,
  ...ANSWERS,
];
