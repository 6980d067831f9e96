import { Document } from "yaml";
import type {
  BreakerConfig,
  Config,
  Endpoint,
  KafkaConfig,
  ProviderConfig,
  RateLimitConfig,
  SaslConfig,
  TlsConfig,
} from "./config.ts";
import { authorityOf } from "./config.ts";
import { describeCredentials } from "./describe-credentials.ts";
import type { GuardLimits } from "../domain/guard-limits.ts";
import { NO_GUARDS } from "./read-guards.ts";
import { formatDuration } from "./duration.ts";

const REDACTED = "[redacted]";

/**
 * The config in effect as YAML, in the contract's key names and with every default written out, for
 * `rerun-dispatcher check`. Secrets are `[redacted]`; of files it says that they were read.
 */
export function describeConfig(config: Config): string {
  const document = new Document({
    kafka: describeKafka(config.kafka),
    schemaRegistry: {
      url: config.schemaRegistry.url,
      username: config.schemaRegistry.username,
      password: redacted(config.schemaRegistry.password),
      timeout: formatDuration(config.schemaRegistry.timeoutMs),
      caFile: fileRead(config.schemaRegistry.ca),
    },
    providers: config.providers.map(describeProvider),
    endpoints: config.endpoints,
    dedupe: { window: formatDuration(config.dedupe.windowMs) },
    claims: {
      callWithin: formatDuration(config.claims.callWithinMs),
      grace: formatDuration(config.claims.graceMs),
    },
    limits: config.limits,
    throttle: config.throttle,
    intake: config.intake,
    http: {
      host: config.http.host,
      port: config.http.port,
      stallAfter: formatDuration(config.http.stallAfterMs),
    },
    drainTimeout: formatDuration(config.drainTimeoutMs),
    log: config.log,
  });
  return document.toString({ lineWidth: 0 });
}

function describeKafka(kafka: KafkaConfig): object {
  return {
    brokers: kafka.brokers,
    clientId: kafka.clientId,
    groupId: kafka.groupId,
    ssl: describeSsl(kafka.ssl),
    sasl: describeSasl(kafka.sasl),
    sessionTimeout: formatDuration(kafka.sessionTimeoutMs),
    heartbeatInterval: formatDuration(kafka.heartbeatIntervalMs),
    requestTimeout: formatDuration(kafka.requestTimeoutMs),
    connectionTimeout: formatDuration(kafka.connectionTimeoutMs),
    topics: kafka.topics,
  };
}

function describeSsl(ssl: TlsConfig | null): object | boolean {
  if (ssl === null) return false;
  if (ssl.ca === null && ssl.cert === null && ssl.key === null) return true;
  return { caFile: fileRead(ssl.ca), certFile: fileRead(ssl.cert), keyFile: redacted(ssl.key) };
}

function describeSasl(sasl: SaslConfig | null): object | null {
  if (sasl === null) return null;
  const { mechanism } = sasl;
  return mechanism === "oauthbearer"
    ? { mechanism, token: REDACTED }
    : { mechanism, username: sasl.username, password: REDACTED };
}

function describeProvider(provider: ProviderConfig): object {
  return {
    name: provider.name,
    kind: provider.kind,
    region: provider.region,
    endpoint: urlOf(provider.endpoint),
    caFile: fileRead(provider.ca),
    credentials: describeCredentials(provider.credentials, provider.kind !== "tencent-wedata"),
    rateLimit: describeRateLimit(provider.rateLimit),
    maxConcurrentCalls: provider.maxConcurrentCalls,
    connectTimeout: formatDuration(provider.connectTimeoutMs),
    callTimeout: formatDuration(provider.callTimeoutMs),
    retry: {
      maxAttempts: provider.retry.maxAttempts,
      firstDelay: formatDuration(provider.retry.firstDelayMs),
      maxDelay: formatDuration(provider.retry.maxDelayMs),
    },
    coalesce: provider.coalesce,
    breaker: describeBreaker(provider.breaker),
    holdWindows: provider.holdWindows.map(({ cron, durationMs, timezone, reason }) => {
      return { cron, duration: formatDuration(durationMs), timezone, reason };
    }),
    guards: describeGuards(provider.guards ?? NO_GUARDS),
    uncertain: provider.uncertain,
    evidence: {
      before: provider.evidence.before,
      reads: provider.evidence.reads,
      interval: formatDuration(provider.evidence.intervalMs),
    },
    track: {
      until: provider.track.until,
      interval: formatDuration(provider.track.intervalMs),
      timeout: formatDuration(provider.track.timeoutMs),
    },
  };
}

function describeBreaker(breaker: BreakerConfig | null): object | null {
  if (breaker === null) return null;
  return { failures: breaker.failures, openFor: formatDuration(breaker.openForMs) };
}

function describeGuards({ budget, coolDownMs, maxChain }: GuardLimits): object {
  return {
    budget: budget && { reruns: budget.reruns, per: formatDuration(budget.perMs) },
    coolDown: coolDownMs === null ? null : formatDuration(coolDownMs),
    maxChain,
  };
}

/** Of a connection that shares limits the others are without effect, and refused in a file. */
function describeRateLimit(rateLimit: RateLimitConfig): object {
  return rateLimit.shareWith === null ? rateLimit : { shareWith: rateLimit.shareWith };
}

function urlOf(endpoint: Endpoint): string {
  return `${endpoint.protocol}://${authorityOf(endpoint)}`;
}

function redacted(secret: object | null): string | null {
  return secret === null ? null : REDACTED;
}

function fileRead(contents: string | null): string | null {
  return contents === null ? null : "[read]";
}
