/** What a locally run service is configured with. */
export interface LocalConfig {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly wedataUrl: string;
  /** DataWorks and DMS. */
  readonly alibabaUrl: string;
  /** For https URLs: the authority of the simulator's certificate. */
  readonly caFile?: string;
  /** Appended to every topic and to the group, so that runs on one broker do not meet. */
  readonly suffix?: string;
  /** Further lines for every provider, as YAML at the depth of their keys. */
  readonly providerLines?: readonly string[];
  /** Further lines at the top level. */
  readonly lines?: readonly string[];
}

/** The names of the three provider connections. */
export const WEDATA = "wedata-demo";
export const DATAWORKS = "dataworks-demo";
export const DMS = "dms-demo";

/** Credentials that only the simulator knows, by the variables that the config names. */
export const LOCAL_ENV = {
  DEMO_TENCENT_ID: "demo-tencent-id",
  DEMO_TENCENT_SECRET: "demo-tencent-secret",
  DEMO_ALIBABA_ID: "demo-alibaba-id",
  DEMO_ALIBABA_SECRET: "demo-alibaba-secret",
  DEMO_DMS_ID: "demo-dms-id",
  DEMO_DMS_SECRET: "demo-dms-secret",
} as const;

/** The same credentials for the simulator. */
export const LOCAL_CREDENTIALS = [
  { cloud: "tencent", id: LOCAL_ENV.DEMO_TENCENT_ID, secret: LOCAL_ENV.DEMO_TENCENT_SECRET },
  { cloud: "alibaba", id: LOCAL_ENV.DEMO_ALIBABA_ID, secret: LOCAL_ENV.DEMO_ALIBABA_SECRET },
  { cloud: "alibaba", id: LOCAL_ENV.DEMO_DMS_ID, secret: LOCAL_ENV.DEMO_DMS_SECRET },
] as const;

/** A config file for a service beside a local stack and simulator. */
export function localConfigText(local: LocalConfig): string {
  const { suffix = "", providerLines = [], lines = [] } = local;
  const ca = local.caFile === undefined ? [] : [`caFile: ${local.caFile}`];
  const provider = (name: string, kind: string, url: string, keys: string, ...own: string[]) =>
    [
      `  - name: ${name}`,
      `kind: ${kind}`,
      `region: ap-singapore`,
      `endpoint: ${url}`,
      `credentials: { type: static, id: "\${env:DEMO_${keys}_ID}", secret: "\${env:DEMO_${keys}_SECRET}" }`,
      ...ca,
      ...own,
      ...providerLines,
    ].join("\n    ");
  // What an account of the Enterprise edition may do; the default is the Basic edition's 5 in all.
  const enterprise = "rateLimit: { totalPerSecond: 50 }";
  return `kafka:
  brokers: [${local.brokers.join(", ")}]
  groupId: rerun-dispatcher${suffix}
  topics:
    requests: rerun.requests${suffix}
    outcomes: rerun.outcomes${suffix}
    deadLetters: rerun.dead-letters${suffix}
    journal: rerun.journal${suffix}
    checkpoints: rerun.checkpoints${suffix}
    slots: rerun.slots${suffix}
    control: rerun.control${suffix}
schemaRegistry:
  url: ${local.registryUrl}
providers:
${provider(WEDATA, "tencent-wedata", local.wedataUrl, "TENCENT")}
${provider(DATAWORKS, "alibaba-dataworks", local.alibabaUrl, "ALIBABA", enterprise)}
${provider(DMS, "alibaba-dms", local.alibabaUrl, "DMS")}
http: { host: 127.0.0.1, port: 0 }
${lines.join("\n")}
`;
}
