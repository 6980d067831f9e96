import { describe, expect, it } from "vitest";
import { addressRule } from "../../src/wire/address-rule.ts";

const rule = addressRule([]);

describe("the addresses that may be connected to", () => {
  it.each([
    ...["8.8.8.8", "47.100.0.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0"],
    ...["169.253.255.255", "192.167.255.255", "223.255.255.255", "1.0.0.0", "198.20.0.0"],
    ...["2400:3200::1", "2606:4700::1111", "2001:200::1"],
    ...["64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:8.8.8.8"],
  ])("are public ones: %s", (address) => {
    expect(rule(address)).toBeNull();
  });

  it.each(["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])(
    "are loopback, always: %s",
    (address) => {
      expect(rule(address)).toBeNull();
    },
  );

  it.each([
    ["0.0.0.0", "unspecified"],
    ["0.1.2.3", "unspecified"],
    ["10.0.0.0", "private"],
    ["10.255.255.255", "private"],
    ["100.64.0.0", "internal network"],
    ["100.100.100.200", "internal network"],
    ["100.127.255.255", "internal network"],
    ["169.254.0.1", "link-local"],
    ["169.254.169.254", "link-local"],
    ["169.254.0.23", "link-local"],
    ["172.16.0.0", "private"],
    ["172.31.255.255", "private"],
    ["192.0.0.8", "protocols"],
    ["192.0.2.1", "documentation"],
    ["192.88.99.1", "relay"],
    ["192.168.0.1", "private"],
    ["198.18.0.1", "benchmarks"],
    ["198.19.255.255", "benchmarks"],
    ["198.51.100.1", "documentation"],
    ["203.0.113.1", "documentation"],
    ["224.0.0.1", "multicast"],
    ["239.255.255.255", "multicast"],
    ["240.0.0.1", "reserved"],
    ["255.255.255.255", "broadcast"],
    ["::", "unspecified"],
    ["fc00::1", "unique local"],
    ["fd00:ec2::254", "unique local"],
    ["fe80::1", "link-local"],
    ["fe80::1%eth0", "link-local"],
    ["febf::1", "link-local"],
    ["ff02::1", "multicast"],
    ["2001::1", "protocols"],
    ["2001:db8::1", "documentation"],
    ["3fff::1", "documentation"],
    ["100::1", "no public"],
    ["64:ff9b:1::10.0.0.1", "no public"],
    ["fec0::1", "no public"],
    ["5f00::1", "no public"],
    ["::10.0.0.1", "no public"],
    ["::ffff:10.0.0.1", "private"],
    ["::ffff:a9fe:a9fe", "link-local"],
    ["::ffff:100.100.100.200", "internal network"],
    ["64:ff9b::10.0.0.1", "private address behind NAT64"],
    ["64:ff9b::a9fe:a9fe", "link-local address behind NAT64"],
    ["64:ff9b::127.0.0.1", "loopback address behind NAT64"],
    ["2002:a00:1::1", "private address behind 6to4"],
    ["2002:6464:64c8::", "internal network behind 6to4"],
    ["2002:7f00:1::", "loopback address behind 6to4"],
    ["localhost", "no address"],
    ["", "no address"],
  ])("are not %s: %s", (address, why) => {
    expect(rule(address)).toContain(why);
  });

  it.each([
    ["10.0.0.0/8", "10.1.2.3"],
    ["10.0.0.0/8", "::ffff:10.1.2.3"],
    ["10.0.0.0/8", "64:ff9b::10.1.2.3"],
    ["::ffff:10.0.0.0/104", "10.1.2.3"],
    ["100.64.0.0/10", "100.115.0.1"],
    ["fd00::/8", "fd00::1"],
    ["64:ff9b::/96", "64:ff9b::10.1.2.3"],
  ])("are those that %s lists: %s", (range, address) => {
    expect(addressRule([range])(address)).toBeNull();
  });

  it("are no others besides the listed ones", () => {
    const listing = addressRule(["10.0.0.0/16", "fd00::/16"]);

    expect(["10.1.0.0", "192.168.0.1", "fd01::1", "fe80::1"].map(listing)).not.toContain(null);
  });

  it("are not told by a list that is wrong", () => {
    expect(() => addressRule(["10.0.0.1/8"])).toThrow("no range of addresses");
  });
});
