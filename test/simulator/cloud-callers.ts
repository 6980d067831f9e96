import { Agent } from "node:https";
import { createRequire } from "node:module";

import type OpenApi from "@alicloud/openapi-client";
import { RuntimeOptions } from "@alicloud/tea-util";
import { isSafeNumber, parse } from "lossless-json";
import { v20210820 } from "tencentcloud-sdk-nodejs/tencentcloud/services/wedata/v20210820/index.js";
import { v20250806 } from "tencentcloud-sdk-nodejs/tencentcloud/services/wedata/v20250806/index.js";

import { type Simulator } from "../../dev/simulator/simulator.ts";

// `import` gives a different "default" under Node than under vitest; `require` is the same in both.
const openApi = createRequire(import.meta.url)("@alicloud/openapi-client") as typeof OpenApi;
const { default: OpenApiClient, Config, OpenApiRequest, Params } = openApi;

export interface TestKey {
  readonly id: string;
  readonly secret: string;
  readonly token?: string;
}

const testKey: TestKey = { id: "test-id", secret: "test-secret" };
export const tencentKey = { cloud: "tencent", ...testKey } as const;
export const alibabaKey = { cloud: "alibaba", ...testKey } as const;

export interface TencentClientOptions {
  readonly tls?: boolean;
  readonly key?: TestKey;
  readonly host?: string;
  readonly reqTimeoutS?: number;
}

/** Tencent's own generated client of 2025-08-06, over the simulator's plain or TLS port. */
export function tencentClient(simulator: Simulator, options: TencentClientOptions = {}) {
  return new v20250806.Client(clientConfig(simulator, options));
}

/** The same for 2021-08-20. */
export function tencentClient2021(simulator: Simulator, options: TencentClientOptions = {}) {
  return new v20210820.Client(clientConfig(simulator, options));
}

function clientConfig(
  simulator: Simulator,
  { tls = false, key = testKey, host = "", reqTimeoutS = 5 }: TencentClientOptions,
) {
  const url = new URL(tls ? simulator.tencentTlsUrl : simulator.tencentUrl);
  return {
    credential: {
      secretId: key.id,
      secretKey: key.secret,
      ...(key.token ? { token: key.token } : {}),
    },
    region: "ap-test",
    profile: {
      httpProfile: {
        endpoint: host ? `${host}:${url.port}` : url.host,
        protocol: url.protocol + "//",
        reqTimeout: reqTimeoutS,
        // The SDK's type says http.Agent; node-fetch takes either.
        ...(tls ? { agent: new Agent({ keepAlive: false, ca: simulator.caPem }) } : {}),
      },
    },
  };
}

export interface AlibabaCall {
  readonly action: string;
  readonly version?: string;
  readonly method?: "GET" | "POST";
  readonly query?: Record<string, string>;
  readonly body?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  readonly key?: TestKey;
  readonly tls?: boolean;
}

/** Calls through Alibaba's own generic client and gives back the text of a successful answer. */
export async function callAlibaba(simulator: Simulator, call: AlibabaCall): Promise<string> {
  const { key = testKey, tls = false } = call;
  const url = new URL(tls ? simulator.alibabaTlsUrl : simulator.alibabaUrl);
  const config = new Config({
    accessKeyId: key.id,
    accessKeySecret: key.secret,
    ...(key.token === undefined ? {} : { securityToken: key.token }),
    endpoint: url.host,
    protocol: url.protocol.slice(0, -1),
    ...(tls ? { ca: simulator.caPem } : {}),
  });
  const client = new OpenApiClient(config);
  const params = new Params({
    action: call.action,
    version: call.version ?? "2024-05-18",
    method: call.method ?? "POST",
    protocol: "HTTPS",
    pathname: "/",
    authType: "AK",
    style: "RPC",
    reqBodyType: "formData",
    bodyType: "string",
  });
  const request = new OpenApiRequest({
    // A connection for each call: the client's timers outlive a call on a kept-alive one.
    headers: { connection: "close", ...call.headers },
    ...(call.query === undefined ? {} : { query: call.query }),
    ...(call.body === undefined ? {} : { body: call.body }),
  });
  const runtime = new RuntimeOptions({ readTimeout: 5000, connectTimeout: 6000 });
  const answer = (await client.callApi(params, request, runtime)) as { body: string };
  return answer.body;
}

/** Reruns instances of DataWorks; ids are decimal text, as they travel. */
export async function rerunDataworks(
  simulator: Simulator,
  ids: readonly string[],
  extra: Omit<AlibabaCall, "action"> = {},
): Promise<string> {
  const body = { Ids: `[${ids.join(",")}]`, ...extra.body };
  return callAlibaba(simulator, { ...extra, action: "RerunTaskInstances", body });
}

/** Calls an action of DMS, whose parameters all stand in the query of a POST. */
export async function callDms(
  simulator: Simulator,
  action: string,
  query: Record<string, string>,
  extra: Partial<AlibabaCall> = {},
): Promise<string> {
  return callAlibaba(simulator, { action, version: "2018-11-01", query, ...extra });
}

/** Parses what Alibaba answered, bare int64 numbers as the decimal text that they were. */
export function parseExactly(text: string): unknown {
  return parse(text, null, (digits) => (isSafeNumber(digits) ? Number(digits) : digits));
}
