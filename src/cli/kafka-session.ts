import type { KafkaConfig } from "../config/config.ts";
import { createKafka, type Admin, type Kafka } from "../kafka/client.ts";
import { registerCodecs } from "../kafka/codecs.ts";
import type { Log } from "../observability/log.ts";
import { silentLog } from "../observability/silent-log.ts";
import { CommandFailed } from "./command-failed.ts";

/** Enough for a broker that restarts its listener, not more than a person waits. */
const RETRIES = 3;

export interface KafkaSession {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly log: Log;
}

/**
 * Runs `work` with a connection to the brokers. What kafkajs throws meanwhile, an unreachable
 * broker first of all, becomes a `CommandFailed` with the addresses and what to look at.
 */
export async function withKafka<T>(
  config: KafkaConfig,
  work: (session: KafkaSession) => Promise<T>,
): Promise<T> {
  registerCodecs();
  const kafka = createKafka(config, silentLog, RETRIES);
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work({ kafka, admin, log: silentLog });
  } catch (error) {
    if (error instanceof Error && error.name.startsWith("KafkaJS")) {
      throw new CommandFailed(explain(error, config), { cause: error });
    }
    throw error;
  } finally {
    await admin.disconnect();
  }
}

function explain(error: Error, { brokers, ssl, sasl }: KafkaConfig): string {
  const where = `Kafka at ${brokers.join(", ")}`;
  const names = chainOf(error).map(({ name }) => name);
  const security = `TLS ${ssl === null ? "off" : "on"}, SASL ${sasl?.mechanism ?? "off"}`;
  if (names.includes("KafkaJSSASLAuthenticationError")) {
    return `${where} refused the credentials: ${error.message}. Check kafka.sasl.`;
  }
  if (names.some((name) => name.startsWith("KafkaJSConnection"))) {
    const hint = /closed connection|ssl|tls|certificate/i.test(error.message)
      ? `The listener may want other security than the config has (${security}): check kafka.ssl and kafka.sasl.`
      : "Check kafka.brokers, and that a broker runs there.";
    return `Cannot reach ${where}: ${error.message}. ${hint}`;
  }
  if (error.message.includes("SASL")) {
    return `${where} does not speak the config's SASL: ${error.message}. Check kafka.sasl and the listener's port.`;
  }
  return `${where}: ${error.message}`;
}

/** Rejects with `CommandFailed` when there is no such topic, which kafkajs would not name. */
export async function requireTopic({ admin }: KafkaSession, topic: string): Promise<void> {
  if ((await admin.listTopics()).includes(topic)) return;
  throw new CommandFailed(`Topic ${topic} does not exist; \`topics --create\` creates it.`);
}

function chainOf(error: Error): readonly Error[] {
  return error.cause instanceof Error ? [error, ...chainOf(error.cause)] : [error];
}
