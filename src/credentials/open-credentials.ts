import type { CredentialsConfig } from "../config/config.ts";
import type { ProviderKind } from "../domain/operation.ts";
import { alibabaOrigins } from "./alibaba.ts";
import type { CredentialSource } from "../domain/credentials.ts";
import { type CredentialOptions, staticSource } from "./credential-source.ts";
import type { Origin, Origins } from "./origin.ts";
import { RenewedSource } from "./renewed-source.ts";
import { rereadSource } from "./reread-source.ts";
import { tencentOrigins } from "./tencent.ts";

/** Opens the source of one connection's keys. Asks nobody yet: the first `keys` does. */
export function openCredentials(
  config: CredentialsConfig,
  kind: ProviderKind,
  options: CredentialOptions,
): CredentialSource {
  if (config.type === "static") {
    const { reread, ...keys } = config;
    return reread === null ? staticSource(keys) : rereadSource({ ...config, reread }, options);
  }
  const origins = kind === "tencent-wedata" ? tencentOrigins(options) : alibabaOrigins(options);
  return new RenewedSource(originFor(config, kind, origins, options), options);
}

function originFor(
  config: Exclude<CredentialsConfig, { readonly type: "static" }>,
  kind: ProviderKind,
  origins: Origins,
  options: CredentialOptions,
): Origin {
  switch (config.type) {
    case "default":
      return origins.chain();
    case "env":
      return origins.environment();
    case "instance-role":
      return origins.instanceRole();
    case "profile":
      return origins.profile(config);
    case "oidc":
      return origins.oidc(config);
    case "role":
      return origins.role(config, openCredentials(config.source, kind, options));
  }
}
