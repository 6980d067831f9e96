import { describe, expect, it } from "vitest";
import { inspect } from "node:util";
import { renderProblems } from "../../src/config/config-problem.ts";
import { describeConfig } from "../../src/config/describe-config.ts";
import { aConfig, configOf, parse, problemsOf } from "./parsing.ts";

const PLANTED = "hunter2hunter2";

describe("a planted secret is in no problem", () => {
  it.each([
    `credentials: ${PLANTED}`,
    `credentials: [${PLANTED}]`,
    `credentials: { ${PLANTED} }`,
    `credentials: { type: ${PLANTED} }`,
    `credentials: { type: static, id: 7, secret: "", token: "${PLANTED} x" }`,
    `credentials: { type: role, roleArn: "\${env:PLANTED}", source: { type: static, id: "${PLANTED} x", secret: "${PLANTED} x" } }`,
    `credentials: { type: "\${env:PLANTED}" }`,
    `credentials: { type: static, id: "${PLANTED} x", secret: "${PLANTED}\\n" }`,
    `credentials: { type: static, id: i, secret: s, token: [${PLANTED}] }`,
    `credentials: { type: static, id: i, secret: "\${${PLANTED}" }`,
    `credentials: { type: static, id: i, secret: "\${env:X}", secretKey: ${PLANTED} }`,
    `credentials: { type: static, id: i, secret: s, "password:${PLANTED}" }`,
    `endpoint: "https://u:${PLANTED}@x.aliyuncs.com"`,
    `endpoint: "u:${PLANTED}@x.aliyuncs.com"`,
    `endpoint: "https://u:${PLANTED}@\${HOST}"`,
    `endpoint: "https://x.aliyuncs.com?token=${PLANTED}"`,
    `secret: ${PLANTED}`,
    `retry: { "password:${PLANTED}" }`,
    `name: "\${env:PLANTED}/"`,
    `name: "x \${env:PLANTED}"`,
    `kind: "\${env:PLANTED}"`,
    `region: "\${file:planted}!"`,
    `callTimeout: "\${env:PLANTED}"`,
    `breaker: "\${env:PLANTED}"`,
    `uncertain: "\${env:PLANTED}"`,
    `endpoint: "\${env:PLANTED}.com"`,
    `caFile: "\${env:PLANTED}"`,
    `caFile: "-----BEGIN X ${PLANTED}"`,
  ])("of a provider: %s", (provider) => {
    const around = { env: { PLANTED, X: "x" }, files: { planted: PLANTED } };
    const problems = problemsOf(aConfig({ provider }), around);
    expect(problems.length).toBeGreaterThan(0);
    expect(renderProblems(problems)).not.toContain(PLANTED);
  });

  it.each([
    `kafka: { sasl: ${PLANTED} }`,
    `kafka: { sasl: { mechanism: plain, username: u, password: { ${PLANTED} } } }`,
    `kafka: { sasl: { mechanism: oauthbearer, token: [${PLANTED}] } }`,
    `kafka: { brokers: ["u:${PLANTED}@b:9092"] }`,
    `kafka: { ssl: { certFile: pem, keyFile: "-----BEGIN KEY-----${PLANTED}" } }`,
    `kafka: { ssl: { certFile: pem, keyFile: key } }`,
    `schemaRegistry: { url: "http://u:${PLANTED}@r:1" }`,
    `schemaRegistry: { url: "u:${PLANTED}@r" }`,
    `schemaRegistry: { username: u, password: [${PLANTED}] }`,
    `schemaRegistry: { password: ${PLANTED} }`,
    `drainTimeout: "\${env:PLANTED}"`,
    `http: { host: "\${env:PLANTED} " }`,
  ])("of the rest: %s", (root) => {
    const around = {
      env: { PLANTED },
      files: { pem: "-----BEGIN X", key: PLANTED },
    };
    const problems = problemsOf(aConfig({ root }), around);
    expect(renderProblems(problems)).not.toContain(PLANTED);
  });

  it("nor is a number that came through a reference, in a relation", () => {
    const root =
      'drainTimeout: "${env:D}", kafka: { sessionTimeout: "${env:S}", heartbeatInterval: 20s }';
    const text = renderProblems(
      problemsOf(aConfig({ root }), { env: { D: "7777ms", S: "8888ms" } }),
    );
    expect(text).toContain("drainTimeout (a value that came through a reference (not shown))");
    expect(text).not.toMatch(/7777|8888/);
  });
});

describe("the secrets of a good config", () => {
  const yaml = aConfig({
    provider: `credentials: { type: static, id: ${PLANTED}1, secret: ${PLANTED}2, token: ${PLANTED}3 }`,
    root: `kafka: { ssl: { certFile: pem, keyFile: pem }, sasl: { mechanism: plain, username: u, password: ${PLANTED}4 } },
      schemaRegistry: { username: u, password: ${PLANTED}5 }`,
  });
  const around = { files: { pem: `-----BEGIN KEY-----\n${PLANTED}\n` } };

  it("are not in its description", () => {
    expect(describeConfig(configOf(yaml, around))).not.toContain(PLANTED);
  });

  it("are printed by neither JSON nor inspection", () => {
    const parsed = parse(yaml.replace("certFile: pem, ", "certFile: cert, "), {
      files: { ...around.files, cert: "-----BEGIN CERTIFICATE-----" },
    });
    expect(parsed.ok).toBe(true);
    expect(JSON.stringify(parsed)).not.toContain(PLANTED);
    expect(inspect(parsed, { depth: 20 })).not.toContain(PLANTED);
  });
});
