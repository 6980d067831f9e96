import net from "node:net";

/** A block of addresses: those whose first `bits` bits are those of `first`. */
export interface AddressRange {
  readonly first: bigint;
  /** Of 128; an IPv4 prefix counts from 96 on. */
  readonly bits: number;
}

/** A range, or what is allowed instead. */
export type ParsedRange =
  | { readonly kind: "range"; readonly range: AddressRange }
  | { readonly kind: "refused"; readonly expected: string };

const ADDRESS_BITS = 128;
/** Where IPv4 lies among the IPv6 addresses: ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
const MAPPED = 0xffffn << 32n;
const MAPPED_BITS = 96;

/**
 * An IPv4 or IPv6 address as a number, so that an IPv4 address and its IPv4-mapped spelling are the
 * same one. A zone (`%eth0`) is left out. Undefined for anything else, host names included.
 */
export function numberOf(address: string): bigint | undefined {
  if (net.isIPv4(address)) {
    return MAPPED + address.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  }
  if (!net.isIPv6(address)) return undefined;
  // A URL spells every IPv6 address with groups of hexadecimal digits and at most one `::`.
  const spelling = new URL(`http://[${address.replace(/%.*$/s, "")}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = spelling
    .split("::")
    .map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail].reduce(
    (sum, group) => sum * 65_536n + BigInt(`0x${group}`),
    0n,
  );
}

/**
 * Reads a range in CIDR notation (RFC 4632, RFC 4291), such as `10.0.0.0/8` or `fd00::/8`. Bits
 * beyond the prefix must be zero: `10.1.2.3/8` says two things at once.
 */
export function parseRange(text: string): ParsedRange {
  const [, address = "", prefix = ""] = /^([0-9a-f.:]+)\/(0|[1-9][0-9]{0,2})$/i.exec(text) ?? [];
  const first = numberOf(address);
  if (first === undefined) return refused("a CIDR such as 10.0.0.0/8 or fd00::/8");
  const isIpv4 = net.isIPv4(address);
  const most = isIpv4 ? ADDRESS_BITS - MAPPED_BITS : ADDRESS_BITS;
  if (Number(prefix) > most) return refused(`a prefix length from 0 to ${most}`);
  const range = { first, bits: Number(prefix) + (isIpv4 ? MAPPED_BITS : 0) };
  if (prefixOf(first, range) << shiftOf(range) !== first) {
    return refused(`no bits beyond the prefix of ${prefix}; one address is a prefix of ${most}`);
  }
  return { kind: "range", range };
}

/** The range of a text that is known to be one. Throws for any other. */
export function rangeOf(text: string): AddressRange {
  const parsed = parseRange(text);
  if (parsed.kind === "range") return parsed.range;
  throw new Error(`${text} is no range of addresses: expected ${parsed.expected}`);
}

/** Whether an address, as a number, lies in a range. */
export function isWithin(address: bigint, range: AddressRange): boolean {
  return prefixOf(address, range) === prefixOf(range.first, range);
}

function prefixOf(address: bigint, range: AddressRange): bigint {
  return address >> shiftOf(range);
}

function shiftOf({ bits }: AddressRange): bigint {
  return BigInt(ADDRESS_BITS - bits);
}

function refused(expected: string): ParsedRange {
  return { kind: "refused", expected };
}
