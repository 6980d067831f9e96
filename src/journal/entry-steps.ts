import type { RequestEcho } from "../domain/rerun-request.ts";
import type { Refusal } from "./change.ts";
import type { Entry, EntryClaim, EntryFacts } from "./claim-entry.ts";
import type { AskedRequest, ClosedRequest, ReleaseRecord } from "./journal-record.ts";
import type { Known } from "./sealed-segment.ts";

interface Granted extends Pick<EntryFacts, "key" | "provider"> {
  /** What its record asks for. */
  readonly windowMs: number;
}

/** Why the request may not be claimed or closed at all, by what is known of its id; null: it may. */
export function refusalOf(
  asked: Pick<AskedRequest | ClosedRequest, "digest" | "attempt">,
  { entry, finished }: { readonly entry: Entry | undefined; readonly finished: Known | undefined },
): Refusal | null {
  if (finished !== undefined) return finished.isSameContent ? "finished" : "conflict";
  if (entry !== undefined && entry.digest !== asked.digest) return "conflict";
  if (entry !== undefined && entry.phase !== "free") return "taken";
  return asked.attempt === (entry?.grants ?? 0) + 1 ? null : "fenced";
}

/** The request once its claim is granted; `before`: what was known of it. */
export function claimedEntry(
  granted: Granted,
  asked: AskedRequest,
  before: Entry | undefined,
  claim: EntryClaim,
): Entry {
  const facts = factsOf(granted, asked, before, { packed: asked.packed, echo: null });
  const { leftOut = [] } = asked.guarded ?? {};
  const without = leftOut.length === 0 ? {} : { leftOut };
  return { ...facts, ...without, phase: "claimed", claim, taken: null, told: null };
}

/** The request once a verdict without a call stands; `before`: what was known of it. */
export function closedEntry(
  granted: Granted,
  closed: ClosedRequest,
  before: Entry | undefined,
): Entry {
  const facts = factsOf(granted, closed, before, { packed: null, echo: closed.echo });
  return { ...facts, phase: "done", claim: null, taken: null, told: closed.told };
}

/** The request once its holder has given it back. */
export function releasedEntry(entry: Entry, { called, why }: ReleaseRecord): Entry {
  const tries = entry.tries + (called ? 1 : 0);
  const free = { phase: "free", claim: null, taken: null, told: null } as const;
  return { ...entry, tries, releasedWhy: why, ...free };
}

function factsOf(
  { key, provider, windowMs: asksFor }: Granted,
  asked: AskedRequest | ClosedRequest,
  before: Entry | undefined,
  content: { readonly packed: string | null; readonly echo: RequestEcho | null },
): EntryFacts {
  const { requestId, source, receivedAt, trace, digest } = asked;
  const { grants = 0, tries = 0, releasedWhy = null } = before ?? {};
  const request = { requestId, source, receivedAt, trace, ...content };
  const windowMs = Math.max(asksFor, before?.windowMs ?? 0);
  return { key, provider, digest, request, grants: grants + 1, windowMs, tries, releasedWhy };
}
