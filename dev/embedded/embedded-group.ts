/** What a member is told when it joins. */
export interface Membership {
  readonly memberId: string;
  readonly generation: number;
  readonly assigned: readonly number[];
  /** Where reading of each partition begins, for those of which anything was committed. */
  readonly committed: ReadonlyMap<number, bigint>;
}

/** - `rebalanced`: it has to join again. - `unknown`: it was thrown out meanwhile. */
export type MemberStanding = "current" | "rebalanced" | "unknown";

/** Deals partitions out; called at every rebalance with the members in the order of their joining. */
export type Deal = (
  members: readonly string[],
  partitions: number,
) => ReadonlyMap<string, readonly number[]>;

/** One after the other, as kafkajs' own assigner does. */
const roundRobin: Deal = (members, partitions) => {
  const hands = new Map(members.map((member): [string, number[]] => [member, []]));
  for (let partition = 0; partition < partitions; partition += 1) {
    hands.get(members[partition % members.length] ?? "")?.push(partition);
  }
  return hands;
};

/**
 * The consumer group of the requests topic.
 *
 * As with Kafka, members learn late of a rebalance, when they ask next; commits are taken from
 * everybody, former owners included; and nothing keeps two members from working one partition.
 */
export class EmbeddedGroup {
  readonly #partitions: number;
  readonly #deal: Deal;
  readonly #committed = new Map<number, bigint>();
  readonly #members = new Set<string>();
  readonly #listeners = new Set<(partition: number, offset: bigint) => void>();
  #hands: ReadonlyMap<string, readonly number[]> = new Map();
  #generation = 0;
  #lastMember = 0;

  constructor(partitions: number, deal: Deal = roundRobin) {
    this.#partitions = partitions;
    this.#deal = deal;
  }

  /** A member joins, or a known one joins again; a new one sets off a rebalance. */
  join(memberId: string | null): Membership {
    const isKnown = memberId !== null && this.#members.has(memberId);
    const member = isKnown ? memberId : `member-${(this.#lastMember += 1)}`;
    if (!isKnown) {
      this.#members.add(member);
      this.rebalance();
    }
    const [generation, assigned] = [this.#generation, this.#hands.get(member) ?? []];
    return { memberId: member, generation, assigned, committed: new Map(this.#committed) };
  }

  /** A member leaves, or did not answer for too long. */
  leave(memberId: string): void {
    if (this.#members.delete(memberId)) this.rebalance();
  }

  /** Deals the partitions out anew. */
  rebalance(): void {
    this.#generation += 1;
    this.#hands = this.#deal([...this.#members], this.#partitions);
  }

  standing({ memberId, generation }: Membership): MemberStanding {
    if (!this.#members.has(memberId)) return "unknown";
    return generation === this.#generation ? "current" : "rebalanced";
  }

  /** Stores what anybody commits. */
  commit(offsets: ReadonlyMap<number, bigint>): void {
    for (const [partition, offset] of offsets) {
      this.#committed.set(partition, offset);
      for (const listener of this.#listeners) listener(partition, offset);
    }
  }

  /** Somebody moves the group's offsets, as an administrator can. */
  reset(offsets: ReadonlyMap<number, bigint>): void {
    for (const [partition, offset] of offsets) this.#committed.set(partition, offset);
  }

  /** Tells every offset as it is committed. */
  listen(listener: (partition: number, offset: bigint) => void): void {
    this.#listeners.add(listener);
  }

  /** Who is in it, in the order of joining. */
  get members(): readonly string[] {
    return [...this.#members];
  }

  get committed(): ReadonlyMap<number, bigint> {
    return this.#committed;
  }
}
