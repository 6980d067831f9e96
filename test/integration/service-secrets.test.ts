import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { runCommand } from "../support/run-command.ts";
import { configOf, type ConfigTree, dataworksAt, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks, forWedata } from "../support/wire-requests.ts";

const SECRETS = {
  tencentSecret: "planted/tencent+secret=1",
  tencentToken: "planted/tencent+token=2",
  otherSecret: "planted/other+secret=3",
  alibabaSecret: "planted/alibaba+secret=4",
  alibabaToken: "planted/alibaba+token=5",
  registryPassword: "planted/registry+password=6",
  saslPassword: "planted/sasl+password=7",
};
const REGISTRY_USER = "planted-registry-user";

/** Every spelling in which a secret might slip out. */
const NEEDLES = [...Object.values(SECRETS), `${REGISTRY_USER}:${SECRETS.registryPassword}`].flatMap(
  (secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64"),
    JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/"),
  ],
);

/** Gives up after two calls, or half a second of polling. */
const IMPATIENT = "wedata-impatient";
const HELD = "wedata-held";
const NO_CA = ["wedata-no-ca", "dataworks-no-ca"] as const;

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let service: ServiceProcess;
let config: ConfigTree;

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-secrets",
    }),
    processes.simulator({
      credentials: [
        {
          cloud: "tencent",
          id: "tencent",
          secret: SECRETS.tencentSecret,
          token: SECRETS.tencentToken,
        },
        { cloud: "tencent", id: "other", secret: SECRETS.otherSecret },
        {
          cloud: "alibaba",
          id: "alibaba",
          secret: SECRETS.alibabaSecret,
          token: SECRETS.alibabaToken,
        },
      ],
    }),
  ]);
  const { tencentTlsUrl, alibabaTlsUrl, caFile } = simulator;
  const tokenFile = join(processes.folder, "token");
  writeFileSync(tokenFile, SECRETS.alibabaToken);
  const tencent = {
    type: "static",
    id: "tencent",
    secret: "${env:TENCENT_SECRET}",
    token: "${env:TENCENT_TOKEN}",
  };
  const alibaba = {
    type: "static",
    id: "alibaba",
    secret: "${env:ALIBABA_SECRET}",
    token: `\${file:${tokenFile}}`,
  };
  const other = { type: "static", id: "other", secret: "${env:OTHER_SECRET}" };
  const twice = { maxAttempts: 2, firstDelay: "20ms", maxDelay: "100ms" };
  config = {
    ...configOf(
      topics.place,
      [
        wedataAt(tencentTlsUrl, { caFile, credentials: tencent }),
        dataworksAt(alibabaTlsUrl, { caFile, credentials: alibaba, retry: twice }),
        wedataAt(tencentTlsUrl, {
          ...{ name: IMPATIENT, caFile, credentials: other, retry: twice },
          track: { interval: "100ms", timeout: "400ms" },
        }),
        wedataAt(tencentTlsUrl, { name: HELD, caFile, credentials: tencent }),
        wedataAt(tencentTlsUrl, { name: NO_CA[0], credentials: tencent, retry: twice }),
        dataworksAt(alibabaTlsUrl, { name: NO_CA[1], credentials: alibaba, retry: twice }),
      ],
      { log: { level: "trace", format: "json" } },
    ),
    schemaRegistry: {
      url: topics.place.registryUrl,
      username: REGISTRY_USER,
      password: "${env:REGISTRY_PASSWORD}",
    },
  };
  service = await processes.service(config, { env });
  await service.ready();
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

const env = {
  TENCENT_SECRET: SECRETS.tencentSecret,
  TENCENT_TOKEN: SECRETS.tencentToken,
  OTHER_SECRET: SECRETS.otherSecret,
  ALIBABA_SECRET: SECRETS.alibabaSecret,
  REGISTRY_PASSWORD: SECRETS.registryPassword,
  SASL_PASSWORD: SECRETS.saslPassword,
};

/** Which secrets stand in the text; the text itself is left out of failures. */
function secretsIn(text: string): readonly string[] {
  return NEEDLES.filter((needle) => text.includes(needle));
}

async function pages(of: ServiceProcess): Promise<string> {
  const paths = ["/metrics", "/status", "/readyz", "/livez"];
  const texts = await Promise.all(paths.map(async (path) => (await fetch(of.url + path)).text()));
  return texts.join("\n");
}

describe("endpoints over HTTPS", () => {
  it("are called when the config names their authority", async () => {
    await topics.send(forWedata("tls-wedata"));
    await topics.send(forDataworks("tls-dataworks", [1n]));
    const finals = await topics.finals(["tls-wedata", "tls-dataworks"]);
    expect(finals.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  });

  it("are not called without it, and the reason is told", async () => {
    const before = (await callsAt(simulator)).length;
    await topics.send(forWedata("no-ca-wedata", undefined, { provider: NO_CA[0] }));
    await topics.send(forDataworks("no-ca-dataworks", [2n], { provider: NO_CA[1] }));
    const finals = await topics.finals(["no-ca-wedata", "no-ca-dataworks"]);
    for (const { status, reason, attempts } of finals) {
      expect({ status, attempts }).toEqual({ status: "FAILED", attempts: 2 });
      expect(reason?.code).toBe("RETRIES_EXHAUSTED");
      expect(reason?.message).toMatch(/nothing was sent: .*(self-signed|unable to verify|issuer)/);
    }
    expect(await callsAt(simulator)).toHaveLength(before);
  });
});

describe("secrets that a provider echoes", () => {
  /** Each cloud can only echo what it was sent. */
  const echoOfTencent = `You sent ${SECRETS.tencentSecret} and ${SECRETS.tencentToken}.`;
  const echoOfOther = `You sent ${SECRETS.otherSecret}.`;
  const echoOfAlibaba = `You sent ${SECRETS.alibabaSecret} and ${SECRETS.alibabaToken}.`;

  it.each([
    ["refused", "wedata", "InvalidParameterValue", "REJECTED"],
    ["uncertain", "wedata", "InternalError", "UNKNOWN"],
    ["throttled", IMPATIENT, "RequestLimitExceeded", "FAILED"],
  ] as const)(
    "are not in the outcome of a call that is %s",
    async (name, provider, code, status) => {
      const filter = { target: `${name}-target` };
      const message = provider === IMPATIENT ? echoOfOther : echoOfTencent;
      await simulator.admin.inject({ kind: "error", code, message, filter });
      await topics.send(forWedata(name, [filter.target], { provider }));
      const final = await topics.final(name);
      expect(final).toMatchObject({ status, providerErrorCode: code });
      expect(final.reason?.message).toContain("You sent [redacted]");
      expect(secretsIn(JSON.stringify(final.reason))).toEqual([]);
    },
  );

  it.each([
    ["refused-by-dataworks", 661n, "InvalidParameter", "REJECTED"],
    ["throttled-by-dataworks", 662n, "Throttling.User", "FAILED"],
  ] as const)("are not in the outcome of a call that is %s", async (name, id, code, status) => {
    const filter = { target: String(id) };
    await simulator.admin.inject({ kind: "error", code, message: echoOfAlibaba, filter });
    await topics.send(forDataworks(name, [id]));
    const final = await topics.final(name);
    expect(final).toMatchObject({ status, providerErrorCode: code });
    expect(final.reason?.message).toContain("You sent [redacted]");
    expect(secretsIn(JSON.stringify(final.reason))).toEqual([]);
  });

  it("are not in the outcome of a job that could not be read", async () => {
    const filter = { action: "GetOpsAsyncJob", accessKeyId: "other" };
    await simulator.admin.inject({
      kind: "error",
      code: "InternalError",
      message: echoOfOther,
      filter,
    });
    await topics.send(forWedata("unreadable", undefined, { provider: IMPATIENT }));
    const final = await topics.final("unreadable");
    expect(final).toMatchObject({ status: "UNKNOWN", reason: { code: "TRACKING_TIMED_OUT" } });
    expect(final.reason?.message).toContain("You sent [redacted]");
    expect(secretsIn(JSON.stringify(final.reason))).toEqual([]);
  });

  it("are not in /status while they hold a lane", async () => {
    const filter = { target: "held-target" };
    const code = "AuthFailure.SignatureFailure";
    await simulator.admin.inject({ kind: "error", code, message: echoOfTencent, filter });
    await topics.send(forWedata("held", ["held-target"], { provider: HELD }), { partition: 2 });
    const heldLane = async () => (await service.status()).lanes.find(({ held }) => held.length > 0);
    await waitFor("the lane is held", async () => (await heldLane())?.provider === HELD);
    expect(await heldLane()).toMatchObject({ held: [{ why: "credentials" }] });
    expect(secretsIn(await pages(service))).toEqual([]);
  });
});

describe("secrets of the config", () => {
  it("are in no record that was published", async () => {
    await topics.sendRaw({ partition: 0, value: "garbage", key: "key" });
    await topics.deadLetter(0, BigInt((await topics.offsets())[0]!.end) - 1n);
    const published = [...topics.outcomes.map(({ record }) => record), ...topics.deadLetters];
    expect(published.length).toBeGreaterThan(8);
    const texts = published.map(({ key, value, headers }) =>
      [key, value, ...Object.values(headers)].map((part) => String(part)).join("\n"),
    );
    expect(secretsIn(texts.join("\n"))).toEqual([]);
  });

  it("are on no page and in no line of the log", async () => {
    expect(secretsIn(await pages(service))).toEqual([]);
    expect(service.logLines.length).toBeGreaterThan(20);
    expect(secretsIn(service.logLines.join("\n"))).toEqual([]);
    expect(service.lastWords()).toBe("");
  });

  it("are not in what a service tells that cannot log in", async () => {
    const sasl = { mechanism: "plain", username: "somebody", password: "${env:SASL_PASSWORD}" };
    const kafka = { ...(config["kafka"] as object), sasl };
    const stranger = await processes.service({ ...config, kafka }, { env });
    await waitFor("it told why", () =>
      stranger.logLines.some((line) => line.includes("surroundings.not-ready")),
    );
    expect(secretsIn(stranger.logLines.join("\n") + (await pages(stranger)))).toEqual([]);
    expect(stranger.logLines.join("\n")).toMatch(/SASL/);
    stranger.signal("SIGTERM");
  });

  it("are not in what check prints", async () => {
    const end = await runCommand(["check", "--config", processes.configFile(config)], env);
    expect(end.code).toBe(1); // two connections lack their authority
    expect(end.stdout).toContain("[redacted]");
    expect(end.stderr).toMatch(/provider wedata-no-ca: .*certificate/);
    expect(secretsIn(end.stdout + end.stderr)).toEqual([]);
  });
});
