import type { Agent } from "node:http";
// The per-product package is not published where this project installs from; the umbrella carries
// the same generated client, and its deep import loads in a tenth of the time (docs/decisions/0003).
import wedata from "tencentcloud-sdk-nodejs/tencentcloud/services/wedata/v20250806/index.js";
import type { Secret } from "../../domain/secret.ts";

export interface WedataOptions {
  readonly secure: boolean;
  /** `host` or `host:port`. */
  readonly authority: string;
  readonly region: string;
  readonly credentials: {
    readonly id: Secret;
    readonly secret: Secret;
    readonly token: Secret | null;
  };
}

/** Sends one action through `agent`; resolves with the content of `Response`. */
export type WedataRequest = (agent: Agent, action: string, parameters: object) => Promise<unknown>;

/**
 * Tencent's own WeData client. It never retries; with an agent it ignores proxy variables. It has no
 * time-out of its own: the wire's deadlines tell more, and its timer for the body would go on, and
 * keep the process alive, after a broken answer (node-fetch 2, `consumeBody`).
 */
export function openWedata(options: WedataOptions): WedataRequest {
  const { id, secret, token } = options.credentials;
  const credential = {
    secretId: id.reveal(),
    secretKey: secret.reveal(),
    ...(token === null ? {} : { token: token.reveal() }),
  };
  return async (agent, action, parameters) => {
    const client = new wedata.v20250806.Client({
      credential,
      region: options.region,
      profile: {
        signMethod: "TC3-HMAC-SHA256",
        httpProfile: {
          protocol: options.secure ? "https://" : "http://",
          endpoint: options.authority,
          reqTimeout: 0,
          agent,
        },
      },
    });
    return client.request(action, parameters) as Promise<unknown>;
  };
}
