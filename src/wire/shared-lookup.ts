import dns from "node:dns";
import type { LookupFunction } from "node:net";

/**
 * Name lookup that asks the system once for whoever wants to know the same at the same time.
 *
 * The system's lookup blocks one of the few threads that all connections of the process share, and
 * cannot be called off: asked by every call to a host whose name servers do not answer, it would
 * keep the calls to all other hosts waiting. Nothing is remembered once it is answered.
 */
export function sharedLookup(): LookupFunction {
  const asking = new Map<string, Parameters<LookupFunction>[2][]>();
  return (host, options, tell) => {
    const question = JSON.stringify([host, options]);
    const others = asking.get(question);
    if (others !== undefined) {
      others.push(tell);
      return;
    }
    const everybody = [tell];
    asking.set(question, everybody);
    dns.lookup(host, options, (error, address, family) => {
      asking.delete(question);
      for (const one of everybody) one(error, address, family);
    });
  };
}
