/** The arrows of docs/architecture.md, enforced. `from` may not reach `to`. */
module.exports = {
  forbidden: [
    {
      name: "domain-imports-nothing",
      comment: "The words stand for themselves: no library, no Node, no other folder.",
      severity: "error",
      from: { path: "^src/domain" },
      to: { pathNot: "^src/domain" },
    },
    {
      name: "adapters-do-not-know-each-other",
      severity: "error",
      from: { path: "^src/providers/([^/]+)/" },
      to: { path: "^src/providers/[^/]+/", pathNot: "^src/providers/$1/" },
    },
    {
      name: "adapters-see-only-the-domain",
      comment: "And the files directly in src/providers: what the adapters of one cloud share.",
      severity: "error",
      from: { path: "^src/providers/[^/]+/" },
      to: { path: "^src/", pathNot: "^src/(domain|providers)/" },
    },
    {
      name: "adapters-open-no-sockets",
      comment: "Every byte to a provider goes through the wire.",
      severity: "error",
      from: { path: "^src/providers/" },
      to: { path: "^(node:)?(net|tls|https|dns|http2)$" },
    },
    {
      name: "the-product-knows-no-development-tools",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(dev|bench|test)/" },
    },
    // One home per vendor library, so that a frozen one can be replaced behind its seam.
    ...[
      ["bottleneck", "^src/lanes/throttle\\.ts$"],
      ["croner", "^src/lanes/cron-starts\\.ts$"],
      ["kafkajs", "^src/kafka/"],
      ["lz4js", "^src/kafka/"],
      ["fzstd", "^src/kafka/"],
      ["@kafkajs/confluent-schema-registry", "^src/avro/"],
      ["avsc", "^src/(avro|cli)/"],
      ["tencentcloud-sdk-nodejs", "^src/(providers/tencent-wedata/sdk|credentials/tencent)\\.ts$"],
      ["@alicloud/", "^src/(providers/alibaba-sdk|credentials/alibaba)\\.ts$"],
      ["prom-client", "^src/observability/"],
      ["pino", "^src/observability/"],
      ["yaml", "^src/config/"],
      ["commander", "^src/cli/program\\.ts$"],
    ].map(([library, home]) => ({
      name: `one-home-for-${library}`,
      severity: "error",
      from: { path: "^src/", pathNot: home },
      to: { path: `node_modules/${library}` },
    })),
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, pathNot: ["^src/main\\.ts$", "\\.d\\.ts$"] },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { extensions: [".ts", ".js"] },
  },
};
