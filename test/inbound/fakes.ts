import type { DecodedRequest } from "../../src/inbound/decode-request.ts";
import type { Desk, Senseless } from "../../src/inbound/desk.ts";
import { Intake, type IntakeParts, type RecordFeed } from "../../src/inbound/intake.ts";
import type { Watermarks } from "../../src/inbound/partition-starts.ts";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import { RequestParser } from "../../src/inbound/parse-request.ts";
import type { Watermark } from "../../src/journal/watermark.ts";
import type { KafkaRecord } from "../../src/kafka/record.ts";
import type { PublishEnd } from "../../src/kafka/outgoing-record.ts";
import { aDecodedRequest, REQUEST_RECORD } from "./a-request.ts";
import { RecordingLog } from "./recording-log.ts";

/** A consumer that only remembers what it was told. */
export class FakeFeed implements RecordFeed {
  readonly paused = new Set<number>();
  readonly commits: (readonly (readonly [number, bigint])[])[] = [];
  commitFails: Error | null = null;
  commitGate: Promise<void> = Promise.resolve();
  /** `partition/offset`, in order. */
  readonly seeks: string[] = [];

  pause(partition: number): void {
    this.paused.add(partition);
  }

  resume(partition: number): void {
    this.paused.delete(partition);
  }

  async commit(offsets: ReadonlyMap<number, bigint>): Promise<void> {
    this.commits.push([...offsets]);
    await this.commitGate;
    if (this.commitFails !== null) throw this.commitFails;
  }

  seek(partition: number, offset: bigint): void {
    this.seeks.push(`${partition}/${offset}`);
  }
}

/** A desk that keeps everything and completes nothing. */
export class FakeDesk implements Desk {
  readonly received: bigint[] = [];
  /** The same, as `partition/offset`. */
  readonly places: string[] = [];
  readonly rejected: bigint[] = [];
  readonly goingOn = new Set<bigint>();
  conflicts = false;

  receive({ source }: ReceivedRequest): ReturnType<Desk["receive"]> {
    if (this.conflicts) return { kind: "conflict", message: "asked for something else before" };
    this.received.push(source.offset);
    this.places.push(`${source.partition}/${source.offset}`);
    return { kind: "taken" };
  }

  reject({ source }: Senseless): ReturnType<Desk["reject"]> {
    if (this.conflicts) return { kind: "conflict", message: "asked for something else before" };
    this.rejected.push(source.offset);
    return { kind: "taken" };
  }

  forget(): ReadonlySet<bigint> {
    return this.goingOn;
  }
}

/** Decodes every record to a sound request, unless its offset was told otherwise. */
export class FakeDecoder {
  readonly ends = new Map<bigint, () => DecodedRequest>();
  readonly #parser = new RequestParser({ targetsPerRequest: 200 });

  async decode(record: KafkaRecord, receivedAt: number): Promise<DecodedRequest> {
    const told = this.ends.get(record.offset);
    if (told !== undefined) return told();
    const { topic, partition, offset } = record;
    const source = { topic, partition, offset };
    const fields = aDecodedRequest({ requestId: `r-${partition}-${offset}` });
    const parsed = this.#parser.parse(REQUEST_RECORD, fields);
    if (parsed.kind !== "request") throw new Error(parsed.kind);
    return {
      kind: "request",
      received: { request: parsed.request, source, receivedAt, trace: null },
    };
  }
}

/** A checkpoint that knows what it was told; voiding it ends when the test lets it, at once unless told. */
export class FakeWatermarks implements Watermarks {
  readonly known = new Map<number, Watermark>();
  readonly voided: number[] = [];
  voiding: Promise<void> = Promise.resolve();

  of(partition: number): Watermark | null {
    return this.known.get(partition) ?? null;
  }

  async void(partition: number, { era }: Watermark): Promise<Watermark> {
    this.voided.push(partition);
    await this.voiding;
    const anew: Watermark = { era: era + 1, low: 0n, ranges: [], anchor: null };
    this.known.set(partition, anew);
    return anew;
  }
}

/** Dead letters that end as told; `published` at once unless told. */
export class FakeDeadLetters {
  readonly published: string[] = [];
  answer: () => Promise<PublishEnd> = async () => ({ kind: "published" });

  async deadLetter(record: KafkaRecord, reason: string): Promise<PublishEnd> {
    const end = await this.answer();
    if (end.kind === "published") this.published.push(`${record.offset} ${reason}`);
    return end;
  }
}

/** An intake between fakes. */
export function anIntake(overrides: Partial<IntakeParts> = {}) {
  const fakes = {
    feed: new FakeFeed(),
    decoder: new FakeDecoder(),
    desk: new FakeDesk(),
    deadLetters: new FakeDeadLetters(),
    watermarks: new FakeWatermarks(),
    log: new RecordingLog(),
    counted: [] as string[],
    /** What was ours at each assignment that was told. */
    assignments: [] as string[],
    failures: [] as unknown[],
  };
  const intake: Intake = new Intake({
    ...fakes,
    metrics: {
      requestReceived: (provider, operation) => void fakes.counted.push(`${provider} ${operation}`),
      deadLettered: (reason) => void fakes.counted.push(`dead ${reason}`),
      completeAgain: (records) => void fakes.counted.push(`complete ${records}`),
    },
    maxWaiting: 100,
    outside: () => 0,
    assigned: () => {
      const ours = [0, 1, 2, 3].filter((partition) => intake.owns(partition));
      fakes.assignments.push(ours.join());
    },
    failed: (error) => void fakes.failures.push(error),
    ...overrides,
  });
  return { ...fakes, intake };
}
