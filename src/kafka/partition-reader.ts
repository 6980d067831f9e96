import kafkajs, { type Cluster, type Kafka, type KafkaMessage } from "kafkajs";

import type { OffsetRange } from "./topic-reader.ts";

/** One record as kafkajs decodes it; its buffers are slices of a whole answer. */
export type FetchedMessage = KafkaMessage & {
  /** The mark of a transaction, which takes an offset and is nobody's record. */
  readonly isControlRecord: boolean;
  readonly batchContext: {
    readonly firstOffset: string;
    readonly lastOffsetDelta: number;
    /** Of the leader that took the batch; each leader of a partition has a number of its own. */
    readonly partitionLeaderEpoch: number;
  };
};

/** What one answer says of one partition. */
export interface Fetched {
  readonly partition: number;
  /** Up to here all in-sync replicas have the records. */
  readonly highWatermark: bigint;
  /** May begin below what was asked for: brokers give whole batches. */
  readonly messages: readonly FetchedMessage[];
}

/** A broker that leads some of the partitions. */
export interface Leader {
  readonly nodeId: string;
  readonly partitions: readonly number[];
}

/** How long a broker waits for records before it answers that there are none. */
export const MAX_WAIT_MS = 250;
/**
 * More than the largest batch that topics take by default: a partition whose next batch is larger
 * than this looks empty while another one has records.
 */
const MAX_BYTES_PER_PARTITION = 1_310_720;
const READ_UNCOMMITTED = 0;
/** Leaders that moved without an error, and added partitions, are noticed so late. */
const METADATA_MAX_AGE_MS = 30_000;

/**
 * Reads all partitions of a topic from given offsets, without a consumer group.
 *
 * kafkajs' consumer cannot do that: it joins a group, which costs seconds after an outage (a default
 * broker lets every new group wait for 3 s), it jumps silently when an offset is out of range, and it
 * tells neither whether a fetch failed nor where the log ends. Other clients have `assign()`. Here it
 * is made of what kafkajs hands to partition assigners: its `Cluster`, which is in its types.
 *
 * Every method rejects when anything is wrong, and the reader is of no use then.
 */
export class PartitionReader {
  readonly #topic: string;
  readonly #cluster: Cluster;
  #opening: Promise<void> = Promise.resolve();
  #leaders: readonly Leader[] = [];

  /** Opens no connection. */
  constructor(kafka: Kafka, topic: string) {
    this.#topic = topic;
    this.#cluster = clusterOf(kafka);
  }

  /** Connects and finds out who leads the partitions. */
  async open(): Promise<readonly Leader[]> {
    this.#opening = this.#connect();
    await this.#opening;
    return this.#leaders;
  }

  /** The present range of every partition. */
  async ranges(): Promise<ReadonlyMap<number, OffsetRange>> {
    const [lows, highs] = await Promise.all([this.#ends(true), this.#ends(false)]);
    return new Map(
      this.#partitions().map((partition) => {
        const [low, high] = [lows.get(partition), highs.get(partition)];
        if (low === undefined || high === undefined) {
          throw new Error(`the broker tells no range of ${this.#topic}/${partition}`);
        }
        return [partition, { low, high }];
      }),
    );
  }

  /**
   * Asks a leader for records of its partitions, once. It answers when it has any, or after
   * `MAX_WAIT_MS`; a partition without records in the answer has none at or after its offset.
   */
  async fetch(leader: Leader, from: (partition: number) => bigint): Promise<readonly Fetched[]> {
    await this.#cluster.refreshMetadataIfNecessary();
    if (JSON.stringify(this.#findLeaders()) !== JSON.stringify(this.#leaders)) {
      throw new Error(`the partitions of ${this.#topic} or their leaders have changed`);
    }
    const broker = await this.#cluster.findBroker({ nodeId: leader.nodeId });
    // What kafkajs' decoder of fetch answers gives, which its types leave open.
    const { responses } = (await broker.fetch({
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: MAX_WAIT_MS,
      minBytes: 1,
      // Never reached, else a partition might get no room and look as if it had no records.
      maxBytes: MAX_BYTES_PER_PARTITION * leader.partitions.length,
      topics: [
        {
          topic: this.#topic,
          partitions: leader.partitions.map((partition) => ({
            partition,
            fetchOffset: String(from(partition)),
            maxBytes: MAX_BYTES_PER_PARTITION,
          })),
        },
      ],
    })) as FetchAnswer;
    return responses.flatMap(({ partitions }) =>
      partitions.map(({ partition, highWatermark, messages }) => ({
        ...{ partition, messages },
        highWatermark: BigInt(highWatermark),
      })),
    );
  }

  /** Disconnects, which waits for what is on its way. */
  async close(): Promise<void> {
    // A connection that came about after its end would stay open for ever.
    await this.#opening.catch(() => undefined);
    await this.#cluster.disconnect();
  }

  async #connect(): Promise<void> {
    await this.#cluster.connect();
    await this.#cluster.addTargetTopic(this.#topic);
    this.#leaders = this.#findLeaders();
  }

  #partitions(): number[] {
    const metadata = this.#cluster.findTopicPartitionMetadata(this.#topic);
    return metadata.map(({ partitionId }) => partitionId).toSorted((a, b) => a - b);
  }

  #findLeaders(): readonly Leader[] {
    const byNode = this.#cluster.findLeaderForPartitions(this.#topic, this.#partitions());
    return Object.entries(byNode).map(([nodeId, partitions]) => ({ nodeId, partitions }));
  }

  async #ends(fromBeginning: boolean): Promise<ReadonlyMap<number, bigint>> {
    const partitions = this.#partitions().map((partition) => ({ partition }));
    const [found] = await this.#cluster.fetchTopicsOffset([
      { topic: this.#topic, partitions, fromBeginning },
    ]);
    const offsets = found?.partitions ?? [];
    return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
  }
}

interface FetchAnswer {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly partition: number;
      readonly highWatermark: string;
      readonly messages: readonly FetchedMessage[];
    }[];
  }[];
}

function clusterOf(kafka: Kafka): Cluster {
  const clusters: Cluster[] = [];
  kafka.consumer({
    // kafkajs insists on a name; this consumer never connects, so there is no such group.
    groupId: "no-group",
    readUncommitted: true,
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    partitionAssigners: [
      (config) => {
        clusters.push(config.cluster);
        return kafkajs.PartitionAssigners.roundRobin(config);
      },
    ],
  });
  const [cluster] = clusters;
  if (cluster === undefined) throw new Error("this kafkajs hands its cluster to no assigner");
  return cluster;
}
