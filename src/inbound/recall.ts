import type { ReceivedRequest } from "../domain/rerun-request.ts";
import type { KafkaRecord } from "../kafka/record.ts";
import type { Repeated } from "../lifecycle/repeated.ts";
import type { Log } from "../observability/log.ts";
import type { RequestDecoder } from "./decode-request.ts";
import type { LaneOverflow } from "./lane-overflow.ts";
import type { Overflow } from "./overflow.ts";
import type { Place } from "./place-heap.ts";

/** Why a request that waited outside of memory is read again. */
export type RecallReason =
  /** Its lane has room. */
  | "room"
  /** Its `notAfter` has passed. */
  | "expired"
  /** The topic's retention is about to delete its record. */
  | "retention";

export interface RecallParts {
  readonly overflow: Pick<Overflow, "waiting" | "roomOf">;
  /** Records of a partition from an offset on, as many as one answer of the brokers holds. */
  readonly read: (partition: number, from: bigint) => Promise<readonly KafkaRecord[]>;
  readonly decoder: Pick<RequestDecoder, "decode">;
  /** Takes the request over again; it was taken out of the overflow. */
  readonly recalled: (received: ReceivedRequest, why: RecallReason) => void;
  /** The record is gone: nobody knows any more who asked for what. */
  readonly gone: (place: Place) => void;
  /** Below these offsets records are about to be deleted. */
  readonly dyingBelow: () => ReadonlyMap<number, bigint>;
  /** Milliseconds since the epoch. */
  readonly epoch: () => number;
  readonly log: Pick<Log, "warn">;
}

interface Wanted {
  readonly place: Place;
  readonly why: RecallReason;
  /** How many may come along from behind it. */
  readonly room: number;
}

const LOOK_EVERY_MS = 100;
const ASK_AGAIN_MS = 1000;

/** Reads requests again that wait outside of memory: when their lane has room, or their time is over. */
export class Recall {
  readonly #parts: RecallParts;
  #steps = 0;
  #repeated: Repeated | null = null;

  constructor(parts: RecallParts) {
    this.#parts = parts;
  }

  /** Grows with every record that was read again. */
  get steps(): number {
    return this.#steps;
  }

  /** Whether something could be read again now; together with `steps` it shows what is stuck. */
  get runnable(): boolean {
    const { overflow } = this.#parts;
    if (this.#repeated?.isStopped === true) return false;
    return overflow.waiting.some(([provider]) => overflow.roomOf(provider) > 0);
  }

  /** Looks every 100 ms, until that is stopped. */
  start(repeated: Repeated): void {
    this.#repeated = repeated;
    repeated.every(LOOK_EVERY_MS, async () => {
      try {
        await this.look();
      } catch (error) {
        // Who cannot be asked is asked again: what waits here goes on waiting.
        this.#parts.log.warn("recall.failed", { error });
        await repeated.pause(ASK_AGAIN_MS);
      }
    });
  }

  /**
   * Reads again what is to be read again now, of each lane in turn: the many of one do not keep the
   * others waiting. Rejects when the brokers cannot be asked.
   */
  async look(): Promise<void> {
    for (let isDone = false; !isDone;) {
      isDone = true;
      for (const [provider, lane] of this.#parts.overflow.waiting) {
        const wanted = this.#wanted(provider, lane);
        if (wanted === null) continue;
        isDone = false;
        await this.#fetch(lane, wanted);
      }
    }
  }

  #wanted(provider: string, lane: LaneOverflow): Wanted | null {
    const { overflow, epoch, dyingBelow } = this.#parts;
    const expired = lane.expired(epoch());
    if (expired !== null) return { place: expired, why: "expired", room: 0 };
    const dying = lane.dying(dyingBelow());
    if (dying !== null) return { place: dying, why: "retention", room: 0 };
    const room = overflow.roomOf(provider);
    const place = room === 0 ? null : lane.next();
    return place === null ? null : { place, why: "room", room };
  }

  async #fetch(lane: LaneOverflow, { place, why, room }: Wanted): Promise<void> {
    const { read, gone } = this.#parts;
    const { partition, offset } = place;
    const records = await read(partition, offset);
    let left = room;
    for (const record of records) {
      if (!lane.has(record)) continue;
      const isWanted = record.offset === offset;
      if (!isWanted && why === "room" && left <= 0) break;
      // One answer holds many records: those behind it whose time is over too are not read once more.
      const reasonFor = (received: ReceivedRequest) =>
        isWanted ? why : (this.#over(received) ?? (left > 0 ? "room" : null));
      if ((await this.#recall(lane, record, reasonFor)) === "room") left -= 1;
    }
    // What is above it in the answer, or nothing at all: the record itself does not exist any more.
    if (records.some((record) => record.offset === offset)) return;
    if (lane.drop(place)) gone(place);
  }

  /** Why nothing more may be called for it, if that is so. */
  #over({ request, source }: ReceivedRequest): "expired" | "retention" | null {
    const { epoch, dyingBelow } = this.#parts;
    if (request.notAfter !== null && request.notAfter < epoch()) return "expired";
    return source.offset < (dyingBelow().get(source.partition) ?? 0n) ? "retention" : null;
  }

  /** Why it was taken over; null: it was not. */
  async #recall(
    lane: LaneOverflow,
    record: KafkaRecord,
    reasonFor: (received: ReceivedRequest) => RecallReason | null,
  ): Promise<RecallReason | null> {
    const { decoder, epoch, recalled, gone } = this.#parts;
    const decoded = await decoder.decode(record, epoch());
    if (decoded.kind === "unavailable") throw new Error(decoded.message);
    this.#steps += 1;
    if (decoded.kind !== "request") {
      // It was one when it was put aside: the topic holds another record there now.
      if (lane.drop(record)) gone(record);
      return null;
    }
    const reason = reasonFor(decoded.received);
    if (reason === null || !lane.take(decoded.received)) return null;
    recalled(decoded.received, reason);
    return reason;
  }
}
