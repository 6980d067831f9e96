import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import type { Watermark } from "../../src/journal/watermark.ts";
import { headerText, type KafkaRecord } from "../../src/kafka/record.ts";
import type { Alarm } from "./alarm.ts";
import type { JournalAudit } from "./journal-audit.ts";
import type { PlannedRecord } from "./scenario.ts";

export interface RecordAuditParts {
  readonly journal: Pick<JournalAudit, "finalOf" | "sourceOf">;
  readonly alarm: Alarm;
  /** Whether the journal has it that the final outcome is out. */
  readonly isPublished: (provider: string, requestId: string) => boolean;
}

/** Follows every record of the requests topic to its end. */
export class RecordAudit {
  readonly #parts: RecordAuditParts;
  /** Partition → offset → what stands there. */
  readonly #records = new Map<number, PlannedRecord[]>();
  readonly #deadLetters = new Set<string>();
  /** outcomeId → the bytes that say it. */
  readonly #outcomes = new Map<string, string>();
  /** Request → the id of its final outcome. */
  readonly #finals = new Map<string, string>();
  /** Records that are known as complete, which they stay. */
  readonly #complete = new Set<PlannedRecord>();
  /** Partition → below this all records are known as complete. */
  readonly #completeTo = new Map<number, number>();

  constructor(parts: RecordAuditParts) {
    this.#parts = parts;
  }

  /** A record was written to the requests topic. */
  written(record: PlannedRecord): void {
    const partition = this.#records.get(record.partition) ?? [];
    this.#records.set(record.partition, [...partition, record]);
  }

  /** A record stands in the dead-letter topic. */
  deadLettered(record: KafkaRecord): void {
    const [partition, offset] = ["partition", "offset"].map((what) =>
      Number(headerText(record, `dlq-source-${what}`)),
    );
    const place = `${partition}/${offset}`;
    this.#deadLetters.add(place);
    const request = this.#records.get(partition ?? 0)?.[offset ?? 0]?.request ?? null;
    if (request === null) return;
    const winner = this.#winnerOf(request);
    if (winner !== null && textOf(winner) !== textOf(request)) return;
    this.#parts.alarm.raise(`${request.requestId} at ${place} is a dead letter, and no conflict`);
  }

  /** An outcome stands in its topic, once more perhaps. */
  told(outcome: RerunOutcome, bytes: Buffer): void {
    const { outcomeId, requestId, provider, final } = outcome;
    const text = bytes.toString("base64");
    const known = this.#outcomes.get(outcomeId) ?? text;
    if (known !== text) this.#parts.alarm.raise(`two outcomes of ${requestId} have one id`);
    this.#outcomes.set(outcomeId, text);
    if (!final) return;
    const told = this.#parts.journal.finalOf(provider, requestId)?.told;
    const isTheJournals =
      told?.verdict.status === outcome.status && told.completedAt === outcome.completedAt;
    if (!isTheJournals) {
      this.#parts.alarm.raise(
        `${requestId} is told ${outcome.status}, which the journal does not say`,
      );
    }
    const name = `${provider} ${requestId}`;
    const first = this.#finals.get(name) ?? outcomeId;
    if (first !== outcomeId) this.#parts.alarm.raise(`${requestId} has two final outcomes`);
    this.#finals.set(name, outcomeId);
  }

  /** Whether the final outcome of a request stands in its topic. */
  hasOutcome(provider: string, requestId: string): boolean {
    return this.#finals.has(`${provider} ${requestId}`);
  }

  /** Somebody says that everything below an offset is complete. */
  claimedComplete(who: string, partition: number, low: bigint): void {
    const to = Number(low);
    for (let at = this.#completeTo.get(partition) ?? 0; at < to; at += 1) {
      if (!this.#isComplete(partition, at)) {
        this.#parts.alarm.raise(`${who} has ${partition}/${at} as complete, and it is not`);
        return;
      }
      this.#completeTo.set(partition, at + 1);
    }
  }

  /** Somebody says so of a watermark and of the stretches above it. */
  claimedWatermark(
    who: string,
    partition: number,
    { low, ranges }: Omit<Watermark, "anchor">,
  ): void {
    this.claimedComplete(who, partition, low);
    for (const { from, to } of ranges) {
      for (let at = Number(from); at < Number(to); at += 1) {
        if (this.#isComplete(partition, at)) continue;
        this.#parts.alarm.raise(`${who} has ${partition}/${at} as complete, and it is not`);
      }
    }
  }

  /** The records that have not come to their end, for people. */
  unfinished(): readonly string[] {
    return [...this.#records].flatMap(([partition, records]) =>
      records.flatMap(({ request }, offset) =>
        this.#isComplete(partition, offset)
          ? []
          : [`${request?.requestId ?? "a tombstone"} at ${partition}/${offset}`],
      ),
    );
  }

  /** How many records each partition has. */
  ends(): ReadonlyMap<number, number> {
    return new Map([...this.#records].map(([partition, { length }]) => [partition, length]));
  }

  #isComplete(partition: number, offset: number): boolean {
    const record = this.#records.get(partition)?.[offset];
    if (record === undefined) return false;
    if (this.#complete.has(record)) return true;
    const isComplete = this.#deadLetters.has(`${partition}/${offset}`) || this.#isTold(record);
    if (isComplete) this.#complete.add(record);
    return isComplete;
  }

  /** Whether the record's request is the one that has its id, and its final outcome is out. */
  #isTold({ request }: PlannedRecord): boolean {
    if (request === null) return false;
    const { provider, requestId } = request;
    if (!this.hasOutcome(provider, requestId)) return false;
    if (!this.#parts.isPublished(provider, requestId)) return false;
    const winner = this.#winnerOf(request);
    return winner !== null && textOf(winner) === textOf(request);
  }

  /** The request that has the id, as far as the journal tells. */
  #winnerOf({ provider, requestId }: NonNullable<PlannedRecord["request"]>) {
    const source = this.#parts.journal.sourceOf(provider, requestId);
    if (source === undefined) return null;
    return this.#records.get(source.partition)?.[Number(source.offset)]?.request ?? null;
  }
}

function textOf({ operation }: NonNullable<PlannedRecord["request"]>): string {
  return JSON.stringify(operation, (_key, value: unknown) => {
    return typeof value === "bigint" ? String(value) : value;
  });
}
