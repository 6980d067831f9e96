import type { RerunOutcome, RerunRequest } from "../../src/avro/wire-types.ts";
import { headerText, type KafkaRecord } from "../../src/kafka/record.ts";
import { readTopic } from "../../src/kafka/topic-reader.ts";
import type { BookedDeadLetter, Books, RequestRecord } from "./books.ts";
import { RETRYING } from "./chaos-config.ts";
import { committedOffsets } from "./group-offsets.ts";
import { MODE_HEADER } from "./record-sender.ts";
import type { Site } from "./site.ts";
import { contentOf, ERRAND_KINDS, targetsOfWire } from "./wire-operations.ts";

/** One record of the journal, as it stands there. */
export interface JournalLine {
  readonly partition: number;
  readonly offset: bigint;
  /** When the broker appended it, milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
}

/** Reads all that stands in the topics and in the provider's books now. */
export async function readBooks(site: Site, signal: AbortSignal): Promise<Books> {
  const { topics } = site.config.kafka;
  const [requests, outcomes, letters, arrivals, committed] = await Promise.all([
    readAll(site, topics.requests, signal),
    readAll(site, topics.outcomes, signal),
    readAll(site, topics.deadLetters, signal),
    site.simulator.admin.arrivals(),
    committedOffsets(site),
  ]);
  return {
    records: await Promise.all(requests.map(async (record) => requestRecord(site, record))),
    outcomes: await Promise.all(outcomes.map(async ({ value }) => outcomeIn(site, value))),
    deadLetters: letters.map(deadLetterIn),
    calls: arrivals.filter(({ effect }) => effect === "rerun"),
    committed,
  };
}

/** Reads the whole journal. */
export async function readJournal(
  site: Site,
  signal: AbortSignal,
): Promise<readonly JournalLine[]> {
  const records = await readAll(site, site.config.kafka.topics.journal, signal);
  return records.map(({ partition, offset, timestamp, value }) => {
    const text = value === null ? "a tombstone" : value.toString("utf8");
    return { partition, offset, at: Number(timestamp), text };
  });
}

/**
 * From an instant, milliseconds since the epoch, to the first CLAIM that was appended after it; null:
 * there was none.
 */
export function firstClaimMs(journal: readonly JournalLine[], since: number): number | null {
  const later = journal.filter(({ at, text }) => at >= since && text.includes('"kind":"CLAIM"'));
  const first = later.reduce((earliest, { at }) => Math.min(earliest, at), Infinity);
  return first === Infinity ? null : first - since;
}

async function readAll(
  { kafka }: Site,
  topic: string,
  signal: AbortSignal,
): Promise<readonly KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  const onRecord = (record: KafkaRecord) => void records.push(record);
  await readTopic({ kafka, topic, groupPrefix: "chaos", until: "end", signal, onRecord });
  return records;
}

async function requestRecord({ registry }: Site, record: KafkaRecord): Promise<RequestRecord> {
  const { partition, offset, value } = record;
  const mode = headerText(record, MODE_HEADER) ?? "?";
  const decoded = value === null ? null : await registry.decode(value);
  if (decoded?.kind === "unavailable") throw new Error(decoded.message);
  if (decoded?.kind !== "decoded") return { partition, offset, mode, asked: null };
  const wire = decoded.value as RerunRequest; // nothing else that can be decoded was put there
  const { requestId, provider, operation } = wire;
  const { product = "none" } =
    Object.values(ERRAND_KINDS).find(({ connection }) => connection === provider) ?? {};
  const asked = {
    ...{ requestId, provider, product, content: contentOf(wire) },
    ...{ targets: targetsOfWire(operation), retriesAbsent: provider === RETRYING },
    isForced: wire.force,
  };
  return { partition, offset, mode, asked };
}

async function outcomeIn({ registry }: Site, value: Buffer | null): Promise<RerunOutcome> {
  const decoded = value === null ? null : await registry.decode(value);
  if (decoded?.kind !== "decoded") throw new Error("the outcomes topic holds something else");
  return decoded.value as RerunOutcome; // the topic's only schema
}

function deadLetterIn(record: KafkaRecord): BookedDeadLetter {
  const header = (name: string) => headerText(record, `dlq-${name}`) ?? "";
  return {
    partition: Number(header("source-partition")),
    offset: BigInt(header("source-offset")),
    reason: header("reason"),
  };
}
