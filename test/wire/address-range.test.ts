import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWithin, numberOf, parseRange, rangeOf } from "../../src/wire/address-range.ts";

describe("an address as a number", () => {
  it.each([
    ["0.0.0.0", 0xffff_0000_0000n],
    ["255.255.255.255", 0xffff_ffff_ffffn],
    ["10.0.0.1", 0xffff_0a00_0001n],
    ["::", 0n],
    ["::1", 1n],
    ["fe80::1%eth0", 0xfe80n * 2n ** 112n + 1n],
    ["1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008n],
    ["1::", 2n ** 112n],
    ["64:ff9b::10.0.0.1", 0x0064_ff9b_0000_0000_0000_0000_0a00_0001n],
    ["FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF", 2n ** 128n - 1n],
  ])("%s", (text, number) => {
    expect(numberOf(text)).toBe(number);
  });

  it("is the same one for an IPv4 address and its IPv4-mapped spellings", () => {
    expect(numberOf("::ffff:10.0.0.1")).toBe(numberOf("10.0.0.1"));
    expect(numberOf("::FFFF:a00:1")).toBe(numberOf("10.0.0.1"));
  });

  it.each([
    "",
    "localhost",
    "10.0.0",
    "010.0.0.1",
    "10.0.0.1:80",
    "[::1]",
    "0x7f.1",
    "::g",
    "1::2::3",
  ])("does not exist for %j", (text) => {
    expect(numberOf(text)).toBeUndefined();
  });
});

describe("a range", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"],
    ["172.16.0.0/12", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"],
    ["10.1.2.3/32", "10.1.2.3", "10.1.2.3", "10.1.2.2", "10.1.2.4"],
    ["fc00::/7", "fc00::", "fdff::1", "fbff::1", "fe00::"],
    ["::1/128", "::1", "::1", "::", "::2"],
  ])("%s holds what has its prefix", (text, first, last, below, above) => {
    const inRange = (address: string) => isWithin(numberOf(address) ?? -1n, rangeOf(text));

    expect([first, last].map(inRange)).toStrictEqual([true, true]);
    expect([below, above].map(inRange)).toStrictEqual([false, false]);
  });

  it("of IPv4 holds no IPv6 address, and ::/0 holds everything", () => {
    const some = numberOf("2400:3200::1") ?? -1n;

    expect(isWithin(some, rangeOf("0.0.0.0/0"))).toBe(false);
    expect(isWithin(some, rangeOf("::/0"))).toBe(true);
    expect(isWithin(numberOf("8.8.8.8") ?? -1n, rangeOf("::/0"))).toBe(true);
  });

  it("holds its own first address, whatever its prefix", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, prefix) => {
        const number = (numberOf(address) ?? 0n) - 0xffff_0000_0000n;
        const first = (number >> BigInt(32 - prefix)) << BigInt(32 - prefix);
        const octets = [24n, 16n, 8n, 0n].map((shift) => (first >> shift) & 255n);
        const parsed = parseRange(`${octets.join(".")}/${prefix}`);

        expect(parsed.kind === "range" && isWithin(numberOf(address) ?? -1n, parsed.range)).toBe(
          true,
        );
      }),
    );
  });

  it("is read from any text without a throw, and only known ones are taken for granted", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(["range", "refused"]).toContain(parseRange(text).kind);
      }),
    );
    expect(() => rangeOf("10.0.0.1/8")).toThrow("10.0.0.1/8 is no range");
  });
});
