import { type AddressRange, isWithin, numberOf, rangeOf } from "./address-range.ts";

/** Null when a connection to this address may be made; else what kind of address it is. */
export type AddressRule = (address: string) => string | null;

/**
 * Addresses that no cloud answers from on the public Internet, but something close by may: the
 * IANA registries of special-purpose addresses (RFC 6890), of IPv4 multicast and of IPv6 address
 * space. Both clouds' instance metadata, which hands out credentials, lies in here: 169.254.0.0/16,
 * and 100.100.100.200 of Alibaba Cloud.
 */
const SPECIAL: readonly (readonly [string, string])[] = [
  ["0.0.0.0/8", "an unspecified address"],
  ["10.0.0.0/8", "a private address"],
  ["100.64.0.0/10", "an address of a provider's internal network"],
  ["127.0.0.0/8", "a loopback address"],
  ["169.254.0.0/16", "a link-local address"],
  ["172.16.0.0/12", "a private address"],
  ["192.0.0.0/24", "an address for protocols"],
  ["192.0.2.0/24", "an address for documentation"],
  ["192.88.99.0/24", "a relay's address"],
  ["192.168.0.0/16", "a private address"],
  ["198.18.0.0/15", "an address for benchmarks"],
  ["198.51.100.0/24", "an address for documentation"],
  ["203.0.113.0/24", "an address for documentation"],
  ["224.0.0.0/4", "a multicast address"],
  ["255.255.255.255/32", "the broadcast address"],
  ["240.0.0.0/4", "a reserved address"],
  ["::/128", "an unspecified address"],
  ["2001::/23", "an address for protocols"],
  ["2001:db8::/32", "an address for documentation"],
  ["3fff::/20", "an address for documentation"],
  ["fc00::/7", "a unique local address"],
  ["fe80::/10", "a link-local address"],
  ["ff00::/8", "a multicast address"],
];

const SPECIAL_RANGES = SPECIAL.map(([text, what]) => ({ range: rangeOf(text), what }));

/** The only IPv6 block that public addresses are given out from. */
const GLOBAL_UNICAST = rangeOf("2000::/3");
const IPV4 = rangeOf("0.0.0.0/0");
/** Spelled IPv4-mapped, they are these as well. */
const LOOPBACK = ["127.0.0.0/8", "::1/128"].map(rangeOf);

/** IPv6 addresses that lead to an IPv4 address inside of them, and how far left it stands. */
const TUNNELS = [
  { range: rangeOf("64:ff9b::/96"), shift: 0n, name: "NAT64" }, // RFC 6052
  { range: rangeOf("2002::/16"), shift: 80n, name: "6to4" }, // RFC 3056
] as const;

/**
 * Lets connections go to public addresses, to loopback and to `allowed` (CIDR texts that
 * `parseRange` takes; throws for others). An address that a tunnel leads to counts like the tunnel's.
 */
export function addressRule(allowed: readonly string[]): AddressRule {
  const allowedRanges = allowed.map(rangeOf);
  return (text) => {
    const address = numberOf(text);
    if (address === undefined) return "no address";
    if (isInOneOf(address, LOOPBACK)) return null;
    return refusalOf(address, allowedRanges);
  };
}

function refusalOf(address: bigint, allowed: readonly AddressRange[]): string | null {
  if (isInOneOf(address, allowed)) return null;
  for (const { range, shift, name } of TUNNELS) {
    if (!isWithin(address, range)) continue;
    const inner = IPV4.first + ((address >> shift) & 0xffff_ffffn);
    const refusal = refusalOf(inner, allowed);
    return refusal === null ? null : `${refusal} behind ${name}`;
  }
  const special = SPECIAL_RANGES.find(({ range }) => isWithin(address, range));
  if (special !== undefined) return special.what;
  const isPublic = isWithin(address, IPV4) || isWithin(address, GLOBAL_UNICAST);
  return isPublic ? null : "no public address";
}

function isInOneOf(address: bigint, ranges: readonly AddressRange[]): boolean {
  return ranges.some((range) => isWithin(address, range));
}
