import { configSchema, SOURCE_DEF, sourceSchema } from "./config-schema.ts";
import { closedObject, type JsonSchema } from "./json-schema.ts";

const TEXT: JsonSchema = { type: "string" };
const FLAG: JsonSchema = { type: "boolean" };
const OBJECT: JsonSchema = { type: "object" };
const OBJECTS: JsonSchema = { type: "array", items: OBJECT };
const PORTS: JsonSchema = {
  type: "array",
  items: { type: "integer", minimum: 1, maximum: 65_535 },
};
const STRINGS: JsonSchema = { type: "object", additionalProperties: { type: "string" } };
const PERIOD: JsonSchema = { type: "string", pattern: "^[0-9]+(ms|s|m|h)$" };
const KEY: JsonSchema = { type: "string", pattern: "^[A-Za-z0-9._-]{1,253}$" };
const COUNT: JsonSchema = { type: "integer", minimum: 1 };
const AMOUNT: JsonSchema = {
  type: ["integer", "string", "null"],
  minimum: 0,
  pattern: "^[0-9]{1,3}%$",
};

const SECRET: Readonly<Record<string, JsonSchema>> = {
  secretName: { type: "string", pattern: "^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$" },
  csi: { type: "object", required: ["driver"], properties: { driver: TEXT } },
};

const PROBE = closedObject({
  initialDelaySeconds: { type: "integer", minimum: 0 },
  periodSeconds: COUNT,
  timeoutSeconds: COUNT,
  failureThreshold: COUNT,
  successThreshold: COUNT,
});

const MONITOR = closedObject({
  enabled: FLAG,
  interval: PERIOD,
  scrapeTimeout: { type: "string", pattern: "^([0-9]+(ms|s|m|h))?$" },
  labels: STRINGS,
  relabelings: OBJECTS,
});

const PEERS = { to: OBJECTS } as const;

const VALUES: Readonly<Record<string, JsonSchema>> = {
  global: OBJECT,
  image: closedObject({
    repository: { type: "string", minLength: 1 },
    tag: { type: "string", pattern: "^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$" },
    digest: { type: "string", pattern: "^(sha256:[0-9a-f]{64})?$" },
    pullPolicy: { type: "string", enum: ["Always", "IfNotPresent", "Never"] },
  }),
  imagePullSecrets: OBJECTS,
  nameOverride: { type: "string", pattern: "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$" },
  fullnameOverride: { type: "string", pattern: "^([a-z]([a-z0-9-]{0,61}[a-z0-9])?)?$" },
  commonLabels: STRINGS,
  replicaCount: { type: "integer", minimum: 0 },
  revisionHistoryLimit: { type: "integer", minimum: 0 },
  updateStrategy: OBJECT,
  providerSecrets: {
    type: "object",
    propertyNames: { pattern: "^[A-Za-z0-9._-]{1,64}$" },
    additionalProperties: closedObject({
      ...SECRET,
      idKey: KEY,
      secretKey: KEY,
      tokenKey: { type: "string", pattern: "^[A-Za-z0-9._-]{0,253}$" },
    }),
  },
  secretMounts: {
    type: "object",
    propertyNames: { pattern: "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$" },
    additionalProperties: closedObject(SECRET),
  },
  extraEnv: OBJECTS,
  extraEnvFrom: OBJECTS,
  extraVolumes: OBJECTS,
  extraVolumeMounts: OBJECTS,
  serviceAccount: closedObject({ create: FLAG, name: TEXT, annotations: STRINGS }),
  podAnnotations: STRINGS,
  podLabels: STRINGS,
  podSecurityContext: OBJECT,
  securityContext: OBJECT,
  resources: OBJECT,
  probes: closedObject({ startup: PROBE, liveness: PROBE, readiness: PROBE }),
  terminationGracePeriodSeconds: { type: ["integer", "null"], minimum: 1 },
  podDisruptionBudget: closedObject({
    enabled: FLAG,
    minAvailable: AMOUNT,
    maxUnavailable: AMOUNT,
  }),
  topologySpreadConstraints: OBJECTS,
  nodeSelector: STRINGS,
  tolerations: OBJECTS,
  affinity: OBJECT,
  priorityClassName: TEXT,
  service: closedObject({
    enabled: FLAG,
    type: { type: "string", enum: ["ClusterIP", "NodePort", "LoadBalancer"] },
    annotations: STRINGS,
  }),
  metrics: closedObject({ serviceMonitor: MONITOR, podMonitor: MONITOR }),
  networkPolicy: closedObject({
    enabled: FLAG,
    ingress: closedObject({ from: OBJECTS }),
    dns: closedObject(PEERS),
    kafka: closedObject({ ...PEERS, ports: PORTS }),
    schemaRegistry: closedObject({ ...PEERS, ports: PORTS }),
    providers: closedObject({ to: { ...OBJECTS, minItems: 1 }, ports: PORTS }),
    extraEgress: OBJECTS,
  }),
  autoscaling: closedObject({
    enabled: FLAG,
    partitions: COUNT,
    minReplicaCount: COUNT,
    maxReplicaCount: { type: ["integer", "null"], minimum: 1 },
    lagThreshold: COUNT,
    pollingInterval: COUNT,
    cooldownPeriod: { type: "integer", minimum: 0 },
    authenticationRef: OBJECT,
    triggerMetadata: STRINGS,
  }),
  hooks: closedObject({
    topics: closedObject({
      enabled: FLAG,
      partitions: { type: "integer", minimum: 1, maximum: 10_000 },
      replication: { type: ["integer", "null"], minimum: 1 },
    }),
    schemas: closedObject({ enabled: FLAG }),
    check: closedObject({ enabled: FLAG }),
    serviceAccountName: TEXT,
    backoffLimit: { type: "integer", minimum: 0 },
    activeDeadlineSeconds: COUNT,
  }),
  extraObjects: OBJECTS,
};

/** The schema of the chart's values, as `helm` checks them. */
export function valuesSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Values of the chart rerun-dispatcher",
    ...closedObject({ ...VALUES, config: forTheChart(configSchema()) }),
    $defs: { [SOURCE_DEF]: sourceSchema() },
  };
}

/** What the chart itself must know has to be written out: probes, ports and times follow from it. */
function forTheChart(config: JsonSchema): JsonSchema {
  const { http, drainTimeout, ...others } = config.properties ?? {};
  const { port, ...ofHttp } = http?.properties ?? {};
  const { description, maximum } = port ?? {};
  const known: JsonSchema = {
    ...(description === undefined ? {} : { description }),
    ...{ type: "integer", minimum: 1, maximum: maximum ?? 65_535 },
  };
  return {
    ...config,
    properties: {
      ...others,
      http: { ...http, properties: { ...ofHttp, port: known } },
      drainTimeout: { ...drainTimeout, not: { pattern: String.raw`\$` } },
    },
  };
}

/** The text of `values.schema.json`. */
export function valuesSchemaText(): string {
  return `${JSON.stringify(valuesSchema(), null, 2)}\n`;
}
