import { authorityOf, type ProviderConfig } from "../config/config.ts";
import type { CredentialSource } from "../domain/credentials.ts";
import { openCredentials } from "../credentials/open-credentials.ts";
import type { Provider } from "../domain/provider.ts";
import { SocketWire } from "../wire/socket-wire.ts";
import { AlibabaDataWorks } from "./alibaba-dataworks/adapter.ts";
import { AlibabaDms } from "./alibaba-dms/adapter.ts";
import { endOfAlibabaFailure } from "./alibaba-failure.ts";
import { AlibabaSdk } from "./alibaba-sdk.ts";
import { Asker } from "./ask.ts";
import { discreet } from "./discreet.ts";
import { TencentWedata } from "./tencent-wedata/adapter.ts";
import { endOfWedataFailure } from "./tencent-wedata/failure.ts";
import { openWedata } from "./tencent-wedata/sdk.ts";

/** A provider connection that can be called, and what closes it. */
export interface OpenProvider {
  readonly config: ProviderConfig;
  readonly provider: Provider;
  close(): void;
}

/**
 * The wire's deadlines tell more than the SDK's, which therefore gets this much on top. Not more: its
 * timer outlives every call, and holds on to the call's socket as long.
 */
const SDK_TIMEOUT_EXTRA_MS = 5000;

export interface OpenProviderOptions {
  /** Hears what is wrong with the connection's credentials while older ones still serve. */
  readonly onCredentialTrouble?: (message: string) => void;
}

/**
 * Opens the adapter of a configured provider connection, on a wire of its own. It never passes the
 * connection's secrets on. Rejects when a vendor's client does not send through the wire.
 */
export async function openProvider(
  config: ProviderConfig,
  { onCredentialTrouble }: OpenProviderOptions = {},
): Promise<OpenProvider> {
  const { connectTimeoutMs, callTimeoutMs, endpoint, ca, allowedAddresses = [] } = config;
  const secure = endpoint.protocol === "https";
  const wire = new SocketWire({ secure, ca, allowedAddresses, connectTimeoutMs, callTimeoutMs });
  const credentials = openCredentials(config.credentials, config.kind, {
    region: config.region,
    host: endpoint.host,
    now: () => performance.now(),
    epoch: () => Date.now(),
    ...(onCredentialTrouble === undefined ? {} : { onTrouble: onCredentialTrouble }),
  });
  const provider = await adapterOf(config, wire, credentials);
  return {
    config,
    provider: discreet(provider, () => credentials.secrets()),
    close: () => wire.close(),
  };
}

async function adapterOf(
  config: ProviderConfig,
  wire: SocketWire,
  credentials: CredentialSource,
): Promise<Provider> {
  const { kind, endpoint, region, callTimeoutMs } = config;
  const secure = endpoint.protocol === "https";
  const authority = authorityOf(endpoint);
  if (kind === "tencent-wedata") {
    const asker = new Asker({ wire, credentials, endOfFailure: endOfWedataFailure });
    return new TencentWedata({ asker, request: openWedata({ secure, authority, region }) });
  }
  const asker = new Asker({ wire, credentials, endOfFailure: endOfAlibabaFailure });
  // Counted, like the wire's, from the moment at which the SDK gets its connection.
  const timeoutMs = callTimeoutMs + SDK_TIMEOUT_EXTRA_MS;
  const sdk = await AlibabaSdk.open({ secure, authority, region, timeoutMs });
  return kind === "alibaba-dataworks"
    ? new AlibabaDataWorks({ asker, sdk })
    : new AlibabaDms({ asker, sdk });
}
