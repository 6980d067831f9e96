import type { TraceHeaders } from "../domain/rerun-request.ts";
import { headerText, type KafkaRecord } from "../kafka/record.ts";

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** What the W3C asks everybody to carry at least; a longer one is dropped, as it allows. */
const MAX_TRACESTATE = 512;

/** The record's W3C trace context; null when it has none, or one that nobody could use. */
export function traceOf(record: KafkaRecord): TraceHeaders | null {
  const traceparent = headerText(record, "traceparent");
  if (traceparent === null || !TRACEPARENT.test(traceparent)) return null;
  const tracestate = headerText(record, "tracestate");
  const usable = tracestate !== null && tracestate.length <= MAX_TRACESTATE;
  return { traceparent, tracestate: usable ? tracestate : null };
}
