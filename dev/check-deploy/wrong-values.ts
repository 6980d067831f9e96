/** Values that must be refused, and the key that the error must name. */
export const WRONG_VALUES: readonly { readonly set: readonly string[]; readonly named: string }[] =
  [
    wrong("config.kafka.brokers[0]=kafka", "/config/kafka/brokers/0"),
    wrong("config.kafka.broker=kafka:9092", "broker"),
    wrong("config.kafka.sasl.mechanism=plane", "/config/kafka/sasl/mechanism"),
    wrong("config.kafka.sasl.password=hunter2", "/config/kafka/sasl/password"),
    wrong("config.schemaRegistry.url=https://user:pass@registry", "/config/schemaRegistry/url"),
    wrong("config.schemaRegistry.url=https://u:p@${env:HOST}", "/config/schemaRegistry/url"),
    wrong("config.schemaRegistry.url=https://registry:99999", "/config/schemaRegistry/url"),
    wrong("config.providers[0].kind=tencent", "/config/providers/0/kind"),
    wrong("config.providers[0].endpoint=https://u:p@${env:HOST}", "/config/providers/0/endpoint"),
    wrong("config.kafka.ssl.keyFile=-----BEGIN PRIVATE KEY-----", "/config/kafka/ssl/keyFile"),
    wrong("config.endpoints.allowAddresses={10.0.0.0/33}", "/config/endpoints/allowAddresses/0"),
    wrong("config.providers[0].callTimeout=5 s", "/config/providers/0/callTimeout"),
    wrong("config.providers[0].rateLimit.callsPerSecond=0", "/rateLimit/callsPerSecond"),
    wrong("config.drainTimeout=2h", "/config/drainTimeout"),
    wrong("config.drainTimeout=${env:DRAIN}", "/config/drainTimeout"),
    wrong("config.http.port=0", "/config/http/port"),
    wrong("config.http.host=127.0.0.1", "config.http.host"),
    wrong("config.log.level=loud", "/config/log/level"),
    wrong("config.throttle.scope=cluster", "/config/throttle/scope"),
    wrong("providerSecrets.typo.secretName=keys", "providerSecrets.typo"),
    wrong("providerSecrets.wedata.secretName=", "providerSecrets.wedata"),
    wrong("providerSecrets.wedata.secret=keys", "/providerSecrets/wedata"),
    wrong("terminationGracePeriodSeconds=25", "terminationGracePeriodSeconds"),
    wrong("replicaCount=two", "/replicaCount"),
    wrong("replicas=2", "replicas"),
    wrong("image.digest=sha256:12", "/image/digest"),
    wrong("podDisruptionBudget.minAvailable=1", "podDisruptionBudget"),
    wrong("autoscaling.enabled=true,autoscaling.maxReplicaCount=9", "autoscaling.maxReplicaCount"),
    wrong("autoscaling.enabled=true,autoscaling.minReplicaCount=9", "autoscaling.minReplicaCount"),
    wrong("networkPolicy.enabled=yes", "/networkPolicy/enabled"),
    wrong("hooks.topics.partitions=0", "/hooks/topics/partitions"),
  ];

/** What is missing when nothing is given, each of which must be named. */
export const NEEDED = [
  "config.kafka.brokers",
  "config.schemaRegistry.url",
  "providerSecrets.wedata",
] as const;

/**
 * A connection that is given by a list replaces the default one, so that its other keys stand beside
 * the wrong one.
 */
function wrong(value: string, named: string) {
  const isOfConnection = value.startsWith("config.providers[0]");
  const connection = ["name=wedata", "kind=tencent-wedata", "region=ap-singapore"].map(
    (pair) => `config.providers[0].${pair}`,
  );
  const all = isOfConnection ? [...connection, value] : [value];
  return { set: all.flatMap((one) => ["--set", one]), named };
}
