import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CredentialsConfig } from "../../src/config/config.ts";
import { sayable } from "../../src/credentials/alibaba-message.ts";
import { openCredentials } from "../../src/credentials/open-credentials.ts";
import { aSecret, clocks, FakeCloud, messageOf, optionsOf, plain, signal } from "./fake-cloud.ts";

describe("Alibaba's credentials", () => {
  const clock = clocks();
  let cloud: FakeCloud;
  let home: string;

  beforeEach(async () => {
    cloud = await FakeCloud.start();
    cloud.captureHosts();
    home = mkdtempSync(join(tmpdir(), "credentials-"));
    mkdirSync(join(home, ".aliyun"));
    vi.stubEnv("HOME", home);
    vi.stubEnv("ALIBABA_CLOUD_PROFILE", undefined);
    vi.stubEnv("ALIBABA_CLOUD_CREDENTIALS_FILE", undefined);
  });
  afterEach(async () => {
    await cloud.stop();
    rmSync(home, { recursive: true });
  });

  const open = (config: CredentialsConfig) =>
    openCredentials(config, "alibaba-dms", optionsOf(clock, { region: "cn-shanghai" }));
  const writeCli = (text: string) => writeFileSync(join(home, ".aliyun", "config.json"), text);
  const aProfile = (profile: string | null): CredentialsConfig => ({
    type: "profile",
    file: null,
    profile,
  });
  const issue = () => {
    const Expiration = new Date(clock.epoch() + 3_600_000).toISOString();
    cloud.reply = () => ({
      json: {
        Credentials: {
          AccessKeyId: "issued",
          AccessKeySecret: "issued-secret",
          SecurityToken: "issued-token",
          Expiration,
        },
      },
    });
  };

  it("are asked of the region's STS", async () => {
    issue();
    const source: CredentialsConfig["type"] = "static";
    await open({
      type: "role",
      roleArn: "acs:ram::1:role/r",
      sessionName: "s-1",
      externalId: null,
      source: { type: source, id: aSecret("i"), secret: aSecret("s-"), token: null, reread: null },
    }).keys(signal);
    expect(cloud.asked[0]?.host).toBe("sts.cn-shanghai.aliyuncs.com");
  });

  it("come from the profile that the CLI uses", async () => {
    const profiles = [
      { name: "other", mode: "AK", access_key_id: "no", access_key_secret: "no" },
      {
        name: "work",
        mode: "StsToken",
        access_key_id: "i",
        access_key_secret: "s",
        sts_token: "t",
      },
    ];
    writeCli(JSON.stringify({ current: "work", profiles }));
    expect(plain(await open(aProfile(null)).keys(signal))).toEqual(["i", "s", "t"]);
    expect(plain(await open(aProfile("other")).keys(signal))).toEqual(["no", "no", null]);
  });

  it("know the expiry of a role that a profile takes on", async () => {
    issue();
    const keys = { access_key_id: "i", access_key_secret: "s" };
    const role = {
      ram_role_arn: "acs:ram::1:role/r",
      ram_session_name: "s",
      expired_seconds: 3600,
    };
    const profiles = [{ name: "work", mode: "RamRoleArn", ...keys, ...role }];
    writeCli(JSON.stringify({ current: "work", profiles }));
    const source = open(aProfile(null));
    expect(plain(await source.keys(signal))).toEqual(["issued", "issued-secret", "issued-token"]);
    clock.pass(2_000_000);
    await source.keys(signal);
    expect(cloud.asked).toHaveLength(1);
    clock.pass(1_600_000);
    cloud.reply = () => ({ status: 503 });
    expect(await messageOf(source.keys(signal))).toContain(
      "no credentials from an Alibaba profile",
    );
  });

  it("do not quote a CLI file that cannot be read", async () => {
    writeCli('"access_key_secret": "hunter2", {');
    const message = await messageOf(open(aProfile(null)).keys(signal));
    expect(message).toContain("parse aliyun cli config from");
    expect(message).not.toContain("hunter2");
  });

  it("are asked of no host for want of a credentials URI", async () => {
    vi.stubEnv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    vi.stubEnv("ALIBABA_CLOUD_CREDENTIALS_URI", undefined);
    vi.stubEnv("ALIBABA_CLOUD_ACCESS_KEY_ID", undefined);
    const message = await messageOf(open({ type: "default" }).keys(signal));
    expect(message).toContain("ALIBABA_CLOUD_CREDENTIALS_URI is not set");
    expect(cloud.asked).toEqual([]);
  });
});

describe("what Alibaba's library says", () => {
  it.each([
    "refresh session token failed: hunter2",
    "refresh RoleArn sts token err, unmarshal fail: {hunter2",
    "get sts token failed with OIDC: <Error>hunter2</Error>",
    "get sts token failed, httpStatus: 404, message = hunter2",
    "get sts token failed, json parse failed: Unexpected token h, result: hunter2.",
    'error retrieving credentials from credentialsURI result: {"AccessKeySecret":"hunter2"}.',
    "parse aliyun cli config from '/x' failed: hunter2",
    "failed to execute external command: Command failed: get-keys --password hunter2",
    "failed to parse external command output: Unexpected token, hunter2 is not valid JSON",
    "get session token from CloudSSO failed: hunter2",
    "refresh session token from OAuth failed, fail to get credentials: hunter2",
    "failed to refresh OAuth token: hunter2",
    'something new: {"AccessKeySecret":"hunter2"}',
  ])("is not quoted beyond its own words: %s", (message) => {
    const said = sayable(new Error(message)).message;
    expect(said).not.toContain("hunter2");
    expect(said).not.toBe("");
  });

  it("keeps the cloud's code and message, but not what was signed", () => {
    const body = JSON.stringify({
      Code: "SignatureDoesNotMatch",
      Message: "It is not matched. server string to sign is:POST&SecurityToken%3Dhunter2",
    });
    expect(sayable(new Error(`refresh session token failed: ${body}`)).message).toBe(
      "refresh session token failed: SignatureDoesNotMatch: It is not matched. (…)",
    );
  });
});
