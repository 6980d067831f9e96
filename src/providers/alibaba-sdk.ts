import { AsyncLocalStorage } from "node:async_hooks";
import http, { type Agent } from "node:http";
import { createRequire } from "node:module";
import type OpenApi from "@alicloud/openapi-client";
import type TeaUtil from "@alicloud/tea-util";
import type { Keys } from "../domain/credentials.ts";
import { Secret } from "../domain/secret.ts";

export interface AlibabaSdkOptions {
  readonly secure: boolean;
  /** `host` or `host:port`. */
  readonly authority: string;
  readonly region: string;
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
  /** Signed in place of the SDK's random one; the gateway refuses one that it has seen. */
  readonly nonce?: string;
}

/** The answer as text, so that int64 values survive, and its HTTP status. */
export interface AlibabaAnswer {
  readonly status: number;
  readonly text: string;
}

// CommonJS with a `default` of its own: loaders disagree about what `import` makes of that, and
// `require` does not. Its types call the whole module the default export.
const require = createRequire(import.meta.url);
const openApi = require("@alicloud/openapi-client") as typeof OpenApi;
const teaUtil = require("@alicloud/tea-util") as typeof TeaUtil;
const { default: OpenApiClient, Config, OpenApiRequest, Params } = openApi;

/** Keys of nobody, for the probe that never leaves. */
const NO_KEYS: Keys = { id: new Secret("probe"), secret: new Secret("probe"), token: null };

/**
 * Alibaba's generic OpenAPI client, which calls every product's actions.
 *
 * It takes no agent, but sends through `httpx.request`, found at call time: that function is wrapped
 * so that inside of a call it gets ours. `open` proves that the wrapping is in effect.
 */
export class AlibabaSdk {
  readonly #agents: AsyncLocalStorage<Agent>;
  readonly #options: AlibabaSdkOptions;

  /**
   * Opens the client. Rejects when its version does not send through the agent it is given: its
   * calls would pass by the gate.
   */
  static async open(options: AlibabaSdkOptions): Promise<AlibabaSdk> {
    const sdk = new AlibabaSdk(options);
    const probe = new ProbeAgent(options.secure);
    const action = { action: "Probe", version: "Probe", method: "POST" } as const;
    await sdk.request(probe, NO_KEYS, action).then(
      () => undefined,
      () => undefined,
    );
    if (probe.asked) return sdk;
    throw new Error("@alicloud/openapi-client no longer sends through httpx.request: pin 0.4.15");
  }

  private constructor(options: AlibabaSdkOptions) {
    this.#agents = agentsOfHttpx();
    this.#options = options;
  }

  /**
   * Sends one action through `agent`, signed with `keys`. Rejects with the SDK's errors.
   *
   * The client is made for the call, which takes microseconds: keys change, and the vendor's own
   * credential chain must have no say in them.
   */
  async request(agent: Agent, keys: Keys, action: AlibabaAction): Promise<AlibabaAnswer> {
    const client = this.#clientFor(keys);
    const answer: unknown = await this.#agents.run(agent, async () =>
      client.callApi(paramsOf(action), requestOf(action), this.#runtime()),
    );
    const { statusCode, body } = answer as { statusCode?: unknown; body?: unknown };
    return { status: Number(statusCode), text: typeof body === "string" ? body : "" };
  }

  #clientFor({ id, secret, token }: Keys): InstanceType<typeof OpenApiClient> {
    const { region, authority, secure } = this.#options;
    return new OpenApiClient(
      new Config({
        accessKeyId: id.reveal(),
        accessKeySecret: secret.reveal(),
        ...(token === null ? {} : { securityToken: token.reveal() }),
        regionId: region,
        endpoint: authority,
        protocol: secure ? "HTTPS" : "HTTP",
      }),
    );
  }

  /** The SDK's "connect" time-out is an idle time-out: it must not fire before the wire's. */
  #runtime(): InstanceType<typeof teaUtil.RuntimeOptions> {
    const { timeoutMs } = this.#options;
    const timeouts = { connectTimeout: timeoutMs, readTimeout: timeoutMs };
    return new teaUtil.RuntimeOptions({ autoretry: false, ...timeouts });
  }
}

function paramsOf({ action, version, method }: AlibabaAction): InstanceType<typeof Params> {
  return new Params({
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
}

function requestOf({ query, form, nonce }: AlibabaAction): InstanceType<typeof OpenApiRequest> {
  return new OpenApiRequest({
    ...(query === undefined ? {} : { query }),
    ...(form === undefined ? {} : { body: form }),
    ...(nonce === undefined ? {} : { headers: { "x-acs-signature-nonce": nonce } }),
  });
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
