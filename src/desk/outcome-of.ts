import type { Outcome } from "../domain/outcome.ts";
import {
  echoOf,
  type ReceivedRequest,
  type RequestEcho,
  type RerunRequest,
  type Source,
} from "../domain/rerun-request.ts";
import type { EntryRequest } from "../journal/claim-entry.ts";
import type { Told } from "../journal/journal-record.ts";

/** Gives back what was packed, in equal form. */
export type Unpack = (packed: string) => RerunRequest;

/** The outcome of what was told about a journal's request: the same one, whoever publishes it. */
export function outcomeOf(request: EntryRequest, told: Told, unpack: Unpack): Outcome {
  const { source, trace, receivedAt } = request;
  const { verdict, history, completedAt, dispatcher } = told;
  const echo = echoIn(request, unpack);
  return { ...verdict, ...history, echo, source, trace, receivedAt, completedAt, dispatcher };
}

/** What the request's outcomes repeat of it. */
export function echoIn({ echo, packed }: EntryRequest, unpack: Unpack): RequestEcho {
  if (echo !== null) return echo;
  if (packed === null) throw new Error("a journal's request has neither an echo nor itself");
  return echoOf(unpack(packed));
}

/** A request that was claimed before, as the journal tells it, with a record of its own. */
export function receivedFrom(
  { packed, receivedAt, trace }: EntryRequest,
  source: Source,
  unpack: Unpack,
): ReceivedRequest {
  if (packed === null) throw new Error("a free request was never claimed");
  return { request: unpack(packed), source, receivedAt, trace };
}
