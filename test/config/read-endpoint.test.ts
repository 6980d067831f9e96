import { describe, expect, it } from "vitest";
import { aConfig, configOf, onlyProblemOf, pathsOf, warningsOf } from "./parsing.ts";

const listing = (list: string) => aConfig({ root: `endpoints: { allowAddresses: ${list} }` });

describe("endpoints.allowAddresses", () => {
  it("is empty unless the file says otherwise", () => {
    expect(configOf(aConfig()).endpoints).toStrictEqual({ allow: [], allowAddresses: [] });
    expect(configOf(listing("null")).endpoints.allowAddresses).toStrictEqual([]);
  });

  it("goes to every provider", () => {
    const config = configOf(listing("[10.0.0.0/8, 'fd00::/8', 100.100.0.5/32, '::ffff:0:0/96']"));

    expect(config.providers[0]?.allowedAddresses).toStrictEqual([
      "10.0.0.0/8",
      "fd00::/8",
      "100.100.0.5/32",
      "::ffff:0:0/96",
    ]);
    expect(config.endpoints.allowAddresses).toStrictEqual(config.providers[0]?.allowedAddresses);
  });

  it.each([
    ["10.0.0.1", "a CIDR"],
    ["10.0.0/8", "a CIDR"],
    ["10.0.0.0/", "a CIDR"],
    ["10.0.0.0/08", "a CIDR"],
    ["10.0.0.0/+8", "a CIDR"],
    ["010.0.0.0/8", "a CIDR"],
    ["10.0.0.0/255.0.0.0", "a CIDR"],
    [" 10.0.0.0/8", "a CIDR"],
    ["example.com/8", "a CIDR"],
    ["fe80::%eth0/10", "a CIDR"],
    ["fd00:::/8", "a CIDR"],
    ["10.0.0.0/33", "a prefix length from 0 to 32"],
    ["fd00::/129", "a prefix length from 0 to 128"],
    ["10.0.0.1/8", "no bits beyond the prefix"],
    ["fd00::1/8", "no bits beyond the prefix"],
    ["", "a CIDR"],
  ])("does not take %j", (text, expected) => {
    const problem = onlyProblemOf(listing(`[10.0.0.0/8, ${JSON.stringify(text)}]`));

    expect(problem.path).toBe("endpoints.allowAddresses[1]");
    expect(problem.expected).toContain(expected);
  });

  it("names every item that is wrong", () => {
    expect(pathsOf(listing("[1, 10.0.0.0/8, x, { a: 1 }]"))).toStrictEqual([
      "endpoints.allowAddresses[0]",
      "endpoints.allowAddresses[2]",
      "endpoints.allowAddresses[3]",
    ]);
  });

  it("must be a list", () => {
    expect(onlyProblemOf(listing("10.0.0.0/8")).path).toBe("endpoints.allowAddresses");
  });

  it.each([
    ["0.0.0.0/0", "covers every IPv4 address and so includes 169.254.169.254 and 100.100.100.200"],
    ["::/0", "covers every IPv4 address and so includes 169.254.169.254 and 100.100.100.200"],
    ["::ffff:0:0/96", "covers every IPv4 address"],
    ["128.0.0.0/1", "includes 169.254.169.254, the metadata service"],
    ["169.254.0.0/16", "includes 169.254.169.254, the metadata service"],
    ["169.254.169.254/32", "includes 169.254.169.254, the metadata service"],
    ["100.64.0.0/10", "includes 100.100.100.200, the metadata service"],
    ["::ffff:100.100.100.200/128", "includes 100.100.100.200, the metadata service"],
  ])("warns of %s, which lets in more than hosts of a cloud", (range, told) => {
    const [warning, ...others] = warningsOf(listing(`[10.0.0.0/8, '${range}']`));

    expect(others).toStrictEqual([]);
    expect(warning?.path).toBe("endpoints.allowAddresses[1]");
    expect(warning?.message).toContain(`"${range}" ${told}`);
    expect(warning?.message).toContain("list a narrower range");
  });

  it.each(["10.0.0.0/8", "100.64.0.0/11", "100.100.0.0/18", "fd00::/8", "0.0.0.0/2"])(
    "does not warn of %s",
    (range) => {
      expect(warningsOf(listing(`['${range}']`))).toStrictEqual([]);
    },
  );

  it("lets an endpoint be an address", () => {
    const root = "endpoints: { allowAddresses: [10.0.0.0/8] }";
    const config = configOf(aConfig({ provider: "endpoint: 'https://10.0.0.1:8443'", root }));

    expect(config.providers[0]?.endpoint).toStrictEqual({
      protocol: "https",
      host: "10.0.0.1",
      port: 8443,
    });
    expect(onlyProblemOf(aConfig({ provider: "endpoint: 'https://10.0.0.1:8443'" })).path).toBe(
      "providers[0].endpoint",
    );
  });
});

describe("a provider without an endpoint", () => {
  it("is warned about when its region is not known, for then the host is a guess", () => {
    expect(warningsOf(aConfig({ provider: "region: ap-nowhere" }))).toStrictEqual([
      {
        path: "providers[0].region",
        message:
          "no known region of tencent-wedata: wedata.intl.tencentcloudapi.com is a guess, which endpoint overrides",
      },
    ]);
  });

  it("is not warned about when it has one, or when the region is known", () => {
    const withEndpoint = "region: ap-nowhere, endpoint: wedata.intl.tencentcloudapi.com";

    expect(warningsOf(aConfig({ provider: withEndpoint }))).toEqual([]);
    expect(warningsOf(aConfig({ provider: "region: ap-shanghai" }))).toEqual([]);
  });

  it("goes to the site of its region", () => {
    const hostOf = (region: string) =>
      configOf(aConfig({ provider: `region: ${region}` })).providers[0]?.endpoint.host;

    expect(hostOf("ap-shanghai")).toBe("wedata.tencentcloudapi.com");
    expect(hostOf("ap-singapore")).toBe("wedata.intl.tencentcloudapi.com");
  });
});
