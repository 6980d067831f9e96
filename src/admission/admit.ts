import type { Operation, OperationName, ProviderKind } from "../domain/operation.ts";
import { PROVIDER_KIND_OF } from "../domain/operation.ts";
import { plainVerdict, type ReasonCode, type Verdict } from "../domain/outcome.ts";
import type { RerunRequest } from "../domain/rerun-request.ts";

/** What admission must know of a provider connection. */
export interface Connection {
  readonly kind: ProviderKind;
  /** The operations that its adapter can call. */
  readonly operations: readonly OperationName[];
  /** Why its adapter can never send an operation as it is asked for; null when it can. */
  objection(operation: Operation): string | null;
}

/** What is in front of a rule. */
export interface Candidate {
  readonly request: RerunRequest;
  /** The connection that the request names, if it is configured. */
  readonly connection: Connection | undefined;
  /** The names of all configured connections. */
  readonly configured: readonly string[];
  /** Milliseconds since the epoch. */
  readonly epoch: number;
  /** For how long the requests topic keeps a record; `Infinity`: for ever. */
  readonly requestsRetentionMs: number;
}

/** One reason not to call. Returns the final verdict when it applies, else null. */
type Rule = (candidate: Candidate) => Verdict | null;

/**
 * In this order: what can never be called is told before what could have been, and a dry run is
 * only a dry run of something that would have been called.
 */
const RULES: readonly Rule[] = [
  namesKnownProvider,
  fitsProvider,
  operationIsBuilt,
  canBeSent,
  isKeptForLongEnough,
  isInTime,
  isMeant,
];

/** The verdict on a request that is not to be called; null when it goes to its lane. */
export function admit(candidate: Candidate): Verdict | null {
  for (const rule of RULES) {
    const verdict = rule(candidate);
    if (verdict !== null) return verdict;
  }
  return null;
}

function namesKnownProvider({ request, connection, configured }: Candidate): Verdict | null {
  if (connection !== undefined) return null;
  const known = configured.join(", ");
  const message = `No provider connection is named ${JSON.stringify(request.provider)}; configured: ${known}.`;
  return rejected("UNKNOWN_PROVIDER", message);
}

function fitsProvider({ request, connection }: Candidate): Verdict | null {
  const needed = PROVIDER_KIND_OF[request.operation.kind];
  if (connection === undefined || connection.kind === needed) return null;
  const message = `${request.operation.kind} needs a connection of kind ${needed}, ${request.provider} is of kind ${connection.kind}.`;
  return rejected("WRONG_PROVIDER_KIND", message);
}

function operationIsBuilt({ request, connection }: Candidate): Verdict | null {
  const { kind } = request.operation;
  if (connection?.operations.includes(kind) === true) return null;
  return rejected("NOT_SUPPORTED", `This version cannot call ${kind} yet; nothing was called.`);
}

function canBeSent({ request, connection }: Candidate): Verdict | null {
  const objection = connection?.objection(request.operation) ?? null;
  return objection === null
    ? null
    : rejected("INVALID_REQUEST", `It cannot be sent: ${objection}.`);
}

/** It would wait longer than Kafka keeps its record, and a restart would lose it. */
function isKeptForLongEnough(candidate: Candidate): Verdict | null {
  const { notBefore } = candidate.request;
  const { epoch, requestsRetentionMs } = candidate;
  if (notBefore === null || notBefore - epoch <= requestsRetentionMs) return null;
  const last = new Date(epoch + requestsRetentionMs).toISOString();
  const message = `notBefore (${new Date(notBefore).toISOString()}) lies beyond the retention of the requests topic: its record is deleted about ${last}, and would be lost before its time. Ask again later, or keep the topic's records for longer (retention.ms).`;
  return rejected("INVALID_REQUEST", message);
}

function isInTime({ request, epoch }: Candidate): Verdict | null {
  if (request.notAfter === null || request.notAfter >= epoch) return null;
  return expiredVerdict(request.notAfter);
}

function isMeant({ request }: Candidate): Verdict | null {
  return request.dryRun ? plainVerdict("DRY_RUN") : null;
}

/** The verdict on a request that was not called by the end of its time. */
export function expiredVerdict(notAfter: number): Verdict {
  const message = `notAfter (${new Date(notAfter).toISOString()}) passed before the call.`;
  return plainVerdict("EXPIRED", { code: "NOT_AFTER_PASSED", message });
}

function rejected(code: ReasonCode, message: string): Verdict {
  return plainVerdict("REJECTED", { code, message });
}
