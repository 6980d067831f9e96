import type { HeaderValue } from "./record.ts";

/** A record on its way into a topic. Its partition follows from the key. */
export interface OutgoingRecord {
  readonly key: Buffer | string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

/** - `published`: all in-sync replicas have it. - `too-large`: the topic will not take this record. */
export type PublishEnd =
  { readonly kind: "published" } | { readonly kind: "too-large"; readonly message: string };
