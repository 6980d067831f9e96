import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { describeConfig } from "../../src/config/describe-config.ts";
import { aConfig, configOf, warningsOf } from "./parsing.ts";

const example = readFileSync(
  new URL("../../examples/config/rerun-dispatcher.yaml", import.meta.url),
  "utf8",
);
const env = { TC_ID: "a", TC_SECRET: "b", ALI_ID: "c", ALI_SECRET: "d" };

describe("the description of a config", () => {
  it("is a config again, with the same meaning", () => {
    const config = configOf(example, { env });
    const again = configOf(describeConfig(config));
    expect(again).toEqual(config);
  });

  it("spells durations and defaults like the contract", () => {
    const described: unknown = parseYaml(describeConfig(configOf(aConfig())));
    expect(described).toMatchObject({
      kafka: { brokers: ["localhost:9092"], ssl: false, sasl: null, sessionTimeout: "45s" },
      providers: [
        {
          endpoint: "https://wedata.intl.tencentcloudapi.com",
          credentials: { type: "static", id: "[redacted]", secret: "[redacted]", token: null },
          connectTimeout: "5s",
          retry: { firstDelay: "500ms" },
          breaker: { failures: 5, openFor: "30s" },
          holdWindows: [],
          uncertain: "report",
          track: { timeout: "10m", until: "submitted" },
        },
      ],
      dedupe: { window: "24h" },
      claims: { callWithin: "3s", grace: "5s" },
      throttle: { scope: "group" },
      drainTimeout: "25s",
    });
  });

  it("shows sasl and ssl without their secrets", () => {
    const root =
      "kafka: { ssl: true, sasl: { mechanism: oauthbearer, token: t } }, schemaRegistry: { username: u, password: p }";
    expect(parseYaml(describeConfig(configOf(aConfig({ root }))))).toMatchObject({
      kafka: { ssl: true, sasl: { mechanism: "oauthbearer", token: "[redacted]" } },
      schemaRegistry: { username: "u", password: "[redacted]" },
    });
  });

  it("says of files that they were read", () => {
    const root = "kafka: { ssl: { caFile: ca, certFile: ca, keyFile: ca } }";
    const files = { ca: "-----BEGIN X" };
    expect(parseYaml(describeConfig(configOf(aConfig({ root }), { files })))).toMatchObject({
      kafka: { ssl: { caFile: "[read]", certFile: "[read]", keyFile: "[redacted]" } },
    });
  });
});

describe("the example", () => {
  it("is a good config without warnings", () => {
    expect(warningsOf(example, { env })).toEqual([]);
    expect(configOf(example, { env }).providers.map(({ name }) => name)).toEqual([
      "wedata-demo",
      "dataworks-demo",
      "dms-demo",
    ]);
  });

  it("needs nothing but the variables that it names", () => {
    expect(() => configOf(example)).toThrow("${env:TC_ID}, which is not set");
  });
});
