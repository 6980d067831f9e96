import type { Agent } from "node:http";
// The per-product package is not published where this project installs from; the umbrella carries
// the same generated clients, and its deep imports load in a tenth of the time (docs/decisions/0003).
import wedata2021 from "tencentcloud-sdk-nodejs/tencentcloud/services/wedata/v20210820/index.js";
import wedata2025 from "tencentcloud-sdk-nodejs/tencentcloud/services/wedata/v20250806/index.js";
import type { Keys } from "../../domain/credentials.ts";

export interface WedataOptions {
  readonly secure: boolean;
  /** `host` or `host:port`. */
  readonly authority: string;
  readonly region: string;
}

/** One action of one version of the API; the versions share names, `GetTaskInstance` for example. */
export interface WedataAction {
  readonly version: "2021-08-20" | "2025-08-06";
  readonly action: string;
  readonly parameters: object;
}

/**
 * Sends one action through `agent`, signed with `keys`; resolves with the content of `Response`.
 * Numbers of an answer that a double cannot hold are rounded: ids are strings in this API.
 */
export type WedataRequest = (agent: Agent, keys: Keys, request: WedataAction) => Promise<unknown>;

const CLIENTS = {
  "2021-08-20": wedata2021.v20210820.Client,
  "2025-08-06": wedata2025.v20250806.Client,
} as const;

/**
 * Tencent's own WeData clients. They never retry; with an agent they ignore proxy variables. They
 * have no time-out of their own: the wire's deadlines tell more, and their timer for the body would
 * go on, and keep the process alive, after a broken answer (node-fetch 2, `consumeBody`).
 */
export function openWedata({ secure, authority, region }: WedataOptions): WedataRequest {
  return async (agent, { id, secret, token }, { version, action, parameters }) => {
    const client = new CLIENTS[version]({
      credential: {
        secretId: id.reveal(),
        secretKey: secret.reveal(),
        ...(token === null ? {} : { token: token.reveal() }),
      },
      region,
      profile: {
        signMethod: "TC3-HMAC-SHA256",
        httpProfile: {
          protocol: secure ? "https://" : "http://",
          endpoint: authority,
          reqTimeout: 0,
          agent,
        },
      },
    });
    return client.request(action, parameters) as Promise<unknown>;
  };
}
