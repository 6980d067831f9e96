import { configSchema, SOURCE_DEF, sourceSchema } from "./config-schema.ts";
import { closedObject, type JsonSchema, nullable } from "./json-schema.ts";

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
  type: ["integer", "string"],
  minimum: 0,
  pattern: "^(100|[1-9]?[0-9])%$",
};
/** The name of an object of the cluster; empty is none. */
const NAME: JsonSchema = { type: "string", pattern: "^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$" };

const SECRET: Readonly<Record<string, JsonSchema>> = {
  secretName: NAME,
  csi: { type: "object", required: ["driver"], properties: { driver: TEXT } },
};

/**
 * A mapping of the chart's own whose values must be there: a null takes a default away, and templates
 * would find nothing, or leave out what protects. What may be empty may be blank: texts, lists and open
 * mappings.
 */
function section(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const needed = Object.entries(properties).filter(([, one]) => {
    const isNullable = Array.isArray(one.type) && one.type.includes("null");
    const isText = one.type === "string" && new RegExp(one.pattern ?? "^.").test("");
    const isList = one.type === "array" && one.minItems === undefined;
    const isOpen = one.type === "object" && one.properties === undefined;
    return !isNullable && !isText && !isList && !isOpen;
  });
  return closedObject(
    properties,
    needed.map(([key]) => key),
  );
}

const PROBE = closedObject({
  initialDelaySeconds: { type: "integer", minimum: 0 },
  periodSeconds: COUNT,
  timeoutSeconds: COUNT,
  failureThreshold: COUNT,
});

const MONITOR = section({
  enabled: FLAG,
  interval: PERIOD,
  scrapeTimeout: { type: "string", pattern: "^([0-9]+(ms|s|m|h))?$" },
  labels: STRINGS,
  relabelings: OBJECTS,
});

const PEERS = { to: OBJECTS } as const;

const VALUES: Readonly<Record<string, JsonSchema>> = {
  global: OBJECT,
  // Of a chart that has this one as a dependency, for its `condition`.
  enabled: FLAG,
  image: section({
    // A host may have a port, what follows it no tag and no digest.
    repository: { type: "string", pattern: String.raw`^([^\s/@]+/)?[^\s:@]+$` },
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
  updateStrategy: closedObject({
    type: { type: "string", enum: ["RollingUpdate", "Recreate"] },
    rollingUpdate: closedObject({ maxUnavailable: AMOUNT, maxSurge: AMOUNT }),
  }),
  providerSecrets: {
    type: "object",
    // They are folders, and these two are others.
    propertyNames: { pattern: "^[A-Za-z0-9._-]{1,64}$", not: { enum: [".", ".."] } },
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
  serviceAccount: section({ create: FLAG, name: NAME, annotations: STRINGS }),
  podAnnotations: STRINGS,
  podLabels: STRINGS,
  podSecurityContext: OBJECT,
  securityContext: OBJECT,
  resources: OBJECT,
  probes: section({
    startup: PROBE,
    liveness: PROBE,
    // The others must succeed once, says Kubernetes.
    readiness: closedObject({ ...PROBE.properties, successThreshold: COUNT }),
  }),
  terminationGracePeriodSeconds: { type: ["integer", "null"], minimum: 1 },
  podDisruptionBudget: section({
    enabled: FLAG,
    minAvailable: nullable(AMOUNT),
    maxUnavailable: nullable(AMOUNT),
  }),
  topologySpreadConstraints: OBJECTS,
  nodeSelector: STRINGS,
  tolerations: OBJECTS,
  affinity: OBJECT,
  priorityClassName: NAME,
  service: section({
    enabled: FLAG,
    type: { type: "string", enum: ["ClusterIP", "NodePort", "LoadBalancer"] },
    annotations: STRINGS,
  }),
  metrics: section({ serviceMonitor: MONITOR, podMonitor: MONITOR }),
  networkPolicy: section({
    enabled: FLAG,
    ingress: section({ from: OBJECTS }),
    dns: section({ ...PEERS, ports: { ...PORTS, minItems: 1 } }),
    kafka: section({ ...PEERS, ports: PORTS }),
    schemaRegistry: section({ ...PEERS, ports: PORTS }),
    providers: section({ to: { ...OBJECTS, minItems: 1 }, ports: PORTS }),
    extraEgress: OBJECTS,
  }),
  autoscaling: section({
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
  hooks: section({
    topics: section({
      enabled: FLAG,
      partitions: { type: "integer", minimum: 1, maximum: 10_000 },
      replication: { type: ["integer", "null"], minimum: 1 },
    }),
    schemas: section({ enabled: FLAG }),
    check: section({ enabled: FLAG }),
    serviceAccountName: NAME,
    backoffLimit: { type: "integer", minimum: 0 },
    activeDeadlineSeconds: COUNT,
  }),
  extraObjects: OBJECTS,
};

/** Likewise at the top; without the two contexts Pods would lose what `restricted` asks for. */
const REQUIRED = [
  ...["config", "image", "replicaCount", "revisionHistoryLimit", "serviceAccount"],
  ...["podSecurityContext", "securityContext", "probes", "podDisruptionBudget", "service"],
  ...["metrics", "networkPolicy", "autoscaling", "hooks"],
];

/** The schema of the chart's values, as `helm` checks them. */
export function valuesSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Values of the chart rerun-dispatcher",
    ...closedObject({ ...VALUES, config: forTheChart(configSchema()) }, REQUIRED),
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
