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

/** The wire's deadlines tell more than the SDKs', which therefore get this much on top. */
const SDK_TIMEOUT_EXTRA_MS = 60_000;

/** Opens the adapter of a configured provider connection, on a wire of its own. */
export async function openProvider(config: ProviderConfig): Promise<OpenProvider> {
  const { connectTimeoutMs, callTimeoutMs, endpoint, ca, credentials, region } = config;
  const secure = endpoint.protocol === "https";
  const wire = new SocketWire({ secure, ca, connectTimeoutMs, callTimeoutMs });
  const timeoutMs = connectTimeoutMs + callTimeoutMs + SDK_TIMEOUT_EXTRA_MS;
  const options = {
    wire,
    secure,
    authority: authorityOf(endpoint),
    region,
    credentials,
    timeoutMs,
  };
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
      return AlibabaDataWorks.open(options);
    case "alibaba-dms":
      // parseConfig refuses this kind with its explanation.
      throw new Error("alibaba-dms is not built yet");
  }
}
