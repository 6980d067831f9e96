/** Where one broker listens and keeps its data, and what is unusual about it. */
export interface BrokerSettings {
  readonly brokerPort: number;
  readonly controllerPort: number;
  readonly dataFolder: string;
  /** Broker configs that are added or win over ours. */
  readonly overrides: Readonly<Record<string, string>>;
}

/**
 * The server.properties of one KRaft node that is broker and controller, on loopback only.
 * Keys: https://kafka.apache.org/documentation/#brokerconfigs
 */
export function serverProperties(settings: BrokerSettings): string {
  const broker = `PLAINTEXT://127.0.0.1:${settings.brokerPort}`;
  const entries: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@127.0.0.1:${settings.controllerPort}`,
    listeners: `${broker},CONTROLLER://127.0.0.1:${settings.controllerPort}`,
    "advertised.listeners": broker,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "log.dirs": settings.dataFolder,
    // One node cannot replicate, and few partitions keep start and stop short.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "5",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "2",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "2",
    "min.insync.replicas": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    ...settings.overrides,
  };
  return Object.entries(entries)
    .map(([key, value]) => `${key}=${escapeValue(value)}\n`)
    .join("");
}

/** In a Java properties file a backslash escapes, and a line ends the value. */
function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
