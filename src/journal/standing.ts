import type { ClaimStates } from "./claim-states.ts";
import { digestOf, keyOf } from "./digest.ts";
import type { ClaimAsk, Standing } from "./journal.ts";
import type { AskedRequest } from "./journal-record.ts";
import type { Source } from "../domain/rerun-request.ts";
import type { Packing } from "../lanes/waiting-request.ts";

/** Who a request is, by itself and as its record says. */
export interface RequestName {
  readonly provider: string;
  readonly requestId: string;
  readonly digest: string;
  readonly source: Source;
}

/** How the request stands in its connection's state. */
export function standingIn(
  state: Pick<ClaimStates, "entry" | "known">,
  { provider, requestId, digest, source }: RequestName,
): Standing {
  const key = keyOf(provider, requestId);
  const entry = state.entry(key);
  if (entry !== undefined) {
    return entry.digest === digest ? { kind: "open", entry } : { kind: "conflict" };
  }
  const known = state.known(key, digest, source);
  if (known === undefined) return { kind: "unknown" };
  if (!known.isSameContent) return { kind: "conflict" };
  return { kind: "finished", isSameSource: known.isSameSource };
}

/** The request as a CLAIM asks for it now, for its next attempt. */
export function askedIn(
  state: Pick<ClaimStates, "entry">,
  { received, targets, before, evidenceAt }: ClaimAsk,
  packing: Pick<Packing, "pack">,
): AskedRequest {
  const { request, source, receivedAt, trace } = received;
  const { provider, requestId } = request;
  return {
    ...{ requestId, source, receivedAt, trace, targets, before, evidenceAt },
    digest: digestOf(request),
    attempt: (state.entry(keyOf(provider, requestId))?.grants ?? 0) + 1,
    packed: packing.pack(request),
  };
}
