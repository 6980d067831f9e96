import type { DeadLetterReason } from "../domain/dead-letter-reason.ts";
import type { RecordPublisher } from "../kafka/publisher.ts";
import type { PublishEnd } from "../kafka/outgoing-record.ts";
import { headerText, type HeaderValue, type KafkaRecord } from "../kafka/record.ts";
import { shorten } from "./shorten.ts";

const PREFIX = "dlq-";
/** Leaves room in the 64 KiB by which the dead-letter topic takes larger records. */
const MAX_MESSAGE = 1_000;

export interface DeadLettersParts {
  readonly publisher: Pick<RecordPublisher, "publish">;
  readonly topic: string;
  /** Instance id and version. */
  readonly dispatcher: string;
}

/** Where records go that cannot be worked, with all their bytes. */
export class DeadLetters {
  readonly #parts: DeadLettersParts;

  constructor(parts: DeadLettersParts) {
    this.#parts = parts;
  }

  /**
   * Resolves once the record stands in the dead-letter topic, or is too large for it. Waits and
   * rejects as `RecordPublisher.publish` does.
   *
   * Key, value and headers are the record's own; `dlq-` headers, which a record may bring back from
   * an earlier time in the topic, are replaced.
   */
  async deadLetter(
    record: KafkaRecord,
    reason: DeadLetterReason,
    message: string,
  ): Promise<PublishEnd> {
    const { publisher, topic, dispatcher } = this.#parts;
    const own = Object.entries(record.headers).filter(([name]) => !name.startsWith(PREFIX));
    const headers: Record<string, HeaderValue> = {
      ...Object.fromEntries(own),
      "dlq-reason": reason,
      "dlq-message": shorten(message, MAX_MESSAGE),
      "dlq-source-topic": record.topic,
      "dlq-source-partition": String(record.partition),
      "dlq-source-offset": String(record.offset),
      "dlq-source-timestamp": record.timestamp,
      "dlq-time": new Date().toISOString(),
      "dlq-redrives": String(redrivesOf(record)),
      "dlq-dispatcher": dispatcher,
    };
    return publisher.publish(topic, { key: record.key, value: record.value, headers });
  }
}

/** How often the record was put back: one more than what it brought along, 0 when it brought none. */
function redrivesOf(record: KafkaRecord): number {
  const before = headerText(record, "dlq-redrives");
  if (before === null) return 0;
  return /^\d{1,9}$/.test(before) ? Number(before) + 1 : 1;
}
