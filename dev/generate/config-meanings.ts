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
  "kafka.topics.journal":
    "Claims and what became of them: who may make which call. All instances of a group share it, and no other group does.",
  "kafka.topics.checkpoints":
    "How far each partition of the requests is done, and a summary of the journal's past. Shared like the journal.",
  "kafka.topics.slots":
    "The rate limits that all replicas share: who may call when. Shared like the journal; not used when `throttle.scope` is `instance`.",
  "kafka.topics.control":
    "Operators' orders per lane, and what the lanes report. Shared like the journal.",

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
  "providers[].credentials.type":
    "Where the keys come from: this file, the default chain of the vendor's library, its environment variables, the instance's role, a profile, an OIDC token's role, or a role taken on with the keys of another source.",
  "providers[].credentials.id": "`static`: SecretId or AccessKeyId.",
  "providers[].credentials.secret": "`static`: SecretKey or AccessKeySecret.",
  "providers[].credentials.token":
    "`static`: session token of temporary keys. What `${file:PATH}` names is read again while the service runs: at most every 5 s, and at once when the keys are refused.",
  "providers[].credentials.file":
    "`profile`: INI file with the profile. None: where the vendor's library looks (Tencent: `~/.tencentcloud/credentials`, else `/etc/tencentcloud/credentials`; Alibaba: `~/.aliyun/config.json`, else `~/.alibabacloud/credentials`).",
  "providers[].credentials.profile":
    "`profile`: its name. None: `default`, or the current one of Alibaba's CLI.",
  "providers[].credentials.roleArn":
    "`role`, `oidc`: the role to take on. `oidc` without it: `TKE_ROLE_ARN` or `ALIBABA_CLOUD_ROLE_ARN`.",
  "providers[].credentials.sessionName":
    "`role`, `oidc`: how the cloud's audit names this service. Without it: `rerun-dispatcher`; for Alibaba's `oidc` `ALIBABA_CLOUD_ROLE_SESSION_NAME` first.",
  "providers[].credentials.externalId": "`role`: what the role's trust policy may ask for.",
  "providers[].credentials.source":
    "`role`: the credentials that may take on the role, of any type but `role`.",
  "providers[].credentials.providerId":
    "`oidc` at Tencent Cloud: the identity provider. Without it: `TKE_PROVIDER_ID`.",
  "providers[].credentials.providerArn":
    "`oidc` at Alibaba Cloud: the identity provider. Without it: `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`.",
  "providers[].credentials.tokenFile":
    "`oidc`: file with the token, read for every exchange. Without it: `TKE_WEB_IDENTITY_TOKEN_FILE` or `ALIBABA_CLOUD_OIDC_TOKEN_FILE`.",
  "providers[].rateLimit.callsPerSecond":
    "The most first bytes of calls in any sliding second: of all replicas together with `throttle.scope: group`, else of this process. Never more than `totalPerSecond`.",
  "providers[].rateLimit.perOperation":
    "Lower limits of single operations, by their names. An operation that is not named has only `callsPerSecond`.",
  "providers[].rateLimit.readsPerSecond":
    "The same for reads (polls, evidence), of each read API for itself.",
  "providers[].rateLimit.totalPerSecond":
    "Calls and reads together. When both wait, one departure in five is a read's. `null` switches it off.",
  "providers[].rateLimit.callsPerDay":
    "Calls and reads together in any 24 hours, of all replicas or of this process as with `callsPerSecond`. Reads get a fifth of it at most, rounded down. WeData's jobs, and the runs with `track.until: finished`, are followed by reads: with a small number such requests end `UNKNOWN/TRACKING_TIMED_OUT`. When the day is used up the lane is held. It is counted by the minute: a place comes back up to a minute after 24 hours. With `throttle.scope: group` slots count, also those that nobody used, and a restart forgets nothing. No readings are made before calls while `evidence.before` is `auto` and `track.until` is `submitted`.",
  "providers[].rateLimit.shareWith":
    "Name of another connection of the same account, whose limits count for both; then no other key of `rateLimit` may stand here.",
  "providers[].maxConcurrentCalls":
    "The most calls of this process that are under way at one time, from their claim to their answer.",
  "providers[].guards.budget":
    "In the place of `guards.budget`; `null` switches it off here. So do the other two.",
  "providers[].guards.budget.reruns": "In the place of `guards.budget.reruns`.",
  "providers[].guards.budget.per": "In the place of `guards.budget.per`.",
  "providers[].guards.coolDown": "In the place of `guards.coolDown`.",
  "providers[].guards.maxChain": "In the place of `guards.maxChain`.",
  "providers[].connectTimeout": "For name look-up, TCP and TLS together.",
  "providers[].callTimeout":
    "From the first byte of the request to the last of the answer. Waiting for the turn is not counted.",
  "providers[].retry.maxAttempts":
    "Calls of one request that surely did not execute, the first included.",
  "providers[].retry.firstDelay": "Ceiling of the first delay; it doubles with every attempt.",
  "providers[].retry.maxDelay":
    "The highest ceiling. A delay that the provider names may be longer.",
  "providers[].breaker.failures":
    "Calls in a row that found nobody or got no clear answer (`unavailable`, `uncertain`) open the breaker: then nothing is called but single probes, which are no attempts. `breaker: null` switches it off.",
  "providers[].breaker.openFor":
    "How long nothing is called before a probe, and between two: up to eight times as long after probes that ended without a clear answer. Something harmless is read before each, and as long as that is not answered no call is made.",
  "providers[].holdWindows[].cron":
    "When nothing is to be called, again and again: the beginning, in five parts (minute, hour, day, month, weekday). Requests wait until the window is over. One fixed hour and minute (`0 2 * * *`) begin once on each of their days: in the time that clocks skip, when it would end, if that is on the same day; in the time that comes twice, at the first occurrence. With `*`, lists, steps and ranges in the hour or the minute the clock is followed: what it skips does not begin, and what it repeats begins again.",
  "providers[].holdWindows[].duration":
    "From the beginning on, in passed time. Windows that overlap hold until the last one ends. All windows of a connection together have to leave at least 6 hours in the year to come.",
  "providers[].holdWindows[].timezone": "The zone in which `cron` is read.",
  "providers[].holdWindows[].reason": "What `lanes list`, `/status` and the log say of it.",
  "providers[].uncertain":
    "What becomes of an uncertain call that evidence shows as not executed. `report`: the request ends `FAILED/NOT_EXECUTED`. `retry-if-absent`: the dispatcher that made the call makes it again, within `retry.maxAttempts`; a call that another instance had to judge is reported.",
  "providers[].evidence.before":
    "Whether targets are read before a call, to tell afterwards whether it ran. `auto`: where the readings can tell, and without waiting long; `always`: every such call waits for them; `never`: an uncertain call ends as `UNKNOWN`. With `track.until: finished` `auto` is as `always`: without a reading the end of an older run cannot be told from the new one's.",
  "providers[].evidence.reads":
    "The most readings after an uncertain call. The last one is not made before 30 s have passed.",
  "providers[].evidence.interval": "The time between these readings.",
  "providers[].coalesce.maxInstances":
    "How many distinct targets are joined in one call. When a slot opens, what waits then and is compatible (same operation, project and options) shares one call; equal targets share one rerun. A request with more targets goes alone and whole. Workflow runs and DMS instances have one target: only equal requests share a call. 1: each request has a call of its own.",
  "providers[].track.until":
    "What `SUCCEEDED` means: the provider took the operation (`submitted`), or the runs themselves ended well (`finished`).",
  "providers[].track.interval":
    "The usual time between two polls of a call that the provider took: a quarter of it at first, up to fifteen times as much for old ones.",
  "providers[].track.timeout":
    "After this long a call is given up, counted from its first poll: `UNKNOWN/TRACKING_TIMED_OUT`.",

  "guards.budget":
    "Guards forbid reruns, by the journal's own time: what they forbid ends `SUPPRESSED` with the reason, or is left out of its request's call. A request with `force` goes past them, and its reruns count. The budget: how often one target may be run again. `null`: as often as anybody asks.",
  "guards.budget.reruns":
    "So many calls that name the target, however many requests share them; not those that surely did not execute: throttled, not connected, refused as a whole.",
  "guards.budget.per": "Within any stretch of this length.",
  "guards.coolDown":
    "From one rerun of a target to the next. `null`: none. While a target's call is under way or followed, the next request for it waits.",
  "guards.maxChain":
    "How many reruns may follow from each other by `causedBy`, within `dedupe.window` and one connection. With 0 nothing that was caused by another rerun is called. `null`: any number.",

  "dedupe.window":
    "For this long at least, counted by the journal's clock, a `requestId` stays known: the same content again is skipped, another is a dead letter. The journal's `retention.ms` must not be shorter.",
  "claims.callWithin":
    "A claim is won within this time, counted from before it is written, or given up; its call's first byte leaves within `connectTimeout` after that, or not at all. Longer than the brokers usually take to acknowledge a record.",
  "claims.grace":
    "Others judge a claim that nobody concluded when `callWithin`, `connectTimeout`, `callTimeout` and this time have passed since they saw it.",

  "limits.targetsPerRequest": "A request with more is `REJECTED/INVALID_REQUEST`.",
  "throttle.scope":
    "`group`: all replicas share the rate limits, through `kafka.topics.slots`. `instance`: each process keeps them for itself, for a service that runs alone.",
  "intake.maxWaiting":
    "Requests held in memory. Each provider connection may have an equal share of it waiting; what comes beyond is kept as a place in the topic only, and read again when there is room. Calls that are under way, judged or followed, and outcomes that do not leave, count as well: when it is reached nothing more is fetched until nine tenths are left.",
  "endpoints.allow":
    "Host suffixes that `providers[].endpoint` may name besides the clouds' own and loopback.",
  "endpoints.allowAddresses":
    "CIDRs that an endpoint's addresses may lie in besides public ones and loopback. A VPC host of a cloud stands for private addresses, of Alibaba Cloud probably in 100.64.0.0/10; list the narrowest range that holds them.",
  "http.host": "Address on which `/metrics`, `/livez`, `/readyz` and `/status` are served.",
  "http.port": "0 lets the system choose; the log line `service.started` names the port.",
  "http.stallAfter": "`/livez` fails when something could work and did not for this long.",
  drainTimeout: "From SIGTERM to the end of the process at the latest.",
  "log.level": "The least important lines that are written.",
  "log.format": "`pretty` is for people at a terminal.",
};
