import { alternatives, numberPattern } from "./number-pattern.ts";

const PORT = numberPattern(1, 65_535);

/** A name or an IPv4 address, or an IPv6 address in brackets: what Go's URL parser takes too. */
export const HOST = String.raw`([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])`;

/** A host's port with its colon. */
export const COLON_PORT = `:${PORT}`;

/** Hosts that never leave the machine. */
export const LOOPBACK = String.raw`(localhost|127(\.[0-9]{1,3}){3}|\[::1\])`;

const IPV4 = String.raw`${numberPattern(0, 255)}(\.${numberPattern(0, 255)}){3}`;

/**
 * A range of addresses. Whether bits beyond the prefix are zero is not asked, nor the spelling of
 * IPv6 with an IPv4 address at its end allowed.
 */
export const CIDR = `^(${IPV4}/${numberPattern(0, 32)}|${ipv6()}/${numberPattern(0, 128)})$`;

/** Eight groups, or fewer on both sides of one `::`. */
function ipv6(): string {
  const group = "[0-9A-Fa-f]{1,4}";
  const upTo = (most: number) => (most === 0 ? "" : `(${group}(:${group}){0,${most - 1}})?`);
  const beforeGap = (count: number) => (count === 0 ? "" : `${group}(:${group}){${count - 1}}`);
  const counts = [0, 1, 2, 3, 4, 5, 6, 7];
  return alternatives([
    `${group}(:${group}){7}`,
    ...counts.map((count) => `${beforeGap(count)}::${upTo(7 - count)}`),
  ]);
}
