import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openCredentials } from "../../src/credentials/open-credentials.ts";
import {
  aSecret,
  clocks,
  FakeCloud,
  messageOf,
  optionsOf,
  plain,
  signal,
  START,
} from "./fake-cloud.ts";

const globalAgent = https.globalAgent;
afterEach(() => {
  https.globalAgent = globalAgent;
});

/** The hosts that Node's own https agent is asked to connect to; it connects to none. */
function capturedHosts(): readonly string[] {
  const hosts: string[] = [];
  const agent = new https.Agent();
  const createConnection = ({ host }: { host: string }): never => {
    hosts.push(host);
    throw new Error("no connections here");
  };
  https.globalAgent = Object.assign(agent, { createConnection });
  return hosts;
}

describe("Tencent's default chain", () => {
  it("comes to TKE's OIDC although no metadata service answers", async () => {
    const folder = mkdtempSync(join(tmpdir(), "credentials-"));
    const cloud = await FakeCloud.start();
    cloud.captureHosts();
    vi.stubEnv("HOME", folder);
    vi.stubEnv("TENCENTCLOUD_SECRET_ID", undefined);
    vi.stubEnv("TKE_REGION", "ap-tke");
    vi.stubEnv("TKE_PROVIDER_ID", "tke");
    vi.stubEnv("TKE_ROLE_ARN", "qcs::cam::uin/1:roleName/r");
    vi.stubEnv("TKE_WEB_IDENTITY_TOKEN_FILE", join(folder, "token"));
    writeFileSync(join(folder, "token"), "a-jwt");
    const Credentials = { TmpSecretId: "i", TmpSecretKey: "s", Token: "t" };
    const Response = { Credentials, ExpiredTime: START / 1000 + 3600 };
    cloud.reply = ({ method }) => (method === "GET" ? "silence" : { json: { Response } });
    const sts = { secure: false, authority: `127.0.0.1:${cloud.port}` };
    const options = optionsOf(clocks(), { sts, deadlineMs: 900 });
    const source = openCredentials({ type: "default" }, "tencent-wedata", options);
    expect(plain(await source.keys(signal))).toEqual(["i", "s", "t"]);
    expect(cloud.asked.map(({ method }) => method)).toEqual(["GET", "POST"]);
    expect(cloud.asked[1]?.headers["x-tc-region"]).toBe("ap-tke");
    expect(JSON.parse(cloud.asked[1]?.body ?? "")).toMatchObject({ WebIdentityToken: "a-jwt" });
    await cloud.stop();
    rmSync(folder, { recursive: true });
  });
});

describe("Tencent's STS", () => {
  it.each([
    ["wedata.intl.tencentcloudapi.com", "sts.intl.tencentcloudapi.com"],
    ["wedata.tencentcloudapi.com", "sts.tencentcloudapi.com"],
    ["wedata.internal.tencentcloudapi.com", "sts.tencentcloudapi.com"],
  ])("of a connection to %s is %s", async (host, sts) => {
    const hosts = capturedHosts();
    const source = openCredentials(
      {
        type: "role",
        roleArn: "qcs::cam::uin/1:roleName/r",
        sessionName: "session",
        externalId: null,
        source: {
          type: "static",
          id: aSecret("i"),
          secret: aSecret("s-"),
          token: null,
          reread: null,
        },
      },
      "tencent-wedata",
      optionsOf(clocks(), { host }),
    );
    expect(await messageOf(source.keys(signal))).toContain("no connections here");
    expect(hosts).toEqual([sts]);
  });
});
