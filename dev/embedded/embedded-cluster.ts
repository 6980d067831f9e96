import type { TopicNames } from "../../src/config/config.ts";
import { type Deal, EmbeddedGroup } from "./embedded-group.ts";
import { EmbeddedTopic } from "./embedded-topic.ts";

export interface EmbeddedClusterOptions {
  readonly topics: TopicNames;
  /** How many partitions the topics have; those that are not named have one. */
  readonly partitions: { readonly requests: number; readonly journal: number };
  /** The brokers' clock, milliseconds since the epoch. */
  readonly now: () => number;
  /** How a rebalance deals the partitions out. */
  readonly deal?: Deal;
}

/** Brokers in memory, with the topics of one service and its consumer group. Nothing survives it. */
export class EmbeddedCluster {
  readonly topics: Readonly<Record<keyof TopicNames, EmbeddedTopic>>;
  readonly group: EmbeddedGroup;
  readonly #byName: ReadonlyMap<string, EmbeddedTopic>;

  constructor({ topics, partitions, now, deal }: EmbeddedClusterOptions) {
    this.topics = {
      requests: new EmbeddedTopic(topics.requests, partitions.requests, now),
      outcomes: new EmbeddedTopic(topics.outcomes, 1, now),
      deadLetters: new EmbeddedTopic(topics.deadLetters, 1, now),
      journal: new EmbeddedTopic(topics.journal, partitions.journal, now),
      checkpoints: new EmbeddedTopic(topics.checkpoints, 1, now),
      slots: new EmbeddedTopic(topics.slots, 1, now),
      control: new EmbeddedTopic(topics.control, 1, now),
    };
    this.group = new EmbeddedGroup(partitions.requests, deal);
    this.#byName = new Map(Object.values(this.topics).map((topic) => [topic.name, topic]));
  }

  /** Throws when there is no such topic. */
  topic(name: string): EmbeddedTopic {
    const found = this.#byName.get(name);
    if (found === undefined) throw new Error(`there is no topic ${name}`);
    return found;
  }
}
