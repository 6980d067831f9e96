import { describe, expect, it } from "vitest";
import {
  aConfig,
  configOf,
  onlyProblemOf,
  pathsOf,
  problemsOf,
  staticOf,
  warningsOf,
} from "./parsing.ts";

const withPort = (port: string) => aConfig({ root: `http: { port: "${port}" }` });
const withClientId = (id: string) => aConfig({ root: `kafka: { clientId: "${id}" }` });

describe("${env:NAME} and ${file:PATH}", () => {
  it("are replaced within longer text, several times", () => {
    const yaml = withClientId("a-${env:X}-${file:f}-${env:X}");
    const config = configOf(yaml, { env: { X: "x" }, files: { f: "from file".replace(" ", "-") } });
    expect(config.kafka.clientId).toBe("a-x-from-file-x");
  });

  it.each(["\n", "\r\n"])("lose one line end of a file (%j)", (end) => {
    const config = configOf(
      aConfig({ provider: 'credentials: { type: static, id: i, secret: "${file:f}" }' }),
      {
        files: { f: `s3cr3t${end}` },
      },
    );
    expect(staticOf(config.providers[0]).secret.reveal()).toBe("s3cr3t");
  });

  it("become numbers and booleans where those are expected", () => {
    const yaml = aConfig({ root: 'http: { port: "${env:PORT}" }, kafka: { ssl: "${env:SSL}" }' });
    const config = configOf(yaml, { env: { PORT: "8080", SSL: "true" } });
    expect(config.http.port).toBe(8080);
    expect(config.kafka.ssl).toEqual({ ca: null, cert: null, key: null });
  });

  it("stay text where text is expected", () => {
    expect(configOf(withClientId("${env:X}"), { env: { X: "0123" } }).kafka.clientId).toBe("0123");
  });

  it("do not become numbers as a part of longer text", () => {
    expect(onlyProblemOf(withPort("80${env:X}"), { env: { X: "80" } }).path).toBe("http.port");
  });

  it("are not searched for references again", () => {
    const config = configOf(withClientId("${env:X}"), { env: { X: "${env:Y}" } });
    expect(config.kafka.clientId).toBe("${env:Y}");
  });

  it("are a problem when the variable is not set", () => {
    expect(onlyProblemOf(withPort("${env:PORT}"))).toEqual({
      path: "http.port",
      found: "${env:PORT}, which is not set",
      expected: "PORT in the environment",
    });
  });

  it("do not find what every object inherits", () => {
    expect(onlyProblemOf(withPort("${env:constructor}")).found).toContain("which is not set");
  });

  it("are a problem when the file cannot be read", () => {
    expect(onlyProblemOf(withPort("${file:/no}"))).toMatchObject({
      path: "http.port",
      found: "${file:/no}, which cannot be read (ENOENT)",
    });
  });

  it.each(["${PORT}", "${env:}", "${env:PORT", "${vault:x}", "${env:${env:X}}"])(
    "are a problem when they are written %s",
    (text) => {
      const problem = onlyProblemOf(withClientId(text), { env: { X: "PORT" } });
      expect(problem.path).toBe("kafka.clientId");
      expect(problem.expected).toContain("${env:NAME} or ${file:PATH}");
    },
  );

  it("are each reported once, at their own paths", () => {
    const yaml = aConfig({
      provider: 'credentials: { type: static, id: "${env:A}", secret: "${env:B}" }',
      root: 'http: { port: "${env:C}" }, drainTimeout: "${env:D}"',
    });
    expect(pathsOf(yaml)).toEqual([
      "providers[0].credentials.id",
      "providers[0].credentials.secret",
      "http.port",
      "drainTimeout",
    ]);
  });
});

describe("missing secrets that are allowed to be missing", () => {
  const yaml = aConfig({
    provider:
      'credentials: { type: static, id: "${env:A}", secret: "${file:b}" }, endpoint: "${env:E}", caFile: ca.pem',
    root: `http: { port: "\${env:C}" }, drainTimeout: "\${env:D}", schemaRegistry: { url: "\${env:U}", username: "\${env:N}", password: "\${env:P}" },
      kafka: { brokers: ["\${env:K}"], ssl: { certFile: "\${env:CERT}", keyFile: key.pem }, sasl: { mechanism: "\${env:M}", username: u, password: "\${env:P}" } }, throttle: { scope: "\${env:S}" }`,
  });

  it("are replaced by something harmless, with a warning each", () => {
    const paths = warningsOf(yaml, { allowMissingSecrets: true }).map(({ path }) => path);
    expect(paths).toContain("providers[0].credentials.id");
    expect(paths).toContain("providers[0].caFile");
    expect(paths).toContain("kafka.ssl.keyFile");
    expect(configOf(yaml, { allowMissingSecrets: true }).http.port).toBe(9464);
  });

  it("may be those of the providers' credentials only", () => {
    const around = { allowMissingSecrets: "of-providers" } as const;
    const paths = pathsOf(yaml, around);
    expect(paths).toContain("kafka.sasl.password");
    expect(paths).toContain("schemaRegistry.password");
    expect(paths).toContain("providers[0].caFile");
    expect(paths.filter((path) => path.includes("credentials"))).toEqual([]);
  });

  it.each([
    '{ type: static, id: "${env:A}", secret: "${file:b}", token: "${env:T}" }',
    '{ type: role, roleArn: "${env:R}", source: { type: static, id: i, secret: "${env:S}" } }',
    '{ type: role, roleArn: "qcs::cam::r", source: { type: oidc } }',
    '"${env:ALL}"',
  ])("may then be anywhere in them: %s", (credentials) => {
    const one = aConfig({ provider: `credentials: ${credentials}` });
    expect(warningsOf(one, { allowMissingSecrets: "of-providers" })).not.toEqual([]);
    expect(problemsOf(one)).not.toEqual([]);
  });

  it("do not excuse references that are wrong in themselves", () => {
    expect(pathsOf(withPort("${PORT}"), { allowMissingSecrets: true })).toEqual(["http.port"]);
  });
});
