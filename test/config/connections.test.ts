import { describe, expect, it } from "vitest";
import { aConfig, configOf, onlyProblemOf, pathsOf, staticOf } from "./parsing.ts";

const kafka = (text: string) => aConfig({ root: `kafka: { ${text} }` });
const registry = (text: string) => aConfig({ root: `schemaRegistry: { ${text} }` });
const PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";

describe("kafka.brokers", () => {
  it("are hosts with ports", () => {
    const config = configOf(kafka('brokers: [a:1, b-2.c:65535, "[::1]:9092"]'));
    expect(config.kafka.brokers).toEqual(["a:1", "b-2.c:65535", "[::1]:9092"]);
  });

  it.each(["a", '"a:"', "a:0", "a:65536", "a:99999", "kafka://a:1", '"a:1,b:2"', "null"])(
    "are not %s",
    (broker) => {
      expect(onlyProblemOf(kafka(`brokers: [${broker}]`)).path).toBe("kafka.brokers[0]");
    },
  );

  it.each(["[]", "null", "a:1", "{}"])("are a list with at least one: %s", (brokers) => {
    expect(onlyProblemOf(kafka(`brokers: ${brokers}`)).path).toBe("kafka.brokers");
  });
});

describe("kafka.topics", () => {
  it.each([".", "..", "a/b", "''", "x".repeat(250), "ö"])("cannot be called %s", (name) => {
    expect(onlyProblemOf(kafka(`topics: { requests: ${name} }`)).path).toBe(
      "kafka.topics.requests",
    );
  });
});

describe("kafka.ssl", () => {
  it.each([
    ["true", { ca: null, cert: null, key: null }],
    ["false", null],
    ["null", null],
    ["{}", { ca: null, cert: null, key: null }],
  ])("%s", (ssl, expected) => {
    expect(configOf(kafka(`ssl: ${ssl}`)).kafka.ssl).toEqual(expected);
  });

  it("reads the files that it names", () => {
    const yaml = kafka("ssl: { caFile: ca.pem, certFile: c.pem, keyFile: k.pem }");
    const files = { "ca.pem": PEM, "c.pem": `c ${PEM}`, "k.pem": `k ${PEM}` };
    const { ssl } = configOf(yaml, { files }).kafka;
    expect(ssl?.ca).toBe(PEM);
    expect(ssl?.cert).toBe(`c ${PEM}`);
    expect(ssl?.key?.reveal()).toBe(`k ${PEM}`);
  });

  it.each([
    ["maybe", "kafka.ssl"],
    ["[ca.pem]", "kafka.ssl"],
    ["{ caFile: no.pem }", "kafka.ssl.caFile"],
    ["{ caFile: text }", "kafka.ssl.caFile"],
    ["{ caFile: 5 }", "kafka.ssl.caFile"],
    ["{ certFile: pem }", "kafka.ssl.keyFile"],
    ["{ keyFile: pem }", "kafka.ssl.certFile"],
    ["{ ca: pem }", "kafka.ssl.ca"],
  ])("cannot be %s", (ssl, path) => {
    const files = { pem: PEM, text: "hello" };
    expect(onlyProblemOf(kafka(`ssl: ${ssl}`), { files }).path).toBe(path);
  });
});

describe("kafka.sasl", () => {
  it.each(["plain", "scram-sha-256", "scram-sha-512"])("%s has user and password", (mechanism) => {
    const yaml = kafka(`sasl: { mechanism: ${mechanism}, username: u, password: p }, ssl: true`);
    const { sasl } = configOf(yaml).kafka;
    expect(sasl).toMatchObject({ mechanism, username: "u" });
    expect(JSON.stringify(sasl)).toContain('"password":"[redacted]"');
  });

  it("oauthbearer has a token", () => {
    const { sasl } = configOf(kafka("sasl: { mechanism: oauthbearer, token: t }")).kafka;
    expect(sasl?.mechanism === "oauthbearer" && sasl.token.reveal()).toBe("t");
  });

  it.each([
    ["{ mechanism: gssapi }", ["kafka.sasl.mechanism"]],
    ["{}", ["kafka.sasl.mechanism"]],
    ["yes", ["kafka.sasl"]],
    ["{ mechanism: plain }", ["kafka.sasl.username", "kafka.sasl.password"]],
    ["{ mechanism: oauthbearer }", ["kafka.sasl.token"]],
    ["{ mechanism: oauthbearer, token: t, username: u }", ["kafka.sasl.username"]],
    ["{ mechanism: plain, username: u, password: p, token: t }", ["kafka.sasl.token"]],
    ["{ mechanism: plain, username: u, password: 123 }", ["kafka.sasl.password"]],
  ])("cannot be %s", (sasl, paths) => {
    expect(pathsOf(kafka(`sasl: ${sasl}`))).toEqual(paths);
  });
});

describe("schemaRegistry", () => {
  it("may have a path, an authority, user and password", () => {
    const yaml = registry(
      "url: https://r.example/apis/ccompat/v7/, username: u, password: p, caFile: ca, timeout: 1s",
    );
    const { schemaRegistry } = configOf(yaml, { files: { ca: PEM } });
    expect(schemaRegistry).toMatchObject({
      url: "https://r.example/apis/ccompat/v7",
      username: "u",
      timeoutMs: 1000,
      ca: PEM,
    });
    expect(schemaRegistry.password?.reveal()).toBe("p");
  });

  it.each([
    ["url: localhost", "schemaRegistry.url"],
    ["url: ftp://localhost", "schemaRegistry.url"],
    ["url: https://u:p@r.example", "schemaRegistry.url"],
    ["url: https://r.example?a=b", "schemaRegistry.url"],
    ["url: null", "schemaRegistry.url"],
    ["username: u", "schemaRegistry.password"],
    ["password: p", "schemaRegistry.username"],
    ["caFile: ca", "schemaRegistry.caFile"],
  ])("cannot have %s", (text, path) => {
    expect(onlyProblemOf(registry(text), { files: { ca: PEM } }).path).toBe(path);
  });
});

describe("a provider's credentials", () => {
  it("are read into secrets", () => {
    const yaml = aConfig({
      provider: 'credentials: { type: static, id: i, secret: s, token: "${env:T}" }',
    });
    const credentials = staticOf(configOf(yaml, { env: { T: "t" } }).providers[0]);
    expect(
      [credentials.id, credentials.secret, credentials.token].map((one) => one?.reveal()),
    ).toEqual(["i", "s", "t"]);
  });

  it.each([
    ["{ id: i, secret: s }", ["type"]],
    ["{ type: statc, id: i, secret: s }", ["type"]],
    ["{ type: static }", ["id", "secret"]],
    ["{ type: static, id: 'a b', secret: s }", ["id"]],
    ["{ type: static, id: i, secret: '' }", ["secret"]],
    ["{ type: static, id: i, secret: s, tokn: t }", ["tokn"]],
  ])("cannot be %s", (credentials, keys) => {
    expect(pathsOf(aConfig({ provider: `credentials: ${credentials}` }))).toEqual(
      keys.map((key) => `providers[0].credentials.${key}`),
    );
  });

  it("name the types that exist when they have none of them", () => {
    const yaml = aConfig({ provider: "credentials: { type: statc, id: i, secret: s }" });
    expect(onlyProblemOf(yaml).expected).toBe(
      "one of static, default, env, instance-role, profile, oidc, role; did you mean static?",
    );
  });
});

describe("a provider's endpoint", () => {
  it("may lie under endpoints.allow", () => {
    const config = configOf(
      aConfig({
        provider: "endpoint: api.example.com",
        root: "endpoints: { allow: [example.com] }",
      }),
    );
    expect(config.providers[0]?.endpoint.host).toBe("api.example.com");
  });

  it("has no authority when it is plain http", () => {
    const yaml = aConfig({ provider: "endpoint: 'http://127.0.0.1:1', caFile: ca" });
    expect(onlyProblemOf(yaml, { files: { ca: PEM } }).path).toBe("providers[0].caFile");
  });

  it("cannot be anything but text", () => {
    expect(onlyProblemOf(aConfig({ provider: "endpoint: 5" })).path).toBe("providers[0].endpoint");
  });

  it("is not the default one because it happens to be called like a placeholder", () => {
    expect(onlyProblemOf(aConfig({ provider: "endpoint: unset" })).path).toBe(
      "providers[0].endpoint",
    );
  });
});
