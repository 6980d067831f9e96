import type { LookupAddress } from "node:dns";
import net, { type LookupFunction } from "node:net";
import type { AddressRule } from "./address-rule.ts";

/**
 * Name lookup that tells only the addresses that `rule` lets through, and fails when a name stands
 * for no such address. What it tells is what the socket connects to: between the check and the
 * connection nobody asks again.
 */
export function checkedLookup(lookup: LookupFunction, rule: AddressRule): LookupFunction {
  return (host, options, tell) => {
    lookup(host, options, (error, address, family) => {
      if (error !== null) {
        tell(error, address, family);
        return;
      }
      const found = typeof address === "string" ? [{ address, family: family ?? 0 }] : address;
      const allowed = found.filter((one) => rule(one.address) === null);
      const [first] = allowed;
      if (first === undefined) tell(refusalOf(host, found, rule), []);
      else if (typeof address === "string") tell(null, first.address, first.family);
      else tell(null, allowed);
    });
  };
}

/** Throws when `host` is an address that `rule` refuses: of addresses nobody asks a lookup. */
export function refuseLiteral(host: string, rule: AddressRule): void {
  if (net.isIP(host) === 0 || rule(host) === null) return;
  throw refusalOf(host, [{ address: host, family: net.isIP(host) }], rule);
}

function refusalOf(host: string, found: readonly LookupAddress[], rule: AddressRule): Error {
  const each = found.map(({ address }) => `${address} (${rule(address) ?? "allowed"})`).join(", ");
  const what = net.isIP(host) === 0 ? `${host} stands for ${each || "no address"}` : each;
  return new Error(
    `refused to connect: ${what}; endpoints.allowAddresses may list addresses that are not public`,
  );
}
