import { authorityOf, type ProviderConfig } from "../config/config.ts";
import type { Provider } from "../domain/provider.ts";
import { SocketWire } from "../wire/socket-wire.ts";
import { AlibabaDataWorks } from "./alibaba-dataworks/adapter.ts";
import { TencentWedata } from "./tencent-wedata/adapter.ts";

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

/** Opens the adapter of a configured provider connection, on a wire of its own. */
export async function openProvider(config: ProviderConfig): Promise<OpenProvider> {
  const { connectTimeoutMs, callTimeoutMs, endpoint, ca, credentials, region } = config;
  const secure = endpoint.protocol === "https";
  const wire = new SocketWire({ secure, ca, connectTimeoutMs, callTimeoutMs });
  const options = { wire, secure, authority: authorityOf(endpoint), region, credentials };
  return { config, provider: await adapterOf(config, options), close: () => wire.close() };
}

async function adapterOf(
  config: ProviderConfig,
  options: ConstructorParameters<typeof TencentWedata>[0],
): Promise<Provider> {
  switch (config.kind) {
    case "tencent-wedata":
      return new TencentWedata(options);
    case "alibaba-dataworks":
      // Counted, like the wire's, from the moment at which the SDK gets its connection.
      return AlibabaDataWorks.open({
        ...options,
        timeoutMs: config.callTimeoutMs + SDK_TIMEOUT_EXTRA_MS,
      });
    case "alibaba-dms":
      // parseConfig refuses this kind with its explanation.
      throw new Error("alibaba-dms is not built yet");
  }
}
