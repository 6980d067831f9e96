/**
 * What each key of the config is for, in the order in which docs/configuration.md lists them. The
 * generator refuses a key that the parser does not know, and a parser's key that is missing here.
 */
export const MEANINGS: Readonly<Record<string, string>> = {
  "kafka.brokers": "Where to begin; the other brokers are learnt from these.",
  "kafka.clientId": "How this client is named in the brokers' logs and quotas.",
  "kafka.groupId":
    "Consumer group. `submit --wait` and `outcomes` read in short-lived groups whose names begin with it.",
  "kafka.ssl": "TLS to the brokers. `true` trusts the system's authorities.",
  "kafka.ssl.caFile": "The authority that signs the brokers' certificates.",
  "kafka.ssl.certFile": "Certificate of this client; only with `keyFile`.",
  "kafka.ssl.keyFile": "Private key of this client; only with `certFile`.",
  "kafka.sasl": "Log-in at the brokers.",
  "kafka.sasl.mechanism": "How to log in.",
  "kafka.sasl.username": "For all mechanisms but `oauthbearer`.",
  "kafka.sasl.password": "For all mechanisms but `oauthbearer`.",
  "kafka.sasl.token": "For `oauthbearer` only. Read once, at the start: it is not renewed.",
  "kafka.sessionTimeout":
    "After this long without a heartbeat the group gives the partitions to somebody else.",
  "kafka.heartbeatInterval": "How often the group hears of this member.",
  "kafka.requestTimeout": "How long a broker may take to answer.",
  "kafka.connectionTimeout": "For TCP and TLS together.",
  "kafka.topics.requests": "Where requests are read.",
  "kafka.topics.outcomes": "Where outcomes are written.",
  "kafka.topics.deadLetters": "Where records go that cannot be worked.",

  "schemaRegistry.url": "Base URL of a registry with the Confluent REST interface.",
  "schemaRegistry.username": "Basic authentication; only with `password`.",
  "schemaRegistry.password": "Basic authentication; only with `username`.",
  "schemaRegistry.timeout": "For one whole answer.",
  "schemaRegistry.caFile": "The authority that signs the registry's certificate.",

  "providers[].name": "What requests say in `provider`; also the label of metrics.",
  "providers[].kind": "Which cloud product this is.",
  "providers[].region": "The region that calls are for.",
  "providers[].endpoint":
    "Host, `host:port` or URL instead of the product's own. Without a scheme it is https.",
  "providers[].caFile": "The authority that signs the endpoint's certificate.",
  "providers[].credentials.type": "Where the credentials come from.",
  "providers[].credentials.id": "SecretId or AccessKeyId.",
  "providers[].credentials.secret": "SecretKey or AccessKeySecret.",
  "providers[].credentials.token":
    "Session token of temporary credentials. Read once, at the start: it is not renewed.",
  "providers[].rateLimit.callsPerSecond":
    "The most first bytes of calls in any sliding second, of this process.",
  "providers[].rateLimit.readsPerSecond": "The same for reads of asynchronous jobs.",
  "providers[].maxConcurrentCalls": "The most calls that wait for an answer at one time.",
  "providers[].connectTimeout": "For name look-up, TCP and TLS together.",
  "providers[].callTimeout":
    "From the first byte of the request to the last of the answer. Waiting for the turn is not counted.",
  "providers[].retry.maxAttempts":
    "Calls of one request that surely did not execute, the first included.",
  "providers[].retry.firstDelay": "Ceiling of the first delay; it doubles with every attempt.",
  "providers[].retry.maxDelay":
    "The highest ceiling. A delay that the provider names may be longer.",
  "providers[].track.interval": "How often an asynchronous job is read.",
  "providers[].track.timeout": "After this long a job is given up: `UNKNOWN/TRACKING_TIMED_OUT`.",

  "limits.targetsPerRequest": "A request with more is `REJECTED/INVALID_REQUEST`.",
  "intake.maxWaiting":
    "Requests held in memory, over all providers. When it is reached nothing more is fetched until nine tenths are left.",
  "endpoints.allow":
    "Host suffixes that `providers[].endpoint` may name besides the clouds' own and loopback.",
  "http.host": "Address on which `/metrics`, `/livez`, `/readyz` and `/status` are served.",
  "http.port": "0 lets the system choose; the log line `service.started` names the port.",
  "http.stallAfter": "`/livez` fails when something could work and did not for this long.",
  drainTimeout: "From SIGTERM to the end of the process at the latest.",
  "log.level": "The least important lines that are written.",
  "log.format": "`pretty` is for people at a terminal.",
};
