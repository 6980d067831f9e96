import kafkajs, { type Kafka, type LogEntry, type SASLOptions } from "kafkajs";

import type { KafkaConfig, SaslConfig, TlsConfig } from "../config/config.ts";
import { assertNever } from "../domain/assert-never.ts";
import type { Log } from "../observability/log.ts";

// Only src/kafka may import kafkajs; these are the types that others need beside it.
export type { Admin, Consumer, Kafka, Producer } from "kafkajs";

/**
 * A client of the configured brokers. It opens no connection by itself, and every consumer,
 * producer and admin made from it has connections of its own.
 *
 * kafkajs' own log lines come out of `log` as `kafkajs.<Namespace>`, its debug lines dropped.
 * `retries`: how often one connection or request is tried again before it fails; a command that
 * somebody waits for wants few.
 */
export function createKafka(config: KafkaConfig, log: Log, retries = 12): Kafka {
  return new kafkajs.Kafka({
    brokers: [...config.brokers],
    clientId: config.clientId,
    // kafkajs' one second would have to cover TCP and TLS together.
    connectionTimeout: config.connectionTimeoutMs,
    authenticationTimeout: 20_000,
    requestTimeout: config.requestTimeoutMs,
    // kafkajs' own cap of 30 s makes it sleep through the return of a broker.
    retry: { initialRetryTime: 200, maxRetryTime: 1_000, retries },
    ...(config.ssl === null ? {} : { ssl: tlsOptions(config.ssl) }),
    ...(config.sasl === null ? {} : { sasl: saslOptions(config.sasl) }),
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => (entry) => writeEntry(log, entry),
  });
}

function tlsOptions({ ca, cert, key }: TlsConfig) {
  return {
    ...(ca === null ? {} : { ca: [ca] }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key: key.reveal() }),
  };
}

function saslOptions(sasl: SaslConfig): SASLOptions {
  switch (sasl.mechanism) {
    case "plain":
    case "scram-sha-256":
    case "scram-sha-512":
      return {
        mechanism: sasl.mechanism,
        username: sasl.username,
        password: sasl.password.reveal(),
      };
    case "oauthbearer":
      return {
        mechanism: "oauthbearer",
        oauthBearerProvider: async () => Promise.resolve({ value: sasl.token.reveal() }),
      };
    default:
      return assertNever(sasl);
  }
}

function writeEntry(log: Log, { namespace, level, log: content }: LogEntry): void {
  const own = new Set(["timestamp", "logger"]);
  const fields = Object.fromEntries(Object.entries(content).filter(([name]) => !own.has(name)));
  const event = `kafkajs.${namespace === "" ? "Client" : namespace}`;
  if (level === kafkajs.logLevel.ERROR) log.error(event, fields);
  else if (level === kafkajs.logLevel.WARN) log.warn(event, fields);
  else log.info(event, fields);
}
