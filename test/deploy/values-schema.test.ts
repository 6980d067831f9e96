import { readFileSync } from "node:fs";

import { type Schema, Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import { MEANINGS } from "../../dev/generate/config-meanings.ts";
import {
  allowedAt,
  isKnown,
  keysAt,
  problemsOf,
  type Tree,
  withValue,
} from "../../dev/generate/config-probe.ts";
import { configSchema, unknownRules } from "../../dev/generate/chart/config-schema.ts";
import { valuesSchema } from "../../dev/generate/chart/values-schema.ts";

const schema = new Validator(valuesSchema() as Schema, "7", false);

const DEFAULTS = parse(
  readFileSync(new URL("../../helm/rerun-dispatcher/values.yaml", import.meta.url), "utf8"),
) as object; // YAML is such a tree

/** Literal keys, which the schema refuses and these tests are not about, become references. */
function asValues(config: Tree): unknown {
  const text = JSON.stringify(config)
    .replaceAll('"id":"id"', '"id":"${env:ID}"')
    .replaceAll('"secret":"secret"', '"secret":"${env:SECRET}"')
    .replaceAll('"password":"password"', '"password":"${env:PASSWORD}"');
  return withConfig(JSON.parse(text));
}

/** The chart's own values with another config. */
function withConfig(config: unknown): unknown {
  return { ...DEFAULTS, config };
}

function isAccepted(config: Tree): boolean {
  return schema.validate(asValues(config)).valid;
}

/** What only the chart refuses: literal secrets, and what it must know itself. */
const STRICTER = [
  "kafka.sasl.password",
  "kafka.sasl.token",
  "schemaRegistry.password",
  "providers[].credentials.id",
  "providers[].credentials.secret",
  "providers[].credentials.token",
  "http.port",
];

const ANYTHING: readonly Tree[] = [
  ...[null, true, false, "", " ", "x", "a b", "25", "25s", "25 s", "1d", ".", "a.b", "/etc/x"],
  ...[-1, 0, 1, 2.5, 20, 1e9, [], {}, [1], ["a.b"], ["a:1"], ["10.0.0.0/8"], { zzz: 1 }],
  ...["http://a", "https://a:1/b", "ftp://a", "0 22 * * *", "Asia/Shanghai", "a".repeat(300)],
];

/** Values at the border of what the parser says. */
function bordersOf(allowed: string): readonly Tree[] {
  const whole = /^a whole number from (\d+) to (\d+)/.exec(allowed)?.slice(1).map(Number) ?? [];
  const times = /^a duration from (\w+) to (\w+)/.exec(allowed)?.slice(1) ?? [];
  const choices = /^one of (.*)$/.exec(allowed)?.[1]?.split(", ") ?? [];
  const around = (number: number): readonly number[] => [number - 1, number, number + 1];
  const shifted = times.flatMap((time) => {
    const [, number = "", unit = ""] = /^(\d+)(\D+)$/.exec(time) ?? [];
    return around(Number(number)).map((one) => `${one}${unit}`);
  });
  return [...whole.flatMap(around), ...shifted, ...choices, ...choices.map((one) => `${one}x`)];
}

const kindOf = (path: string) =>
  isKnown(path, "tencent-wedata") ? "tencent-wedata" : "alibaba-dataworks";

const cases = Object.keys(MEANINGS)
  .filter((path) => isKnown(path, "tencent-wedata"))
  .flatMap((path) => {
    const allowed = allowedAt(path, kindOf(path));
    return [...ANYTHING, ...bordersOf(allowed)].map((value) => {
      const config = withValue(path, value);
      return { path, value, allowed, config, problems: problemsOf(config) };
    });
  });

const told = ({ path, value }: { readonly path: string; readonly value: Tree }) =>
  `${path}: ${JSON.stringify(value)}`;

describe("values.schema.json beside the config's parser", () => {
  it("knows the words of every rule", () => {
    expect(unknownRules()).toEqual([]);
  });

  it("has the parser's keys, section by section", () => {
    const { properties = {} } = configSchema();
    expect(Object.keys(properties).toSorted()).toEqual(keysAt("").toSorted());
    const providers = properties["providers"]?.items?.properties ?? {};
    expect(Object.keys(providers).toSorted()).toEqual(keysAt("providers[]").toSorted());
  });

  it("accepts every value that the parser accepts", () => {
    const right = cases.filter(
      ({ path, problems }) => problems.length === 0 && !STRICTER.includes(path),
    );
    expect(right.length).toBeGreaterThan(300);
    expect(right.filter(({ config }) => !isAccepted(config)).map(told)).toEqual([]);
  });

  it("refuses every value that the parser refuses for itself alone", () => {
    const wrong = cases.filter(({ path, allowed, problems }) =>
      problems.some((one) => one.expected === allowed && one.path === path.replaceAll("[]", "[0]")),
    );
    expect(wrong.length).toBeGreaterThan(1000);
    expect(wrong.filter(({ config }) => isAccepted(config)).map(told)).toEqual([]);
  });

  it.each([
    ["schemaRegistry.url", "https://registry:99999"],
    ["schemaRegistry.url", "https://registry:8081a"],
    ["schemaRegistry.url", "https://%zz"],
    ["providers[].endpoint", "https://wedata.tencentcloudapi.com/path"],
    ["providers[].endpoint", "ftp://wedata.tencentcloudapi.com"],
    ["providers[].endpoint", "http://wedata.tencentcloudapi.com"],
    ["providers[].endpoint", "wedata.tencentcloudapi.com:99999"],
    ["providers[].holdWindows", [{ cron: "60 22 * * *", duration: "1h" }]],
    ["providers[].holdWindows", [{ cron: "0 24 * * *", duration: "1h" }]],
    ["endpoints.allowAddresses", ["10.0.0.0/33"]],
    ["endpoints.allowAddresses", ["999.0.0.0/8"]],
    ["endpoints.allowAddresses", ["10.0/8"]],
    ["endpoints.allowAddresses", ["fd00::/129"]],
    ["endpoints.allowAddresses", ["fd00::1::/64"]],
    ["drainTimeout", "00000000025s"],
  ])("refuses %s: %j, as the parser does", (path, value) => {
    const config = withValue(path, value);
    expect(problemsOf(config)).not.toEqual([]);
    expect(isAccepted(config)).toBe(false);
  });

  it.each([
    ["schemaRegistry.url", "HTTPS://[fd00::1]:8081/apis/ccompat%20v7/"],
    ["providers[].endpoint", "https://wedata.tencentcloudapi.com:8443/"],
    ["providers[].endpoint", "http://127.0.0.1:1"],
    ["providers[].endpoint", "[::1]:8443"],
    ["providers[].holdWindows", [{ cron: "*/5,59 0-23/2,7 L * FRI", duration: "1m" }]],
    ["endpoints.allowAddresses", ["0.0.0.0/0", "255.255.255.255/32", "::/0", "fd00:1::/32"]],
    ["drainTimeout", "00000025s"],
  ])("accepts %s: %j, as the parser does", (path, value) => {
    const config = withValue(path, value);
    expect(problemsOf(config)).toEqual([]);
    expect(isAccepted(config)).toBe(true);
  });

  it("accepts every IPv6 address as a range", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        // An IPv4 address at its end is a spelling that only the parser takes.
        fc.pre(!address.includes("."));
        const config = withValue("endpoints.allowAddresses", [`${address}/128`]);
        expect([address, problemsOf(config), isAccepted(config)]).toEqual([address, [], true]);
      }),
    );
  });

  it("lets references stand beside a host, but no log-in before it", () => {
    const accepts = (path: string) => (text: string) => isAccepted(withValue(path, text));
    expect(
      ["${env:URL}", "https://${env:HOST}:8081", "https://${file:/a@b}"].filter(
        accepts("schemaRegistry.url"),
      ),
    ).toHaveLength(3);
    for (const path of ["schemaRegistry.url", "providers[].endpoint"]) {
      expect(
        ["https://u:hunter2@${env:HOST}", "https://${env:USER}:hunter2@a", "${env:A}@b"].filter(
          accepts(path),
        ),
      ).toEqual([]);
    }
  });

  it.each([
    "kafka.ssl.keyFile",
    "kafka.ssl.certFile",
    "schemaRegistry.caFile",
    "providers[].caFile",
  ])("takes the path of a file for %s, or one reference to it, and no file's text", (path) => {
    const accepted = ["/etc/key.pem", "${env:KEY_FILE}"];
    const pem = "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n";
    const refused = ["key.pem", pem, `${pem}\${env:A}`, `/etc\n${pem}`];
    const all = [...accepted, ...refused];
    expect(all.filter((text) => isAccepted(withValue(path, text)))).toEqual(accepted);
  });

  it("refuses keys that the parser does not know, at every depth", () => {
    const sections = ["", "kafka", "kafka.topics", "http", "providers[]", "providers[].retry"];
    const odd = sections.map((path) => withValue(path === "" ? "zzz" : `${path}.zzz`, 1));
    expect(odd.map((config) => isAccepted(config))).toEqual(sections.map(() => false));
  });

  it.each([
    { type: "static", id: "${env:A}", secret: "${file:/b}" },
    { type: "static", id: "${env:A}", secret: "${file:/b}", token: null },
    { type: "default" },
    { type: "instance-role" },
    { type: "profile", file: "/etc/keys.ini", profile: "reruns" },
    { type: "oidc", roleArn: "qcs::cam::uin/1:roleName/reruns", tokenFile: "/token" },
    { type: "role", roleArn: "acs:ram::1:role/reruns", source: { type: "env" } },
  ])("accepts credentials of type $type", (credentials) => {
    expect(isAccepted(withValue("providers[].credentials", credentials))).toBe(true);
  });

  it.each([
    { type: "static", id: "AKID", secret: "${file:/b}" },
    { type: "static", id: "${env:A}", secret: "hunter2" },
    { type: "static", id: "${env:A}", secret: "x${file:/b}" },
    { type: "static", id: "${env:A}" },
    { type: "env", id: "${env:A}" },
    { type: "role", source: { type: "env" } },
    { type: "role", roleArn: "acs:ram::1:role/reruns", source: { type: "role" } },
    { type: "profile", file: "keys.ini" },
    { type: "profile", file: "[default]\n${env:A}" },
    { type: "oidc", tokenFile: "eyJhbGci${env:A}" },
    { type: "key" },
    {},
  ])("refuses credentials that are literal, unfinished or of no type: %j", (credentials) => {
    const [provider] = [{ name: "a", kind: "alibaba-dms", region: "cn-shanghai", credentials }];
    expect(schema.validate(withConfig({ providers: [provider] })).valid).toBe(false);
  });

  it("accepts the config that the repository shows as an example", () => {
    const text = readFileSync(
      new URL("../../examples/config/rerun-dispatcher.yaml", import.meta.url),
      "utf8",
    );
    const { valid, errors } = schema.validate(withConfig(parse(text)));
    expect({ valid, errors }).toEqual({ valid: true, errors: [] });
  });
});
