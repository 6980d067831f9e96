import type { ProviderKind } from "../domain/operation.ts";
import type { Secret } from "../domain/secret.ts";

/**
 * A config that has been checked: what `parseConfig` returns. Durations are milliseconds.
 *
 * Only what this version does is in here. The contract's remaining keys are known to the parser,
 * which refuses a file that asks for more than their off value.
 */
export interface Config {
  readonly kafka: KafkaConfig;
  readonly schemaRegistry: SchemaRegistryConfig;
  readonly providers: readonly ProviderConfig[];
  readonly limits: { readonly targetsPerRequest: number };
  readonly intake: { readonly maxWaiting: number };
  readonly http: { readonly host: string; readonly port: number; readonly stallAfterMs: number };
  readonly drainTimeoutMs: number;
  readonly log: LogConfig;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

export interface LogConfig {
  readonly level: LogLevel;
  readonly format: "json" | "pretty";
}

export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly groupId: string;
  /** Null: plain text. Otherwise the contents of the files that the config names, as PEM. */
  readonly ssl: TlsConfig | null;
  readonly sasl: SaslConfig | null;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly requestTimeoutMs: number;
  readonly connectionTimeoutMs: number;
  readonly topics: TopicNames;
}

export interface TopicNames {
  readonly requests: string;
  readonly outcomes: string;
  readonly deadLetters: string;
}

/** PEM texts; null where the system's defaults apply. */
export interface TlsConfig {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: Secret | null;
}

export type SaslConfig =
  | {
      readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
      readonly username: string;
      readonly password: Secret;
    }
  | { readonly mechanism: "oauthbearer"; readonly token: Secret };

export interface SchemaRegistryConfig {
  readonly url: string;
  readonly username: string | null;
  readonly password: Secret | null;
  readonly timeoutMs: number;
  /** PEM text of the authority that signs the registry's certificate; null: the system's. */
  readonly ca: string | null;
}

export interface ProviderConfig {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly region: string;
  readonly endpoint: Endpoint;
  /** PEM text of the authority that signs the endpoint's certificate; null: the system's. */
  readonly ca: string | null;
  readonly credentials: StaticCredentials;
  readonly rateLimit: { readonly callsPerSecond: number; readonly readsPerSecond: number };
  readonly maxConcurrentCalls: number;
  readonly connectTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly retry: RetryConfig;
  readonly track: { readonly intervalMs: number; readonly timeoutMs: number };
}

/** Where a provider is reached. `http` only for loopback addresses. */
export interface Endpoint {
  readonly protocol: "https" | "http";
  readonly host: string;
  /** Null: the protocol's default. */
  readonly port: number | null;
}

export interface StaticCredentials {
  readonly type: "static";
  readonly id: Secret;
  readonly secret: Secret;
  readonly token: Secret | null;
}

export interface RetryConfig {
  /** Calls of one request that surely did not execute, the first included. */
  readonly maxAttempts: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** `host` or `host:port`, as Host headers and the vendors' SDKs spell an endpoint. */
export function authorityOf(endpoint: Endpoint): string {
  return endpoint.port === null ? endpoint.host : `${endpoint.host}:${endpoint.port}`;
}
