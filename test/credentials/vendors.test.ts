import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CredentialsConfig } from "../../src/config/config.ts";
import type { CredentialOptions } from "../../src/credentials/credential-source.ts";
import { openCredentials } from "../../src/credentials/open-credentials.ts";
import type { ProviderKind } from "../../src/domain/operation.ts";
import {
  aSecret,
  type Asked,
  clocks,
  FakeCloud,
  messageOf,
  optionsOf,
  plain,
  type Reply,
  signal,
} from "./fake-cloud.ts";

const HOUR = 3_600_000;

interface Vendor {
  readonly kind: ProviderKind;
  readonly roleArn: string;
  readonly provider: string;
  readonly env: readonly [id: string, secret: string, token: string];
  /** A profile's file with these keys in a section. */
  readonly ini: (section: string, id: string, secret: string) => string;
  readonly home: string;
  readonly sts: (name: string, expiresAt: number) => Reply;
  readonly refusal: (message: string) => Reply;
  readonly metadata: (asked: Asked, name: string, expiresAt: number) => Reply;
  /** What a role's or OIDC's exchange asked for. */
  readonly parameters: (asked: Asked | undefined) => Record<string, unknown>;
}

const TENCENT: Vendor = {
  kind: "tencent-wedata",
  roleArn: "qcs::cam::uin/1:roleName/reruns",
  provider: "tke",
  env: ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_SESSION_TOKEN"],
  ini: (section, id, secret) => `[${section}]\nsecret_id = ${id}\nsecret_key = ${secret}\n`,
  home: ".tencentcloud/credentials",
  sts: (name, expiresAt) => ({ json: { Response: tencentKeys(name, expiresAt) } }),
  refusal: (Message) => ({ json: { Response: { Error: { Code: "AuthFailure", Message } } } }),
  metadata: ({ path }, name, expiresAt) => {
    const { Credentials, ExpiredTime } = tencentKeys(name, expiresAt);
    if (path.endsWith("/security-credentials/")) return { text: "the-role" };
    return { json: { Code: "Success", ...Credentials, ExpiredTime } };
  },
  parameters: (asked) => JSON.parse(asked?.body ?? "") as Record<string, unknown>,
};

function tencentKeys(name: string, expiresAt: number) {
  const Credentials = {
    TmpSecretId: name,
    TmpSecretKey: `${name}-secret`,
    Token: `${name}-token`,
  };
  return { Credentials, ExpiredTime: expiresAt / 1000 };
}

const ALIBABA: Vendor = {
  kind: "alibaba-dataworks",
  roleArn: "acs:ram::1:role/reruns",
  provider: "acs:ram::1:oidc-provider/ack",
  env: [
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
  ],
  ini: (section, id, secret) =>
    `[${section}]\ntype = access_key\naccess_key_id = ${id}\naccess_key_secret = ${secret}\n`,
  home: ".alibabacloud/credentials",
  sts: (name, expiresAt) => ({ json: { Credentials: alibabaKeys(name, expiresAt) } }),
  refusal: (Message) => ({ status: 403, json: { Code: "NoPermission", Message } }),
  metadata: ({ path }, name, expiresAt) => {
    if (path.endsWith("/token")) return { text: "imds-token" };
    if (path.endsWith("/security-credentials/")) return { text: "the-role" };
    return { json: { Code: "Success", ...alibabaKeys(name, expiresAt) } };
  },
  parameters: (asked) => Object.fromEntries(new URLSearchParams(asked?.body)),
};

function alibabaKeys(name: string, expiresAt: number) {
  return {
    AccessKeyId: name,
    AccessKeySecret: `${name}-secret`,
    SecurityToken: `${name}-token`,
    Expiration: new Date(expiresAt).toISOString().replace(".000Z", "Z"),
  };
}

const UNSET = [
  "ALIBABA_CLOUD_ROLE_ARN",
  "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
  "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
  "ALIBABA_CLOUD_CREDENTIALS_FILE",
  "ALIBABA_CLOUD_CREDENTIALS_URI",
  "ALIBABA_CLOUD_PROFILE",
  "ALIBABA_CLOUD_ECS_METADATA",
  "TKE_REGION",
  "http_proxy",
];

describe.each([TENCENT, ALIBABA])("keys of $kind", (vendor) => {
  const clock = clocks();
  let cloud: FakeCloud;
  let folder: string;

  beforeEach(async () => {
    cloud = await FakeCloud.start();
    cloud.captureHosts();
    folder = mkdtempSync(join(tmpdir(), "credentials-"));
    vi.stubEnv("HOME", folder);
    for (const name of [...TENCENT.env, ...ALIBABA.env, ...UNSET]) vi.stubEnv(name, undefined);
  });
  afterEach(async () => {
    await cloud.stop();
    rmSync(folder, { recursive: true });
  });

  const open = (config: CredentialsConfig, more: Partial<CredentialOptions> = {}) => {
    // Alibaba's library only speaks https to STS; there the capturing of hosts brings it here.
    const sts =
      vendor === TENCENT ? { sts: { secure: false, authority: `127.0.0.1:${cloud.port}` } } : {};
    return openCredentials(config, vendor.kind, optionsOf(clock, { ...sts, ...more }));
  };
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const aRole = (externalId: string | null = null): CredentialsConfig => ({
    type: "role",
    roleArn: vendor.roleArn,
    sessionName: "a-session",
    externalId,
    source: {
      type: "static",
      id: aSecret("source-id"),
      secret: aSecret("source-secret"),
      token: aSecret("source-token"),
      reread: null,
    },
  });
  const anOidc = (tokenFile: string): CredentialsConfig => ({
    type: "oidc",
    roleArn: vendor.roleArn,
    provider: vendor.provider,
    tokenFile,
    sessionName: "a-session",
  });
  const later = () => clock.epoch() + HOUR;
  const issued = ["issued", "issued-secret", "issued-token"];

  describe("from the environment", () => {
    it("are the variables of the vendor", async () => {
      const [id, secret, token] = vendor.env;
      vi.stubEnv(id, "env-id");
      vi.stubEnv(secret, "env-secret");
      vi.stubEnv(token, "env-token");
      const keys = await open({ type: "env" }).keys(signal);
      expect(plain(keys)).toEqual(["env-id", "env-secret", "env-token"]);
    });

    it("are told by their variables when they are missing", async () => {
      const message = await messageOf(open({ type: "env" }).keys(signal));
      expect(message).toContain(vendor.env[0]);
      expect(message).toContain(vendor.env[1]);
    });

    it("are found once they are there, after a failure", async () => {
      const source = open({ type: "env" });
      await messageOf(source.keys(signal));
      vi.stubEnv(vendor.env[0], "env-id");
      vi.stubEnv(vendor.env[1], "env-secret");
      expect(plain(await source.keys(signal))).toEqual(["env-id", "env-secret", null]);
    });
  });

  describe("from a profile", () => {
    it("are those of the named file and section", async () => {
      const file = write("keys.ini", vendor.ini("other", "p", "q") + vendor.ini("prod", "i", "s"));
      const source = open({ type: "profile", file, profile: "prod" });
      expect(plain(await source.keys(signal))).toEqual(["i", "s", null]);
    });

    it("are those of [default] in the vendor's own place when nothing is named", async () => {
      write(vendor.home, vendor.ini("default", "i", "s"));
      const source = open({ type: "profile", file: null, profile: null });
      expect(plain(await source.keys(signal))).toEqual(["i", "s", null]);
    });

    it("are those of a section in the vendor's own place", async () => {
      write(vendor.home, vendor.ini("default", "no", "no") + vendor.ini("prod", "i", "s"));
      const source = open({ type: "profile", file: null, profile: "prod" });
      expect(plain(await source.keys(signal))).toEqual(["i", "s", null]);
    });

    it("are read again when they are refused", async () => {
      const file = write("keys.ini", vendor.ini("default", "old", "old-secret"));
      const source = open({ type: "profile", file, profile: null });
      const old = await source.keys(signal);
      write("keys.ini", vendor.ini("default", "new", "new-secret"));
      expect(plain(await source.keys(signal))[0]).toBe("old");
      source.refused(old);
      expect(plain(await source.keys(signal))[0]).toBe("new");
      expect(source.secrets()).toEqual(["new-secret", "old-secret"]);
    });

    it("that is not there is told by its name, without the others' secrets", async () => {
      const file = write("keys.ini", vendor.ini("default", "i", "hunter2"));
      const message = await messageOf(
        open({ type: "profile", file, profile: "prod" }).keys(signal),
      );
      expect(message).toContain("prod");
      expect(message).not.toContain("hunter2");
    });

    it("in a file that is not there is told by the file", async () => {
      const file = join(folder, "nowhere.ini");
      const message = await messageOf(open({ type: "profile", file, profile: null }).keys(signal));
      expect(message).toContain("nowhere.ini");
    });
  });

  describe("from the instance's role", () => {
    it("are the metadata service's, with their expiry", async () => {
      cloud.reply = (asked) => vendor.metadata(asked, "issued", later());
      const source = open({ type: "instance-role" });
      expect(plain(await source.keys(signal))).toEqual(issued);
      const asked = cloud.asked.length;
      clock.pass(HOUR * 0.7);
      await source.keys(signal);
      expect(cloud.asked).toHaveLength(asked);
      clock.pass(HOUR * 0.3);
      cloud.reply = (one) => vendor.metadata(one, "renewed", later());
      expect(plain(await source.keys(signal))[0]).toBe("renewed");
    });

    it("come after a failure of the metadata service", async () => {
      cloud.reply = () => ({ status: 500 });
      const source = open({ type: "instance-role" });
      expect(await messageOf(source.keys(signal))).toContain("Check that a");
      cloud.reply = (asked) => vendor.metadata(asked, "issued", later());
      expect(plain(await source.keys(signal))).toEqual(issued);
    });

    it("are not waited for without end, and the request is ended", async () => {
      cloud.reply = () => "silence";
      const source = open({ type: "instance-role" }, { deadlineMs: 50 });
      expect(await messageOf(source.keys(signal))).toContain("no answer within 0.05 s");
      await vi.waitFor(async () => expect(await cloud.connections()).toBe(0));
    });
  });

  describe("from a role", () => {
    it("are exchanged for those of the source, once for all who ask", async () => {
      cloud.reply = () => vendor.sts("issued", later());
      const source = open(aRole("an-external-id"));
      const all = await Promise.all([source.keys(signal), source.keys(signal)]);
      expect(all.map(plain)).toEqual([issued, issued]);
      expect(cloud.asked).toHaveLength(1);
      expect(vendor.parameters(cloud.asked[0])).toMatchObject({
        RoleArn: vendor.roleArn,
        RoleSessionName: "a-session",
        ExternalId: "an-external-id",
      });
    });

    it("have no external id unless one is configured", async () => {
      cloud.reply = () => vendor.sts("issued", later());
      await open(aRole()).keys(signal);
      expect(vendor.parameters(cloud.asked[0])).not.toHaveProperty("ExternalId");
    });

    it("are renewed before they expire, while the old ones serve", async () => {
      cloud.reply = () => vendor.sts("issued", later());
      const source = open(aRole());
      await source.keys(signal);
      clock.pass(HOUR * 0.8);
      cloud.reply = () => vendor.sts("renewed", later());
      expect(plain(await source.keys(signal))).toEqual(issued);
      await vi.waitFor(async () => expect(plain(await source.keys(signal))[0]).toBe("renewed"));
      expect(cloud.asked).toHaveLength(2);
    });

    it("come after a refusal, which is told without secrets", async () => {
      cloud.reply = () => vendor.refusal("no trust for source-secret, source-token");
      const source = open(aRole());
      const message = await messageOf(source.keys(signal));
      expect(message).toContain(vendor.roleArn);
      expect(message).toContain("no trust for [redacted], [redacted]");
      expect(message).toContain("trust policy");
      cloud.reply = () => vendor.sts("issued", later());
      expect(plain(await source.keys(signal))).toEqual(issued);
    });

    it.each([
      ["a connection that breaks", { status: 500, text: "hunter2" }],
      ["a broken answer", { text: '{"Credentials": {"AccessKeySecret": "hunter2' }],
      ["an answer that is none", { text: "hunter2 hunter2" }],
      ["an empty object", { json: {} }],
    ])("do not come from %s, and no piece of it is quoted", async (_, reply) => {
      cloud.reply = () => reply;
      const message = await messageOf(open(aRole()).keys(signal));
      expect(message).toContain("no credentials from the role");
      expect(message).not.toMatch(/hunter|source-secret|source-token/);
    });

    it("quote no address with its query when STS cannot be reached", async () => {
      const source = open(aRole());
      await cloud.stop();
      const message = await messageOf(source.keys(signal));
      expect(message).toContain("ECONNREFUSED");
      expect(message).not.toMatch(/source-|Signature/);
      cloud = await FakeCloud.start();
    });

    it("are not waited for without end, and not asked for again after that", async () => {
      cloud.reply = () => "silence";
      const source = open(aRole(), { deadlineMs: 50 });
      expect(await messageOf(source.keys(signal))).toContain("no answer within 0.05 s");
      await vi.waitFor(async () => expect(await cloud.connections()).toBe(0));
      expect(cloud.asked).toHaveLength(1);
    });

    it("that are over when they come are refused, and asked for once only", async () => {
      // Over by the real clock as well, which the libraries look at.
      cloud.reply = () => vendor.sts("issued", Date.parse("2020-01-01T00:00:00Z"));
      const message = await messageOf(open(aRole()).keys(signal));
      expect(message).toContain("is this machine's clock right?");
      expect(cloud.asked).toHaveLength(1);
    });

    it("ask the source again after a refusal", async () => {
      const file = write("source.ini", vendor.ini("default", "old", "old-secret"));
      const role = { ...aRole(), source: { type: "profile", file, profile: null } } as const;
      const source = open(role);
      cloud.reply = () => vendor.refusal("no such key");
      await messageOf(source.keys(signal));
      write("source.ini", vendor.ini("default", "new", "new-secret"));
      cloud.reply = () => vendor.sts("issued", later());
      await source.keys(signal);
      const [first, second] = cloud.asked.map((one) => JSON.stringify(one));
      expect(first).toMatch(/(AccessKeyId|Credential)=old/);
      expect(second).toMatch(/(AccessKeyId|Credential)=new/);
    });

    it("tell the source's secrets among theirs", async () => {
      cloud.reply = () => vendor.sts("issued", later());
      const source = open(aRole());
      await source.keys(signal);
      expect(source.secrets()).toEqual([
        "issued-secret",
        "issued-token",
        "source-secret",
        "source-token",
      ]);
    });
  });

  describe("by OIDC", () => {
    it("are exchanged for the token of the moment", async () => {
      const file = write("token", "first-jwt");
      cloud.reply = () => vendor.sts("issued", later());
      const source = open(anOidc(file));
      const keys = await source.keys(signal);
      expect(plain(keys)).toEqual(issued);
      const asked = vendor.parameters(cloud.asked[0]);
      expect(asked).toMatchObject({ RoleArn: vendor.roleArn, RoleSessionName: "a-session" });
      expect(Object.values(asked)).toEqual(expect.arrayContaining([vendor.provider, "first-jwt"]));
      write("token", "second-jwt");
      source.refused(keys);
      await source.keys(signal);
      expect(Object.values(vendor.parameters(cloud.asked[1]))).toContain("second-jwt");
    });

    it("come once the token's file is there", async () => {
      cloud.reply = () => vendor.sts("issued", later());
      const source = open(anOidc(join(folder, "token")));
      expect(await messageOf(source.keys(signal))).toContain(join(folder, "token"));
      write("token", "a-jwt");
      expect(plain(await source.keys(signal))).toEqual(issued);
    });

    it("are refused without the token in the message", async () => {
      const file = write("token", "hunter2.jwt");
      cloud.reply = () => vendor.refusal("cannot read hunter2.jwt");
      const message = await messageOf(open(anOidc(file)).keys(signal));
      expect(message).toContain("cannot read [redacted]");
    });
  });

  describe("of the default chain", () => {
    it("are the environment's before the profile's", async () => {
      write(vendor.home, vendor.ini("default", "file-id", "file-secret"));
      vi.stubEnv(vendor.env[0], "env-id");
      vi.stubEnv(vendor.env[1], "env-secret");
      const keys = await open({ type: "default" }).keys(signal);
      expect(plain(keys)[0]).toBe("env-id");
    });

    it("are the instance's where there is nothing else, and stay the instance's", async () => {
      cloud.reply = (asked) => vendor.metadata(asked, "issued", later());
      const source = open({ type: "default" });
      const keys = await source.keys(signal);
      expect(plain(keys)).toEqual(issued);
      write(vendor.home, vendor.ini("default", "file-id", "file-secret"));
      source.refused(keys);
      expect(plain(await source.keys(signal))).toEqual(issued);
    });

    it("come after a failure of all, which names all and prints nothing", async () => {
      const printed = vi.spyOn(console, "error");
      const source = open({ type: "default" });
      const message = await messageOf(source.keys(signal));
      expect(message).toMatch(/environment variables: .*; .*role of this .* instance: /);
      expect(message).toContain("OIDC");
      expect(message).toContain(vendor.home);
      expect(printed).not.toHaveBeenCalled();
      write(vendor.home, vendor.ini("default", "file-id", "file-secret"));
      const keys = await Promise.all([source.keys(signal), source.keys(signal)]);
      expect(keys.map((one) => plain(one)[0])).toEqual(["file-id", "file-id"]);
    });
  });
});
