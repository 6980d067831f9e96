/** Values that must be refused, and the key that the error must name. */
export const WRONG_VALUES: readonly { readonly set: readonly string[]; readonly named: string }[] =
  [
    wrong("config.kafka.brokers[0]=kafka", "/config/kafka/brokers/0"),
    wrong("config.kafka.broker=kafka:9092", "broker"),
    wrong("config.kafka.ssl.keyFile=-----BEGIN PRIVATE KEY-----", "/config/kafka/ssl/keyFile"),
    wrong("config.kafka.ssl.certFile=/client.pem", "config.kafka.ssl.keyFile"),
    wrong("config.kafka.sasl.mechanism=plane", "/config/kafka/sasl/mechanism"),
    wrong("config.kafka.sasl.password=hunter2", "/config/kafka/sasl/password"),
    wrong("config.kafka.sasl.mechanism=plain", "config.kafka.sasl.username"),
    wrong(
      "config.kafka.sasl.mechanism=oauthbearer,config.kafka.sasl.username=a",
      "config.kafka.sasl.username",
    ),
    wrong("config.kafka.topics.control=rerun.slots", "config.kafka.topics.slots"),
    wrong("config.schemaRegistry.url=https://user:hunter2@registry", "/config/schemaRegistry/url"),
    wrong("config.schemaRegistry.url=https://u:hunter2@${env:HOST}", "/config/schemaRegistry/url"),
    wrong("config.schemaRegistry.url=https://registry:99999", "/config/schemaRegistry/url"),
    wrong("config.schemaRegistry.username=reruns", "config.schemaRegistry.password"),
    wrong("config.schemaRegistry.caFile=/etc/rerun-dispatcher/secrets/none/ca", "secretMounts"),
    wrong("config.providers=null", "config.providers"),
    wrong("config.providers[0].kind=tencent", "/config/providers/0/kind"),
    wrong(
      "config.providers[0].endpoint=https://u:hunter2@${env:HOST}",
      "/config/providers/0/endpoint",
    ),
    wrong("config.providers[0].endpoint=${env:HOST}", "networkPolicy.providers.ports"),
    wrong("config.providers[0].callTimeout=5 s", "/config/providers/0/callTimeout"),
    wrong("config.providers[0].callTimeout=20s", "config.providers[0].callTimeout"),
    wrong("config.providers[0].connectTimeout=11s", "config.providers[0].connectTimeout"),
    wrong("config.providers[0].rateLimit.callsPerSecond=0", "/rateLimit/callsPerSecond"),
    wrong("config.endpoints.allowAddresses={10.0.0.0/33}", "/config/endpoints/allowAddresses/0"),
    wrong("config.endpoints.allowAddresses={10.0.0.5/8}", "config.endpoints.allowAddresses[0]"),
    wrongJson('config.endpoints.allowAddresses=["${env:A}"]', "config.endpoints.allowAddresses[0]"),
    wrong("config.drainTimeout=2h", "/config/drainTimeout"),
    wrong("config.drainTimeout=${env:DRAIN}", "/config/drainTimeout"),
    wrong("config.http.port=0", "/config/http/port"),
    wrong("config.http.host=127.0.0.1", "config.http.host"),
    wrong("config.log.level=loud", "/config/log/level"),
    wrong("config.throttle.scope=cluster", "/config/throttle/scope"),
    wrong("config=null", "config"),
    wrong("providerSecrets.typo.secretName=keys", "providerSecrets.typo"),
    wrong("providerSecrets.wedata.secretName=", "providerSecrets.wedata"),
    wrong("providerSecrets.wedata.secret=keys", "/providerSecrets/wedata"),
    wrongJson('providerSecrets={"..":{"secretName":"keys"}}', "propertyName '..'"),
    wrong("image.digest=sha256:12", "/image/digest"),
    wrong("image.repository=registry.example.com:5000/reruns:1.0", "/image/repository"),
    wrong("replicaCount=two", "/replicaCount"),
    wrong("replicas=2", "replicas"),
    wrong("updateStrategy.type=OnDelete", "/updateStrategy/type"),
    wrong("extraVolumes[0].name=config", "extraVolumes"),
    wrong("extraVolumeMounts[0].mountPath=/etc/rerun-dispatcher/config/", "extraVolumeMounts"),
    wrong("serviceAccount.name=An Account", "/serviceAccount/name"),
    wrong("podSecurityContext=null", "podSecurityContext"),
    wrong("securityContext=null", "securityContext"),
    wrong("probes.startup=null", "startup"),
    wrong("probes.liveness.successThreshold=2", "successThreshold"),
    wrong("terminationGracePeriodSeconds=25", "terminationGracePeriodSeconds"),
    wrong("podDisruptionBudget.minAvailable=1", "podDisruptionBudget"),
    wrong("podDisruptionBudget.minAvailable=200%", "/podDisruptionBudget/minAvailable"),
    wrong("priorityClassName=A class", "/priorityClassName"),
    wrong(
      "metrics.serviceMonitor.enabled=true,service.enabled=false",
      "metrics.serviceMonitor.enabled",
    ),
    wrong(
      "metrics.serviceMonitor.enabled=true,metrics.podMonitor.enabled=true",
      "metrics.podMonitor.enabled",
    ),
    wrong(
      "metrics.podMonitor.enabled=true,metrics.podMonitor.scrapeTimeout=1m",
      "metrics.podMonitor.scrapeTimeout",
    ),
    wrong("networkPolicy.enabled=yes", "/networkPolicy/enabled"),
    wrong("networkPolicy.enabled=null", "enabled"),
    wrong("networkPolicy.providers.to=null", "/networkPolicy/providers"),
    wrong("hooks.topics.partitions=0", "/hooks/topics/partitions"),
    wrong(
      "hooks.check.enabled=true,config.providers[0].credentials.type=oidc",
      "hooks.serviceAccountName",
    ),
    scaled("autoscaling.maxReplicaCount=9", "autoscaling.maxReplicaCount"),
    scaled("autoscaling.minReplicaCount=9", "autoscaling.minReplicaCount"),
    scaled("hooks.topics.enabled=true,hooks.topics.partitions=4", "autoscaling.partitions"),
    scaled("config.throttle.scope=instance", "config.throttle.scope"),
    scaled("config.kafka.groupId=${env:GROUP}", "config.kafka.groupId"),
    scaled("config.kafka.topics.requests=${env:TOPIC}", "config.kafka.topics.requests"),
    scaled("config.kafka.brokers[1]=${env:BROKER}", "config.kafka.brokers"),
    scaled("config.kafka.ssl=true", "autoscaling.authenticationRef"),
    scaled("autoscaling.triggerMetadata.topic=other", "autoscaling.triggerMetadata.topic"),
    unchecked("config.kafka.sasl.password=hunter2", "config.kafka.sasl.password"),
    unchecked("config.kafka.ssl.keyFile=-----BEGIN KEY-----", "config.kafka.ssl.keyFile"),
    unchecked("config.kafka.clientId=-----BEGIN KEY-----", "config.kafka.clientId"),
    unchecked(
      "config.schemaRegistry.url=https://u:hunter2@${env:HOST}",
      "config.schemaRegistry.url",
    ),
    unchecked(
      "config.providers[0].credentials.source.secret=hunter2",
      "config.providers[0].credentials.source.secret",
    ),
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
  const isOfConnection = value.includes("config.providers[0]");
  const connection = ["name=wedata", "kind=tencent-wedata", "region=ap-singapore"].map(
    (pair) => `config.providers[0].${pair}`,
  );
  const all = isOfConnection ? [...connection, value] : [value];
  return { set: all.flatMap((one) => ["--set", one]), named };
}

function wrongJson(value: string, named: string) {
  return { set: ["--set-json", value], named };
}

/** A value that is wrong beside KEDA. */
function scaled(value: string, named: string) {
  return wrong(`autoscaling.enabled=true,${value}`, named);
}

/** A value that must be refused by the templates too: whoever installs can switch the schema off. */
function unchecked(value: string, named: string) {
  const { set } = wrong(value, named);
  return { set: ["--skip-schema-validation", ...set], named };
}
