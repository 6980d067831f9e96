import { createHash } from "node:crypto";
import type { LoggedRecord } from "./journal-log.ts";

/** One record of a topic, by which a topic that was made anew is told from the old one. */
export interface Anchor {
  readonly offset: bigint;
  /** As Kafka tells it, milliseconds since the epoch. */
  readonly timestamp: string;
  /** Of its value: the beginning of its sha256, in hex. */
  readonly hash: string;
}

/** The record as an anchor. Holds none of its bytes. */
export function anchorOf({
  offset,
  timestamp,
  value,
}: Pick<Anchor, "offset" | "timestamp"> & { readonly value: Buffer | null }): Anchor {
  const hash = createHash("sha256")
    .update(value ?? "")
    .digest("hex");
  return { offset, timestamp, hash: hash.slice(0, 32) };
}

/** A record of the journal as an anchor. */
export function anchorOfLogged({ offset, appendedAt, value }: LoggedRecord): Anchor {
  return anchorOf({ offset, timestamp: String(appendedAt), value });
}

/** Whether both are one and the same record. */
export function isSameAnchor(one: Anchor, other: Anchor): boolean {
  const isThere = one.offset === other.offset && one.timestamp === other.timestamp;
  return isThere && one.hash === other.hash;
}
