import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AllowedEndpoints,
  defaultEndpoint,
  isKnownRegion,
  parseEndpoint,
} from "../../src/config/endpoint.ts";

const nothing = { allow: [], allowAddresses: [] };
const endpointOf = (text: string, allowed: Partial<AllowedEndpoints> = {}) => {
  const parsed = parseEndpoint(text, { ...nothing, ...allowed });
  return parsed.kind === "endpoint" ? parsed.endpoint : parsed.expected;
};

describe("an endpoint", () => {
  it.each([
    ["wedata.tencentcloudapi.com", "https", "wedata.tencentcloudapi.com", null],
    ["wedata.tencentcloudapi.com:8443", "https", "wedata.tencentcloudapi.com", 8443],
    [
      "https://dataworks.cn-beijing.aliyuncs.com/",
      "https",
      "dataworks.cn-beijing.aliyuncs.com",
      null,
    ],
    ["https://DataWorks.aliyuncs.com:443", "https", "dataworks.aliyuncs.com", null],
    ["http://127.0.0.1:8080", "http", "127.0.0.1", 8080],
    ["http://127.9.9.9", "http", "127.9.9.9", null],
    ["http://localhost:1", "http", "localhost", 1],
    ["http://[::1]:1", "http", "[::1]", 1],
    ["127.0.0.1:8443", "https", "127.0.0.1", 8443],
    ["localhost", "https", "localhost", null],
  ])("%s is accepted", (text, protocol, host, port) => {
    expect(endpointOf(text)).toEqual({ protocol, host, port });
  });

  it.each([
    ["http://wedata.tencentcloudapi.com", "only reaches loopback"],
    ["http://10.0.0.1", "only reaches loopback"],
    ["http://[::ffff:127.0.0.1]", "only reaches loopback"],
    ["http://localhost.evil.com", "only reaches loopback"],
    ["http://127.0.0.1.evil.com", "only reaches loopback"],
    ["ftp://localhost", "https://"],
    [
      "https://evil.com",
      "list the host's suffix in endpoints.allow, or the address in endpoints.allowAddresses",
    ],
    ["https://eviltencentcloudapi.com", "endpoints.allow"],
    ["https://aliyuncs.com.evil.com", "endpoints.allow"],
    ["https://169.254.169.254", "endpoints.allow"],
    ["https://wedata.tencentcloudapi.com.", "endpoints.allow"],
    ["https://user:pw@wedata.tencentcloudapi.com", "user information"],
    ["user@wedata.tencentcloudapi.com", "user information"],
    ["https://wedata.tencentcloudapi.com/v1", "no path"],
    ["https://wedata.tencentcloudapi.com?a=b", "no path"],
    ["https://wedata.tencentcloudapi.com?", "no path"],
    ["https://wedata.tencentcloudapi.com#a", "no path"],
    ["wedata.tencentcloudapi.com:0", "a port"],
    ["wedata.tencentcloudapi.com:99999", "host:port"],
    ["we data.aliyuncs.com", "host:port"],
    ["https:\\\\x.aliyuncs.com", "host:port"],
    ["https://", "host:port"],
  ])("%s is refused: %s", (text, expected) => {
    expect(endpointOf(text)).toContain(expected);
  });

  it("may lie under a suffix that the config allows", () => {
    expect(endpointOf("https://api.example.com", { allow: ["example.com"] })).toMatchObject({
      host: "api.example.com",
    });
    expect(endpointOf("https://badexample.com", { allow: ["example.com"] })).toContain(
      "endpoints.allow",
    );
  });

  it.each([
    ["https://10.1.2.3", "10.0.0.0/8", "10.1.2.3"],
    ["10.1.2.3:8443", "10.1.2.3/32", "10.1.2.3"],
    ["https://[fd00::1]", "fd00::/8", "[fd00::1]"],
    ["https://[::ffff:10.1.2.3]", "10.0.0.0/8", "[::ffff:a01:203]"],
    ["https://8.8.8.8", "8.8.8.8/32", "8.8.8.8"],
  ])("may be an address that the config lists: %s in %s", (text, range, host) => {
    expect(endpointOf(text, { allowAddresses: [range] })).toMatchObject({ host });
  });

  it.each([
    ["https://10.1.2.3", "10.2.0.0/16"],
    ["https://8.8.8.8", "10.0.0.0/8"],
    ["https://intranet.example", "0.0.0.0/0"],
    ["http://10.1.2.3", "10.0.0.0/8"],
  ])("is not any other address or name: %s with %s", (text, range) => {
    expect(endpointOf(text, { allowAddresses: [range] })).toMatch(/endpoints\.allow|only reaches/);
  });

  it.each([
    "dataworks-vpc.cn-shanghai.aliyuncs.com",
    "dms-enterprise-vpc.cn-hangzhou.aliyuncs.com",
    "wedata.internal.tencentcloudapi.com",
    "wedata.ap-guangzhou.tencentcloudapi.com",
  ])("may be a cloud's VPC or regional host: %s", (host) => {
    expect(endpointOf(host)).toMatchObject({ protocol: "https", host });
  });

  it("never is plain http to anything but loopback", () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ["http"] }), (url) => {
        expect(parseEndpoint(url, { ...nothing, allow: ["com", "org"] }).kind).toBe("refused");
      }),
    );
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(["endpoint", "refused"]).toContain(parseEndpoint(text, nothing).kind);
      }),
    );
  });
});

describe("the default endpoint", () => {
  it.each([
    ["tencent-wedata", "ap-singapore", "wedata.intl.tencentcloudapi.com"],
    ["tencent-wedata", "ap-hongkong", "wedata.intl.tencentcloudapi.com"],
    ["tencent-wedata", "eu-frankfurt", "wedata.intl.tencentcloudapi.com"],
    ["tencent-wedata", "ap-unheard-of", "wedata.intl.tencentcloudapi.com"],
    ["tencent-wedata", "ap-beijing", "wedata.tencentcloudapi.com"],
    ["tencent-wedata", "ap-shanghai", "wedata.tencentcloudapi.com"],
    ["tencent-wedata", "ap-guangzhou", "wedata.tencentcloudapi.com"],
    ["tencent-wedata", "ap-nanjing", "wedata.tencentcloudapi.com"],
    ["tencent-wedata", "ap-chengdu", "wedata.tencentcloudapi.com"],
    ["tencent-wedata", "ap-chongqing", "wedata.tencentcloudapi.com"],
    ["tencent-wedata", "ap-shanghai-fsi", "wedata.ap-shanghai-fsi.tencentcloudapi.com"],
    ["alibaba-dataworks", "cn-shanghai", "dataworks.cn-shanghai.aliyuncs.com"],
    ["alibaba-dataworks", "cn-qingdao", "dataworks.aliyuncs.com"],
    ["alibaba-dataworks", "cn-huhehaote", "dataworks.aliyuncs.com"],
    ["alibaba-dataworks", "cn-hangzhou-finance", "dataworks.aliyuncs.com"],
    ["alibaba-dataworks", "ap-south-1", "dataworks.aliyuncs.com"],
    ["alibaba-dataworks", "ap-southeast-2", "dataworks.aliyuncs.com"],
    ["alibaba-dataworks", "cn-beijing-gov-1", "dataworks.aliyuncs.com"],
    ["alibaba-dataworks", "cn-north-2-gov-1", "dataworks.cn-north-2-gov-1.aliyuncs.com"],
    ["alibaba-dataworks", "me-central-1", "dataworks.me-central-1.aliyuncs.com"],
    ["alibaba-dataworks", "xx-unheard-of-1", "dataworks.xx-unheard-of-1.aliyuncs.com"],
    ["alibaba-dms", "cn-hangzhou", "dms-enterprise.aliyuncs.com"],
    ["alibaba-dms", "ap-southeast-1", "dms-enterprise.aliyuncs.com"],
  ] as const)("of %s in %s is %s", (kind, region, host) => {
    expect(defaultEndpoint(kind, region)).toEqual({ protocol: "https", host, port: null });
  });

  it.each([
    ["tencent-wedata", "ap-shanghai-fsi", true],
    ["tencent-wedata", "ap-singapore", true],
    ["tencent-wedata", "ap-shanghailand", false],
    ["tencent-wedata", "cn-shanghai", false],
    ["alibaba-dataworks", "cn-shanghai", true],
    ["alibaba-dataworks", "cn-qingdao", true],
    ["alibaba-dataworks", "ap-shanghai", false],
    ["alibaba-dms", "cn-anything", true],
  ] as const)("knows whether it guesses: %s in %s", (kind, region, known) => {
    expect(isKnownRegion(kind, region)).toBe(known);
  });
});
