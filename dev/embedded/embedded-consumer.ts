import type { RequestFeed } from "../../src/backbone.ts";
import { doneWithin } from "../../src/lifecycle/deadline.ts";
import { pause } from "../../src/lifecycle/pause.ts";
import type { RecordHandlers } from "../../src/kafka/request-consumer.ts";
import type { EmbeddedCluster } from "./embedded-cluster.ts";
import type { MemberStanding, Membership } from "./embedded-group.ts";
import type { Stretch } from "./embedded-topic.ts";
import type { Link } from "./link.ts";

const RETRY_MS = 200;

type Fetched =
  | { readonly kind: Exclude<MemberStanding, "current"> }
  | { readonly kind: "current"; readonly batches: readonly Batch[] };

interface Batch extends Stretch {
  readonly partition: number;
  /** Where the fetch began. */
  readonly from: bigint;
}

/**
 * The consumer of an embedded cluster's requests topic, with the manners of kafkajs: partitions that
 * are kept in a rebalance are delivered again from what is committed, pauses are remembered, and a
 * fetch that was on its way at a seek still arrives.
 */
export class EmbeddedConsumer implements RequestFeed {
  readonly died = new Promise<Error>(() => undefined);
  readonly #cluster: EmbeddedCluster;
  readonly #link: Link;
  readonly #waitMs: number;
  readonly #stopped = new AbortController();
  readonly #paused = new Set<number>();
  /** Where the next fetch of each assigned partition begins. */
  #positions = new Map<number, bigint>();
  #membership: Membership | null = null;
  #handlers: RecordHandlers | null = null;
  #epoch = 0;
  #trouble: string | null = "joining the group";
  #lastFetchAt: number | null = null;

  /** `waitMs`: the longest that a read waits for something new, which is also how late a rebalance is noticed. */
  constructor(cluster: EmbeddedCluster, link: Link, waitMs: number) {
    this.#waitMs = waitMs;
    this.#cluster = cluster;
    this.#link = link;
  }

  get lastFetchAt(): number | null {
    return this.#lastFetchAt;
  }

  /** The name under which the group knows it; null while it does not. */
  get memberId(): string | null {
    return this.#membership?.memberId ?? null;
  }

  start(handlers: RecordHandlers): void {
    this.#handlers = handlers;
    void this.#live();
  }

  async stop(timeoutMs: number): Promise<void> {
    const member = this.memberId;
    this.#stopped.abort();
    this.#trouble = "stopped";
    if (member === null) return;
    const left = this.#link.exchange("leave the group", () => this.#cluster.group.leave(member));
    const farewell = left.catch(() => undefined);
    await doneWithin(farewell, timeoutMs, new AbortController().signal);
  }

  health(): string | null {
    return this.#trouble;
  }

  pause(partition: number): void {
    this.#paused.add(partition);
  }

  resume(partition: number): void {
    this.#paused.delete(partition);
  }

  seek(partition: number, offset: bigint): void {
    if (this.#positions.has(partition)) this.#positions.set(partition, offset);
  }

  async commit(offsets: ReadonlyMap<number, bigint>): Promise<void> {
    const ours = new Map([...offsets].filter(([partition]) => this.#positions.has(partition)));
    if (ours.size === 0) return;
    await this.#link.exchange("commit offsets", () => this.#cluster.group.commit(ours));
  }

  async #live(): Promise<void> {
    while (!this.#isStopped()) {
      try {
        await this.#liveOn();
        this.#trouble = this.#isStopped() ? "stopped" : null;
      } catch (error) {
        this.#trouble = error instanceof Error ? error.message : String(error);
        await pause(RETRY_MS, this.#stopped.signal);
      }
    }
  }

  async #liveOn(): Promise<void> {
    const membership = this.#membership ?? (await this.#join(null));
    const fetched = await this.#fetch(membership);
    if (this.#isStopped()) return;
    if (fetched.kind === "current") {
      for (const batch of fetched.batches) this.#take(batch);
    } else if (fetched.kind === "rebalanced") {
      await this.#join(membership.memberId);
    } else {
      // Thrown out: its partitions were with others for a while.
      this.#membership = null;
      this.#assign([], new Map());
    }
  }

  async #join(member: string | null): Promise<Membership> {
    const joined = await this.#link.exchange("join the group", () =>
      this.#cluster.group.join(member),
    );
    if (this.#isStopped()) return joined;
    this.#membership = joined;
    this.#assign(joined.assigned, joined.committed);
    return joined;
  }

  #assign(assigned: readonly number[], committed: ReadonlyMap<number, bigint>): void {
    if (assigned.length === 0 && this.#positions.size === 0) return;
    const from = (partition: number) => committed.get(partition) ?? 0n;
    this.#positions = new Map(assigned.map((partition) => [partition, from(partition)]));
    this.#epoch += 1;
    this.#handlers?.onAssignment(assigned, this.#epoch);
  }

  async #fetch(membership: Membership): Promise<Fetched> {
    const { group, topics } = this.#cluster;
    const { requests } = topics;
    const running = [...this.#positions].filter(([partition]) => !this.#paused.has(partition));
    const fetched = await this.#link.exchange("fetch requests", async (): Promise<Fetched> => {
      if (group.standing(membership) === "current") {
        await requests.growsPast(new Map(running), this.#waitMs);
      }
      const kind = group.standing(membership);
      if (kind !== "current") return { kind };
      const batches = running.map(([partition, from]) => {
        return { partition, from, ...requests.read(partition, from) };
      });
      return { kind, batches };
    });
    this.#lastFetchAt = Date.now();
    return fetched;
  }

  #take({ partition, from, records, range }: Batch): void {
    // What was paused meanwhile is fetched again.
    if (this.#paused.has(partition)) return;
    const last = records.at(-1);
    // Sought meanwhile: it goes on there, not behind these.
    const wasSought = this.#positions.get(partition) !== from;
    // Kafka begins anew where it is asked for what it does not have.
    const next = from > range.high ? range.low : last && last.offset + 1n;
    if (!wasSought && next !== undefined) this.#positions.set(partition, next);
    if (records.length > 0) this.#handlers?.onRecords(partition, records, range.high);
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }
}
