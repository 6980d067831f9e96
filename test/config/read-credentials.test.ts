import { describe, expect, it } from "vitest";
import { renderProblems } from "../../src/config/config-problem.ts";
import type { CredentialsConfig } from "../../src/config/config.ts";
import { describeCredentials } from "../../src/config/describe-credentials.ts";
import {
  aConfig,
  type Around,
  configOf,
  onlyProblemOf,
  pathsOf,
  problemsOf,
  warningsOf,
} from "./parsing.ts";

const KEY = "providers[0].credentials";
const STATIC = "{ type: static, id: i, secret: s }";
const TENCENT_ROLE = "qcs::cam::uin/1:roleName/r";
const ALIBABA_ROLE = "acs:ram::1:role/r";

const tencent = (credentials: string) => aConfig({ provider: `credentials: ${credentials}` });
const alibaba = (credentials: string) =>
  `{ providers: [{ name: a, kind: alibaba-dataworks, region: r, credentials: ${credentials} }] }`;

function credentialsOf(yaml: string, around?: Around): CredentialsConfig | undefined {
  return configOf(yaml, around).providers[0]?.credentials;
}

describe("credentials without keys of their own", () => {
  it.each(["default", "env", "instance-role"])("are %s", (type) => {
    expect(credentialsOf(tencent(`{ type: ${type} }`))).toEqual({ type });
    expect(credentialsOf(alibaba(`{ type: ${type} }`))).toEqual({ type });
  });

  it.each(["default", "env", "instance-role"])("have none with %s", (type) => {
    const problem = onlyProblemOf(tencent(`{ type: ${type}, id: hunter2 }`));
    expect(problem).toEqual({
      path: `${KEY}.id`,
      found: "an unknown key",
      expected: "only type",
    });
  });
});

describe("a profile", () => {
  it("has a file and a name", () => {
    expect(credentialsOf(tencent("{ type: profile, file: /f, profile: p }"))).toEqual({
      type: "profile",
      file: "/f",
      profile: "p",
    });
  });

  it("is the vendor's default without them", () => {
    const expected = { type: "profile", file: null, profile: null };
    expect(credentialsOf(alibaba("{ type: profile }"))).toEqual(expected);
  });

  it.each([
    ["file: keys.ini", "file"],
    ["file: ~/keys.ini", "file"],
    ["file: /home/me/.aliyun/config.json", "file"],
    ["profile: 'a b'", "profile"],
    ["profile: 5", "profile"],
    ["path: /f", "path"],
  ])("cannot have %s", (text, key) => {
    expect(onlyProblemOf(tencent(`{ type: profile, ${text} }`)).path).toBe(`${KEY}.${key}`);
  });
});

describe("a role", () => {
  it("is taken on with the keys of another source", () => {
    const yaml = alibaba(
      `{ type: role, roleArn: "${ALIBABA_ROLE}", sessionName: me-1, externalId: x-1, source: { type: env } }`,
    );
    expect(credentialsOf(yaml)).toEqual({
      type: "role",
      roleArn: ALIBABA_ROLE,
      sessionName: "me-1",
      externalId: "x-1",
      source: { type: "env" },
    });
  });

  it("is called after this service by default", () => {
    const yaml = tencent(`{ type: role, roleArn: "${TENCENT_ROLE}", source: ${STATIC} }`);
    expect(credentialsOf(yaml)).toMatchObject({
      sessionName: "rerun-dispatcher",
      externalId: null,
      source: { type: "static" },
    });
  });

  it.each([
    [`source: ${STATIC}`, ["roleArn"]],
    [`roleArn: "${ALIBABA_ROLE}", source: ${STATIC}`, ["roleArn"]],
    [`roleArn: "${TENCENT_ROLE}"`, ["source"]],
    [`roleArn: "${TENCENT_ROLE}", source: env`, ["source"]],
    [`roleArn: "${TENCENT_ROLE}", source: { type: passport }`, ["source.type"]],
    [`roleArn: "${TENCENT_ROLE}", source: { type: static, id: i }`, ["source.secret"]],
    [`roleArn: "${TENCENT_ROLE}", source: { type: env, id: i }`, ["source.id"]],
    [`roleArn: "${TENCENT_ROLE}", sessionName: "a b", source: ${STATIC}`, ["sessionName"]],
    [`roleArn: "${TENCENT_ROLE}", externalId: "", source: ${STATIC}`, ["externalId"]],
    [`roleArn: "${TENCENT_ROLE}", duration: 1h, source: ${STATIC}`, ["duration"]],
  ])("cannot be %s", (text, keys) => {
    expect(pathsOf(tencent(`{ type: role, ${text} }`))).toEqual(keys.map((key) => `${KEY}.${key}`));
  });

  it("is not taken on from within another", () => {
    const inner = `{ type: role, roleArn: "${TENCENT_ROLE}", source: ${STATIC} }`;
    const yaml = tencent(`{ type: role, roleArn: "${TENCENT_ROLE}", source: ${inner} }`);
    expect(onlyProblemOf(yaml)).toEqual({
      path: `${KEY}.source.type`,
      found: '"role"',
      expected:
        "one of static, default, env, instance-role, profile, oidc: a role is not taken on from within another",
    });
  });

  it("reads its source's keys again from their files", () => {
    const source = '{ type: static, id: i, secret: "${file:s}" }';
    const files: Record<string, string> = { s: "one" };
    const yaml = tencent(`{ type: role, roleArn: "${TENCENT_ROLE}", source: ${source} }`);
    const role = credentialsOf(yaml, { files });
    files["s"] = "two\n";
    const again =
      role?.type === "role" && role.source.type === "static" ? role.source.reread?.() : null;
    expect(again?.secret.reveal()).toBe("two");
    expect(again?.id.reveal()).toBe("i");
  });
});

describe("OIDC", () => {
  it("has a role, a provider, a token's file and a session", () => {
    const keys = "tokenFile: /t, sessionName: me-1";
    const expected = { type: "oidc", provider: "p", tokenFile: "/t", sessionName: "me-1" };
    expect(
      credentialsOf(tencent(`{ type: oidc, roleArn: "${TENCENT_ROLE}", providerId: p, ${keys} }`)),
    ).toEqual({ ...expected, roleArn: TENCENT_ROLE });
    expect(
      credentialsOf(alibaba(`{ type: oidc, roleArn: "${ALIBABA_ROLE}", providerArn: p, ${keys} }`)),
    ).toEqual({ ...expected, roleArn: ALIBABA_ROLE });
  });

  it("takes what is missing from the vendor's variables", () => {
    const env = {
      TKE_ROLE_ARN: TENCENT_ROLE,
      TKE_PROVIDER_ID: "from-env",
      TKE_WEB_IDENTITY_TOKEN_FILE: "/from/env",
      ALIBABA_CLOUD_ROLE_ARN: ALIBABA_ROLE,
      ALIBABA_CLOUD_OIDC_PROVIDER_ARN: "arn-from-env",
      ALIBABA_CLOUD_OIDC_TOKEN_FILE: "/alibaba/from/env",
      ALIBABA_CLOUD_ROLE_SESSION_NAME: "session-from-env",
    };
    expect(credentialsOf(tencent("{ type: oidc, tokenFile: /mine }"), { env })).toEqual({
      type: "oidc",
      roleArn: TENCENT_ROLE,
      provider: "from-env",
      tokenFile: "/mine",
      sessionName: "rerun-dispatcher",
    });
    expect(credentialsOf(alibaba("{ type: oidc }"), { env })).toEqual({
      type: "oidc",
      roleArn: ALIBABA_ROLE,
      provider: "arn-from-env",
      tokenFile: "/alibaba/from/env",
      sessionName: "session-from-env",
    });
  });

  it("is refused with the variable's name when it is nowhere", () => {
    const yaml = tencent(`{ type: oidc, roleArn: "${TENCENT_ROLE}", providerId: p }`);
    expect(onlyProblemOf(yaml)).toEqual({
      path: `${KEY}.tokenFile`,
      found: "nothing, and TKE_WEB_IDENTITY_TOKEN_FILE is not set",
      expected:
        "an absolute path: it is not searched for, here or in the variable TKE_WEB_IDENTITY_TOKEN_FILE",
    });
  });

  it("does not show what a variable says", () => {
    const env = { TKE_WEB_IDENTITY_TOKEN_FILE: "hunter2" };
    const text = renderProblems(problemsOf(tencent("{ type: oidc }"), { env }));
    expect(text).toContain("TKE_WEB_IDENTITY_TOKEN_FILE is something else (not shown)");
    expect(text).not.toContain("hunter2");
  });

  it("refuses the other cloud's name for the provider", () => {
    const keys = "providerArn: p, providerId: p, tokenFile: /t";
    const problem = onlyProblemOf(tencent(`{ type: oidc, roleArn: "${TENCENT_ROLE}", ${keys} }`));
    expect(problem).toMatchObject({ path: `${KEY}.providerArn`, found: "an unknown key" });
  });

  it("may be missing altogether where secrets may be", () => {
    const warnings = warningsOf(tencent("{ type: oidc }"), { allowMissingSecrets: true });
    expect(warnings.map(({ path }) => path)).toEqual([
      `${KEY}.roleArn`,
      `${KEY}.providerId`,
      `${KEY}.tokenFile`,
    ]);
  });
});

describe("what a problem of credentials shows", () => {
  const role = (text: string) => `{ type: role, ${text} }`;
  const arn = `roleArn: "${TENCENT_ROLE}"`;

  it.each([
    ["type", "{ type: passport }", '"passport"'],
    ["roleArn", role(`roleArn: arn-1, source: ${STATIC}`), '"arn-1"'],
    ["sessionName", role(`${arn}, sessionName: a b, source: ${STATIC}`), '"a b"'],
    ["externalId", role(`${arn}, externalId: 5, source: ${STATIC}`), "5"],
    ["source.type", role(`${arn}, source: { type: passport }`), '"passport"'],
    ["source.profile", role(`${arn}, source: { type: profile, profile: a b }`), '"a b"'],
    ["file", "{ type: profile, file: keys.ini }", '"keys.ini"'],
    ["profile", "{ type: profile, profile: a b }", '"a b"'],
    ["tokenFile", `{ type: oidc, ${arn}, providerId: p, tokenFile: here }`, '"here"'],
    ["providerId", `{ type: oidc, ${arn}, providerId: a b, tokenFile: /t }`, '"a b"'],
  ])("of %s is what stands there: %s", (key, credentials, found) => {
    expect(onlyProblemOf(tencent(credentials))).toMatchObject({ path: `${KEY}.${key}`, found });
  });

  it("is what stands there of the other cloud's provider", () => {
    const yaml = alibaba(
      `{ type: oidc, roleArn: "${ALIBABA_ROLE}", providerArn: a b, tokenFile: /t }`,
    );
    expect(onlyProblemOf(yaml)).toMatchObject({ path: `${KEY}.providerArn`, found: '"a b"' });
  });

  it.each([
    ["{ type: AKIDexample1 }", "type"],
    ["{ type: akid-example-1 }", "type"],
    ["{ type: static, id: a b, secret: s }", "id"],
    ["{ type: static, id: i, secret: a b }", "secret"],
    ["{ type: static, id: i, secret: s, token: a b }", "token"],
  ])("is not what may be a key: %s", (credentials, key) => {
    expect(onlyProblemOf(tencent(credentials))).toMatchObject({
      path: `${KEY}.${key}`,
      found: "a value (not shown)",
    });
  });

  it("is nothing that came through a reference", () => {
    const yaml = tencent('{ type: profile, file: "${env:F}" }');
    const { found } = onlyProblemOf(yaml, { env: { F: "hunter2" } });
    expect(found).toBe("a value that came through a reference (not shown)");
  });

  it.each([
    ["id: 1234, secret: s", "id", "a number (not shown)"],
    ["id: i, secret: 1234", "secret", "a number (not shown)"],
    ["id: i, secret: s, token: 1e5", "token", "a number (not shown)"],
    ["id: i, secret: true", "secret", "true or false (not shown)"],
  ])("is what YAML takes a key for, with what to do: %s", (keys, key, found) => {
    expect(onlyProblemOf(tencent(`{ type: static, ${keys} }`))).toStrictEqual({
      path: `${KEY}.${key}`,
      found,
      expected: "text without blanks and line ends: put it in quotes",
    });
  });

  it("is that a text is empty", () => {
    expect(onlyProblemOf(tencent("{ type: static, id: i, secret: s, token: '' }"))).toStrictEqual({
      path: `${KEY}.token`,
      found: "an empty text",
      expected: "text without blanks and line ends",
    });
  });
});

describe("credentials of no type", () => {
  it.each([
    ["{ id: i, secret: s }", "type"],
    ["{ type: rol, roleArn: x }", "type"],
    ["{ type: [static] }", "type"],
  ])("are %s", (credentials, key) => {
    expect(onlyProblemOf(tencent(credentials)).path).toBe(`${KEY}.${key}`);
  });

  it.each(["null", "static", "[]"])("are a mapping, not %s", (credentials) => {
    expect(onlyProblemOf(tencent(credentials)).path).toBe(KEY);
  });
});

describe("static credentials", () => {
  it("that are missing with their files cannot be read again", () => {
    const yaml = tencent('{ type: static, id: i, secret: "${file:/no}" }');
    const credentials = credentialsOf(yaml, { allowMissingSecrets: true });
    expect(credentials).toMatchObject({ type: "static", reread: null });
  });
});

describe("the description of credentials", () => {
  it.each([
    tencent("{ type: instance-role }"),
    tencent("{ type: profile, file: /f }"),
    tencent(`{ type: oidc, roleArn: "${TENCENT_ROLE}", providerId: p, tokenFile: /t }`),
    tencent(`{ type: role, roleArn: "${TENCENT_ROLE}", source: { type: env } }`),
  ])("means the same: %s", (yaml) => {
    const credentials = credentialsOf(yaml);
    const described = describeCredentials(credentials!, false);
    expect(credentialsOf(tencent(JSON.stringify(described)))).toEqual(credentials);
  });

  it("calls the provider like the cloud does", () => {
    const yaml = alibaba(
      `{ type: oidc, roleArn: "${ALIBABA_ROLE}", providerArn: p, tokenFile: /t }`,
    );
    expect(describeCredentials(credentialsOf(yaml)!, true)).toMatchObject({ providerArn: "p" });
  });

  it("hides the keys, within a role too", () => {
    const source = "{ type: static, id: hunter1, secret: hunter2, token: hunter3 }";
    const yaml = tencent(`{ type: role, roleArn: "${TENCENT_ROLE}", source: ${source} }`);
    const described = describeCredentials(credentialsOf(yaml)!, false);
    expect(described).toMatchObject({
      source: { id: "[redacted]", secret: "[redacted]", token: "[redacted]" },
    });
  });
});
