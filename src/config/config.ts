import type { GuardLimits } from "../domain/guard-limits.ts";
import type { TrackUntil } from "../domain/following.ts";
import type { OperationName, ProviderKind } from "../domain/operation.ts";
import type { Secret } from "../domain/secret.ts";

/**
 * A config that has been checked: what `parseConfig` returns. Durations are milliseconds.
 */
export interface Config {
  readonly kafka: KafkaConfig;
  readonly schemaRegistry: SchemaRegistryConfig;
  readonly providers: readonly ProviderConfig[];
  /** What endpoints may be besides the clouds' own hosts and loopback: host suffixes and CIDRs. */
  readonly endpoints: {
    readonly allow: readonly string[];
    readonly allowAddresses: readonly string[];
  };
  /**
   * For how long a requestId stays known. May be longer than a timer can wait: it is only compared
   * with the times of records.
   */
  readonly dedupe: { readonly windowMs: number };
  readonly claims: ClaimsConfig;
  readonly limits: { readonly targetsPerRequest: number };
  /** Who keeps the rate limits: all replicas together, or each for itself. */
  readonly throttle: { readonly scope: ThrottleScope };
  readonly intake: { readonly maxWaiting: number };
  readonly http: { readonly host: string; readonly port: number; readonly stallAfterMs: number };
  readonly drainTimeoutMs: number;
  readonly log: LogConfig;
}

export type ThrottleScope = "group" | "instance";

/** How long a claim holds. */
export interface ClaimsConfig {
  /** From before the claim is written until it is won, at the latest; then there is time to connect. */
  readonly callWithinMs: number;
  /** What others wait, past the time in which a claim's call must have ended, before they judge it. */
  readonly graceMs: number;
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
  /** Claims and what became of them. */
  readonly journal: string;
  /** Watermarks, and the summary of what the journal says of the past. */
  readonly checkpoints: string;
  /** The rate limits that all replicas share. */
  readonly slots: string;
  /** Operators' orders per lane, and what the lanes of all instances report. */
  readonly control: string;
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
  /** CIDRs that the endpoint's addresses may lie in besides public ones and loopback; absent: none. */
  readonly allowedAddresses?: readonly string[];
  /** PEM text of the authority that signs the endpoint's certificate; null: the system's. */
  readonly ca: string | null;
  readonly credentials: CredentialsConfig;
  readonly rateLimit: RateLimitConfig;
  readonly maxConcurrentCalls: number;
  readonly connectTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly retry: RetryConfig;
  /** Null: a failing provider is called on and on. */
  readonly breaker: BreakerConfig | null;
  readonly holdWindows: readonly HoldWindowConfig[];
  /** How often its targets may be run again; absent: as often as anybody asks. */
  readonly guards?: GuardLimits;
  /**
   * What becomes of an uncertain call that evidence shows as not executed: it is reported, or its
   * request is called again.
   */
  readonly uncertain: "report" | "retry-if-absent";
  readonly evidence: EvidenceConfig;
  readonly track: TrackConfig;
  readonly coalesce: CoalesceConfig;
}

/** How fast an account may be asked. */
export interface RateLimitConfig {
  /** Reruns of this connection. */
  readonly callsPerSecond: number;
  /** Lower limits of single operations. */
  readonly perOperation: Readonly<Partial<Record<OperationName, number>>>;
  /** Reads, of each read API for itself. */
  readonly readsPerSecond: number;
  /** Calls and reads together; null: not limited together. */
  readonly totalPerSecond: number | null;
  /** Calls and reads together in any 24 hours; null: not limited. */
  readonly callsPerDay: number | null;
  /** Another connection of the same account, whose limits count for both; null: its own. */
  readonly shareWith: string | null;
}

/** When a provider counts as failing, and how long it is left alone before it is tried. */
export interface BreakerConfig {
  /** Calls in a row that found nobody or got no answer that tells anything. */
  readonly failures: number;
  readonly openForMs: number;
}

/** A time at which nothing is called, again and again. */
export interface HoldWindowConfig {
  /** When it begins: a cron expression of five parts. */
  readonly cron: string;
  /** From its beginning on, in passed time. */
  readonly durationMs: number;
  /** In which the expression is read, by its name in the IANA database. */
  readonly timezone: string;
  readonly reason: string;
}

/** How the provider's state is read to learn whether an uncertain call ran. */
export interface EvidenceConfig {
  /** Read before a call: where it can tell something and costs no pace, always, or never. */
  readonly before: "auto" | "always" | "never";
  /** Readings after an uncertain call. */
  readonly reads: number;
  readonly intervalMs: number;
}

/** How a call that the provider took is followed. */
export interface TrackConfig {
  readonly until: TrackUntil;
  /** The usual time between two polls; the first ones come faster, late ones slower. */
  readonly intervalMs: number;
  /** Counted from the first poll's due time. */
  readonly timeoutMs: number;
}

/** How requests share calls. */
export interface CoalesceConfig {
  /** Distinct targets of requests that are joined in one call; 1: each request has its own. */
  readonly maxInstances: number;
}

/** Where a provider is reached. `http` only for loopback addresses. */
export interface Endpoint {
  readonly protocol: "https" | "http";
  readonly host: string;
  /** Null: the protocol's default. */
  readonly port: number | null;
}

/** Where the keys of a connection come from. */
export type CredentialsConfig = SourceCredentials | RoleCredentials;

/** Everything but a role: what may also be the source of one. */
export type SourceCredentials =
  | StaticCredentials
  | { readonly type: "default" | "env" | "instance-role" }
  | ProfileCredentials
  | OidcCredentials;

export interface StaticKeys {
  readonly id: Secret;
  readonly secret: Secret;
  readonly token: Secret | null;
}

export interface StaticCredentials extends StaticKeys {
  readonly type: "static";
  /**
   * Reads again what `${file:PATH}` references name. Throws an error fit for a log when a file
   * cannot be read or holds no such key. Null: no key comes from a file.
   */
  readonly reread: (() => StaticKeys) | null;
}

/** Null: where and what the vendor's own library reads by default. */
export interface ProfileCredentials {
  readonly type: "profile";
  /** Absolute path. */
  readonly file: string | null;
  readonly profile: string | null;
}

/** What the config leaves out has been taken from the vendor's environment variables. */
export interface OidcCredentials {
  readonly type: "oidc";
  readonly roleArn: string;
  /** Tencent's provider id, Alibaba's provider ARN. */
  readonly provider: string;
  /** Absolute path; read again for every exchange. */
  readonly tokenFile: string;
  readonly sessionName: string;
}

export interface RoleCredentials {
  readonly type: "role";
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId: string | null;
  readonly source: SourceCredentials;
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
