import type { KafkaConfig, SaslConfig, TlsConfig, TopicNames } from "./config.ts";
import { booleanOf, isMissing } from "./config-value.ts";
import { type ReadingContext, readPem, readPemKey } from "./read-pem.ts";
import type { Section } from "./section.ts";

const BROKER =
  /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;
const NAME = "text of 1 to 200 characters without blanks";

/** Keys of the `kafka` section. */
export const KAFKA_KEYS = [
  "brokers",
  "clientId",
  "groupId",
  "ssl",
  "sasl",
  "sessionTimeout",
  "heartbeatInterval",
  "requestTimeout",
  "connectionTimeout",
  "topics",
] as const;

/** Reads the `kafka` section. */
export function readKafka(kafka: Section, context: ReadingContext): KafkaConfig {
  const named = { expected: NAME, matches: /^\S{1,200}$/, default: "rerun-dispatcher" };
  const ssl = readSsl(kafka, context);
  const sasl = readSasl(kafka, context);
  if (sasl?.mechanism === "plain" && ssl === null) {
    context.findings.warn(
      "kafka.sasl",
      "the password goes over the network in the clear: ssl is off",
    );
  }
  return {
    brokers: readBrokers(kafka),
    clientId: kafka.text("clientId", named),
    groupId: kafka.text("groupId", named),
    ssl,
    sasl,
    ...readTimes(kafka),
    topics: readTopics(kafka.section("topics", TOPIC_KEYS)),
  };
}

function readBrokers(kafka: Section): readonly string[] {
  const { value } = kafka.place("brokers");
  if (value === undefined) return ["localhost:9092"];
  const expectedList = "a list of brokers such as [localhost:9092]";
  const expected = "host:port of a broker";
  const brokers = kafka.texts("brokers", { expected, expectedList, matches: BROKER });
  const isEmptyList = value.kind === "list" || (value.kind === "scalar" && value.value === null);
  if (brokers.length === 0 && isEmptyList && !isMissing(value)) {
    kafka.refuse("brokers", expectedList);
  }
  return brokers;
}

function readTimes(
  kafka: Section,
): Pick<
  KafkaConfig,
  "sessionTimeoutMs" | "heartbeatIntervalMs" | "requestTimeoutMs" | "connectionTimeoutMs"
> {
  // Brokers refuse sessions outside of their own bounds, which are these unless configured.
  const session = { default: 45_000, min: 6000, max: 1_800_000 };
  const sessionTimeoutMs = kafka.duration("sessionTimeout", session);
  const calm = Math.min(3000, Math.floor(sessionTimeoutMs / 5));
  const heartbeat = { default: calm, min: 100, max: 600_000 };
  const heartbeatIntervalMs = kafka.duration("heartbeatInterval", heartbeat);
  kafka.relate(
    "heartbeatInterval",
    heartbeatIntervalMs < sessionTimeoutMs / 3,
    ["sessionTimeout"],
    `less than a third of sessionTimeout (${kafka.shown("sessionTimeout")}): one late heartbeat must not cost the partitions`,
  );
  const waiting = { min: 100, max: 300_000 };
  return {
    sessionTimeoutMs,
    heartbeatIntervalMs,
    requestTimeoutMs: kafka.duration("requestTimeout", { default: 30_000, ...waiting }),
    connectionTimeoutMs: kafka.duration("connectionTimeout", { default: 10_000, ...waiting }),
  };
}

const DEFAULT_TOPICS: TopicNames = {
  requests: "rerun.requests",
  outcomes: "rerun.outcomes",
  deadLetters: "rerun.dead-letters",
  journal: "rerun.journal",
  checkpoints: "rerun.checkpoints",
  slots: "rerun.slots",
  control: "rerun.control",
};

const TOPIC_KEYS = [
  "requests",
  "outcomes",
  "deadLetters",
  "journal",
  "checkpoints",
  "slots",
  "control",
] as const satisfies readonly (keyof TopicNames)[];

function readTopics(topics: Section): TopicNames {
  const nameOf = (key: keyof TopicNames) =>
    topics.text(key, {
      expected: "a topic name: 1 to 249 characters of A-Za-z0-9._-, neither . nor ..",
      matches: /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
      default: DEFAULT_TOPICS[key],
    });
  const names = {
    requests: nameOf("requests"),
    outcomes: nameOf("outcomes"),
    deadLetters: nameOf("deadLetters"),
    journal: nameOf("journal"),
    checkpoints: nameOf("checkpoints"),
    slots: nameOf("slots"),
    control: nameOf("control"),
  };
  refuseTwins(topics, names);
  return names;
}

const NO_LOOP = "so that we do not read what we write";
const OWN_POLICY = "since no other topic is kept for as long as it must be";

/** Each topic is another one than those before it. */
function refuseTwins(topics: Section, names: TopicNames): void {
  TOPIC_KEYS.forEach((key, index) => {
    const others = TOPIC_KEYS.slice(0, index);
    const isAnother = others.every((other) => names[other] !== names[key]);
    const isOurs = ["journal", "checkpoints", "slots", "control"].includes(key);
    const because = isOurs ? OWN_POLICY : NO_LOOP;
    topics.relate(key, isAnother, others, `another topic than ${listOf(others)}, ${because}`);
  });
}

/** `a, b and c`. */
function listOf(words: readonly string[]): string {
  const last = words.slice(-1);
  return [words.slice(0, -1).join(", "), ...last].filter((part) => part !== "").join(" and ");
}

function readSsl(kafka: Section, context: ReadingContext): TlsConfig | null {
  const { value } = kafka.place("ssl");
  if (!kafka.has("ssl")) return null;
  if (value?.kind === "scalar") {
    const isOn = booleanOf(value);
    if (isOn === undefined) kafka.refuse("ssl", "true, false or { caFile, certFile, keyFile }");
    return isOn === true ? { ca: null, cert: null, key: null } : null;
  }
  const ssl = kafka.section("ssl", ["caFile", "certFile", "keyFile"]);
  if (ssl.isGiven("certFile") !== ssl.isGiven("keyFile")) {
    const [there, missing] = ssl.isGiven("certFile")
      ? ["certFile", "keyFile"]
      : ["keyFile", "certFile"];
    ssl.refuse(missing, `the file that belongs to ${there}: they only work together`);
  }
  return {
    ca: readPem(ssl, "caFile", context),
    cert: readPem(ssl, "certFile", context),
    key: readPemKey(ssl, "keyFile", context),
  };
}

const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512", "oauthbearer"] as const;

function readSasl(kafka: Section, { findings }: ReadingContext): SaslConfig | null {
  if (!kafka.has("sasl")) return null;
  const sasl = kafka.section("sasl", ["mechanism", "username", "password", "token"]);
  if (kafka.place("sasl").value?.kind !== "map") return null;
  const mechanism = sasl.choice("mechanism", MECHANISMS);
  if (mechanism === undefined) return null;
  const unused = mechanism === "oauthbearer" ? ["username", "password"] : ["token"];
  for (const key of unused.filter((one) => sasl.isGiven(one))) {
    findings.add(`${sasl.path}.${key}`, "a key", `no such key with mechanism ${mechanism}`);
  }
  const secret = { expected: "text; put it in quotes" };
  if (mechanism === "oauthbearer") return { mechanism, token: sasl.secret("token", secret) };
  const username = sasl.text("username", secret);
  return { mechanism, username, password: sasl.secret("password", secret) };
}
