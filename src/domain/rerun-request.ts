import type { Operation } from "./operation.ts";

declare const requestIdBrand: unique symbol;

/** An idempotency key that has been checked: 1 to 128 characters of `A-Za-z0-9._:-`. */
export type RequestId = string & { readonly [requestIdBrand]: true };

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Whether a text is an idempotency key. */
export function isRequestId(text: string): text is RequestId {
  return REQUEST_ID.test(text);
}

/** Which of the waiting requests of one lane goes first. */
export type Priority = "LOW" | "NORMAL" | "HIGH";

/** Lowest first; the order is the meaning. */
export const PRIORITIES = ["LOW", "NORMAL", "HIGH"] as const satisfies readonly Priority[];

/** What a requester wrote about itself; it travels unchanged into every outcome of the request. */
export interface RequestEcho {
  readonly requestId: string;
  readonly provider: string;
  /** Record name of the operation. A plain string: a newer schema may know more than we do. */
  readonly operationName: string;
  /** Milliseconds since the epoch. */
  readonly requestedAt: number;
  readonly requestedBy: string;
  readonly correlationId: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly replayOf: string | null;
}

/** One rerun request that makes sense in itself. Times are milliseconds since the epoch. */
export interface RerunRequest {
  readonly requestId: RequestId;
  readonly provider: string;
  readonly operation: Operation;
  readonly requestedAt: number;
  readonly requestedBy: string;
  readonly reason: string | null;
  readonly priority: Priority;
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly replayOf: string | null;
  readonly causedBy: string | null;
  readonly correlationId: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where a record stands in Kafka. */
export interface Source {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** W3C trace context, handed from the request's headers to its outcomes'. */
export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate: string | null;
}

/** A request together with the record that carried it. */
export interface ReceivedRequest {
  readonly request: RerunRequest;
  readonly source: Source;
  /** Milliseconds since the epoch at which this process took the record from Kafka. */
  readonly receivedAt: number;
  readonly trace: TraceHeaders | null;
}

/** The part of a request that its outcomes repeat. */
export function echoOf(request: RerunRequest): RequestEcho {
  return {
    requestId: request.requestId,
    provider: request.provider,
    operationName: request.operation.kind,
    requestedAt: request.requestedAt,
    requestedBy: request.requestedBy,
    correlationId: request.correlationId,
    labels: request.labels,
    replayOf: request.replayOf,
  };
}
