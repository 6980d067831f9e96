import { AsyncLocalStorage } from "node:async_hooks";
import http, { type Agent } from "node:http";
import { createRequire } from "node:module";
import type OpenApi from "@alicloud/openapi-client";
import type TeaUtil from "@alicloud/tea-util";
import type { Secret } from "../domain/secret.ts";

export interface AlibabaSdkOptions {
  readonly secure: boolean;
  /** `host` or `host:port`. */
  readonly authority: string;
  readonly region: string;
  readonly credentials: {
    readonly id: Secret;
    readonly secret: Secret;
    readonly token: Secret | null;
  };
  /** The SDK's own time-outs; must be longer than the wire's, which tells more. */
  readonly timeoutMs: number;
}

/** One action of an RPC-style product, as Alibaba's generated clients describe it. */
export interface AlibabaAction {
  readonly action: string;
  readonly version: string;
  readonly method: "GET" | "POST";
  readonly query?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

/** The answer as text, so that int64 values survive, and its HTTP status. */
export interface AlibabaAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends one action through `agent`. */
export type AlibabaRequest = (agent: Agent, action: AlibabaAction) => Promise<AlibabaAnswer>;

// CommonJS with a `default` of its own: loaders disagree about what `import` makes of that, and
// `require` does not. Its types call the whole module the default export.
const require = createRequire(import.meta.url);
const openApi = require("@alicloud/openapi-client") as typeof OpenApi;
const teaUtil = require("@alicloud/tea-util") as typeof TeaUtil;
const { default: OpenApiClient, Config, OpenApiRequest, Params } = openApi;

/**
 * Alibaba's generic OpenAPI client, which calls every product's actions.
 *
 * It takes no agent, but sends through `httpx.request`, found at call time: that function is wrapped
 * so that inside of a call it gets ours. `open` proves that the wrapping is in effect.
 */
export class AlibabaSdk {
  readonly #agents: AsyncLocalStorage<Agent>;
  readonly #client: InstanceType<typeof OpenApiClient>;
  readonly #timeoutMs: number;

  /**
   * Opens the client. Throws when its version does not send through the agent it is given: its
   * calls would pass by the gate.
   */
  static async open(options: AlibabaSdkOptions): Promise<AlibabaSdk> {
    const sdk = new AlibabaSdk(options);
    const probe = new ProbeAgent(options.secure);
    const attempt = sdk.request(probe, { action: "Probe", version: "Probe", method: "POST" });
    await attempt.then(
      () => undefined,
      () => undefined,
    );
    if (probe.asked) return sdk;
    throw new Error("@alicloud/openapi-client no longer sends through httpx.request: pin 0.4.15");
  }

  private constructor(options: AlibabaSdkOptions) {
    this.#agents = agentsOfHttpx();
    this.#timeoutMs = options.timeoutMs;
    const { id, secret, token } = options.credentials;
    this.#client = new OpenApiClient(
      new Config({
        accessKeyId: id.reveal(),
        accessKeySecret: secret.reveal(),
        ...(token === null ? {} : { securityToken: token.reveal() }),
        regionId: options.region,
        endpoint: options.authority,
        protocol: options.secure ? "HTTPS" : "HTTP",
      }),
    );
  }

  readonly request: AlibabaRequest = async (agent, { action, version, method, query, form }) => {
    const params = new Params({
      action,
      version,
      method,
      protocol: "HTTPS",
      pathname: "/",
      authType: "AK",
      style: "RPC",
      reqBodyType: "formData",
      // The text itself: parsed by the SDK, int64 values would be rounded.
      bodyType: "string",
    });
    const request = new OpenApiRequest({
      ...(query === undefined ? {} : { query }),
      ...(form === undefined ? {} : { body: form }),
    });
    // The SDK's "connect" time-out is an idle time-out: it must not fire before the wire's.
    const runtime = new teaUtil.RuntimeOptions({
      autoretry: false,
      connectTimeout: this.#timeoutMs,
      readTimeout: this.#timeoutMs,
    });
    const answer: unknown = await this.#agents.run(agent, async () =>
      this.#client.callApi(params, request, runtime),
    );
    const { statusCode, body } = answer as { statusCode?: unknown; body?: unknown };
    return { status: Number(statusCode), text: typeof body === "string" ? body : "" };
  };
}

/** Notes that it was asked for a connection, and gives none. */
class ProbeAgent extends http.Agent {
  readonly protocol: string;
  asked = false;

  constructor(secure: boolean) {
    super();
    this.protocol = secure ? "https:" : "http:";
  }

  override createConnection(): never {
    this.asked = true;
    throw new Error("a probe opens no connection");
  }
}

type HttpxRequest = (url: string, options: object) => Promise<unknown>;

const AGENTS = Symbol.for("rerun-dispatcher.httpx-agents");

/** The storage that the wrapped `httpx.request` takes its agent from; wraps it the first time. */
function agentsOfHttpx(): AsyncLocalStorage<Agent> {
  // The very instance that the client's transport loads.
  const fromClient = createRequire(require.resolve("@alicloud/openapi-client"));
  const fromTransport = createRequire(fromClient.resolve("@alicloud/tea-typescript"));
  const httpx = fromTransport("httpx") as { request: HttpxRequest };
  const wrapped = httpx.request as HttpxRequest & { [AGENTS]?: AsyncLocalStorage<Agent> };
  if (wrapped[AGENTS] !== undefined) return wrapped[AGENTS];
  const agents = new AsyncLocalStorage<Agent>();
  const original = httpx.request;
  const request: HttpxRequest = async (url, options) => {
    const agent = agents.getStore();
    return original(url, agent === undefined ? options : { ...options, agent });
  };
  httpx.request = Object.assign(request, { [AGENTS]: agents });
  return agents;
}
