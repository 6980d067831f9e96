import { randomUUID } from "node:crypto";
import type { ReceivedRequest, Source } from "../domain/rerun-request.ts";
import { digestOf, keyOf } from "./digest.ts";
import type { Claim, Journal, Standing } from "./journal.ts";

/** Finished requests that are remembered: about 100 bytes each. */
const REMEMBERED_FINISHED = 250_000;

interface Entry {
  readonly digest: string;
  /** The record that is worked; not the request itself, of which many wait. */
  readonly first: Source;
  duplicates: ReceivedRequest[] | null;
}

/**
 * A journal that lives and dies with the process.
 *
 * Within one process it keeps the rules: one claim at a time, duplicates wait for the outcome of
 * the first, other content is a conflict. It knows nothing of other processes or of the time before
 * a restart, so a restart or a rebalance may repeat calls. The log-ordered journal takes its place.
 */
export class MemoryJournal implements Journal {
  readonly #open = new Map<string, Entry>();
  /** Key → digest of requests whose final outcome is out, oldest first. */
  readonly #finished = new Map<string, string>();
  readonly #remembered: number;

  constructor(options: { readonly remembered?: number } = {}) {
    this.#remembered = options.remembered ?? REMEMBERED_FINISHED;
  }

  open(received: ReceivedRequest): Standing {
    const key = keyOfReceived(received);
    const digest = digestOf(received.request);
    const entry = this.#open.get(key);
    const known = entry?.digest ?? this.#finished.get(key);
    if (known === undefined) {
      this.#open.set(key, { digest, first: received.source, duplicates: null });
      return { kind: "new" };
    }
    if (known !== digest) return { kind: "conflict", message: conflictWith(received, entry) };
    if (entry === undefined) return { kind: "duplicate", settled: true };
    (entry.duplicates ??= []).push(received);
    return { kind: "duplicate", settled: false };
  }

  async claim(requests: readonly ReceivedRequest[]): Promise<Claim> {
    return Promise.resolve({ claimId: randomUUID(), granted: requests });
  }

  async release(): Promise<void> {
    return Promise.resolve();
  }

  async accepted(): Promise<void> {
    return Promise.resolve();
  }

  async done(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }

  published(received: ReceivedRequest): readonly Source[] {
    const key = keyOfReceived(received);
    const entry = this.#open.get(key);
    if (entry === undefined) return [];
    this.#open.delete(key);
    this.#remember(key, entry.digest);
    return [entry.first, ...(entry.duplicates ?? []).map(({ source }) => source)];
  }

  forget(received: ReceivedRequest): ReceivedRequest | null {
    const key = keyOfReceived(received);
    const entry = this.#open.get(key);
    const [successor, ...others] = entry?.duplicates ?? [];
    if (entry === undefined || successor === undefined) {
      this.#open.delete(key);
      return null;
    }
    const duplicates = others.length === 0 ? null : others;
    this.#open.set(key, { digest: entry.digest, first: successor.source, duplicates });
    return successor;
  }

  forgetDuplicates(partition: number): void {
    for (const entry of this.#open.values()) {
      if (entry.duplicates === null) continue;
      const kept = entry.duplicates.filter(({ source }) => source.partition !== partition);
      entry.duplicates = kept.length === 0 ? null : kept;
    }
  }

  #remember(key: string, digest: string): void {
    this.#finished.set(key, digest);
    if (this.#finished.size <= this.#remembered) return;
    const [oldest] = this.#finished.keys();
    if (oldest !== undefined) this.#finished.delete(oldest);
  }
}

function keyOfReceived({ request }: ReceivedRequest): string {
  return keyOf(request.provider, request.requestId);
}

function conflictWith(received: ReceivedRequest, entry: Entry | undefined): string {
  const id = received.request.requestId;
  if (entry === undefined) return `requestId ${id} was used before for another request`;
  const { topic, partition, offset } = entry.first;
  return `requestId ${id} stands for another request at ${topic}/${partition}/${offset}`;
}
