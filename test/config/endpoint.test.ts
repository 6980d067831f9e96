import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultEndpoint, parseEndpoint } from "../../src/config/endpoint.ts";

const endpointOf = (text: string, allow: readonly string[] = []) => {
  const parsed = parseEndpoint(text, allow);
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
    ["https://evil.com", "endpoints.allow"],
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
    expect(endpointOf("https://api.example.com", ["example.com"])).toMatchObject({
      host: "api.example.com",
    });
    expect(endpointOf("https://badexample.com", ["example.com"])).toContain("endpoints.allow");
  });

  it("never is plain http to anything but loopback", () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ["http"] }), (url) => {
        expect(parseEndpoint(url, ["com", "org"]).kind).toBe("refused");
      }),
    );
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(["endpoint", "refused"]).toContain(parseEndpoint(text, []).kind);
      }),
    );
  });
});

describe("the default endpoint", () => {
  it.each([
    ["tencent-wedata", "ap-singapore", "wedata.intl.tencentcloudapi.com"],
    ["alibaba-dataworks", "cn-shanghai", "dataworks.cn-shanghai.aliyuncs.com"],
    ["alibaba-dataworks", "cn-qingdao", "dataworks.aliyuncs.com"],
    ["alibaba-dataworks", "cn-huhehaote", "dataworks.aliyuncs.com"],
    ["alibaba-dataworks", "cn-hangzhou-finance", "dataworks.aliyuncs.com"],
    ["alibaba-dataworks", "ap-south-1", "dataworks.aliyuncs.com"],
    ["alibaba-dataworks", "ap-southeast-2", "dataworks.aliyuncs.com"],
  ] as const)("of %s in %s is %s", (kind, region, host) => {
    expect(defaultEndpoint(kind, region)).toEqual({ protocol: "https", host, port: null });
  });
});
