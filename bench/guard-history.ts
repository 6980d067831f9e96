import { DATAWORKS } from "../dev/rig/service-config.ts";
import { NEVER_CALLED, plainVerdict } from "../src/domain/outcome.ts";
import { ClaimStates } from "../src/journal/claim-states.ts";
import { digestOf } from "../src/journal/digest.ts";
import type { LoggedRecord, TailHandlers } from "../src/journal/journal-log.ts";
import { journalPartitionOf } from "../src/journal/journal-partition.ts";
import type { JournalRecord } from "../src/journal/journal-record.ts";
import { borderOf, SummaryWriter } from "../src/journal/summary-writer.ts";
import { CompactedTopic } from "../src/kafka/compacted-topic.ts";
import { KafkaJournalLog } from "../src/kafka/journal-topic.ts";
import { silentLog } from "../src/observability/silent-log.ts";
import { benchKafka } from "./bench-kafka.ts";
import { requestOf } from "./bench-requests.ts";

/** The topics of a bench's run. */
export interface History {
  readonly brokers: readonly string[];
  readonly name: string;
  readonly partitions: number;
}

const TARGETS_OF_A_CALL = 200;
const DAY_MS = 86_400_000;
const FILLER = Buffer.from("what stood here is in the summary");

/**
 * Makes the topics what they are after a day in which so many targets were run again: the journal
 * cannot be written into the past, so what its records would have made is written as its summary.
 */
export async function writeReruns(history: History, targets: number): Promise<void> {
  const { brokers, name, partitions } = history;
  const partition = journalPartitionOf(DATAWORKS, partitions);
  const states = statesAfter(partition, targets);
  const [journal, checkpoints] = [`rerun.journal.${name}`, `rerun.checkpoints.${name}`];
  const parts = { log: silentLog, now: () => performance.now(), onFailure: () => undefined };
  const log = new KafkaJournalLog({
    ...{ ...parts, kafka: benchKafka(brokers, journal), topic: journal, requestTimeoutMs: 60_000 },
  });
  for (let left = Number(states.position); left > 0; left -= 1000) {
    await log.append(
      partition,
      DATAWORKS,
      Array.from({ length: Math.min(left, 1000) }, () => FILLER),
    );
  }
  const store = new CompactedTopic({
    ...{ ...parts, kafka: benchKafka(brokers, journal), topic: checkpoints },
    ...{ requestTimeoutMs: 60_000, loadTimeoutMs: 60_000 },
  });
  const last = await lastRecord(log, partition, states.position);
  const writer = new SummaryWriter({ store, partitions, epoch: () => Date.now() });
  await writer.write(borderOf(states, last));
  await Promise.all([log.close(3000), store.close(3000)]);
}

/** The record right before the position, as it stands in the journal. */
async function lastRecord(
  log: KafkaJournalLog,
  partition: number,
  position: bigint,
): Promise<LoggedRecord> {
  const ranges = await log.ranges();
  const from = new Map(ranges.map(({ high }, index) => [index, high]));
  from.set(partition, position - 1n);
  return new Promise((resolve, reject) => {
    const handlers: TailHandlers = {
      onRecords: (index, [first]) => {
        if (index === partition && first !== undefined) resolve(first);
      },
      onGap: () => reject(new Error("the journal lacks what was written into it")),
      onFetched: () => undefined,
    };
    log.follow(from, handlers).catch(reject);
  });
}

/** The state at a border behind the calls of a day. */
function statesAfter(partition: number, targets: number): ClaimStates {
  const states = new ClaimStates(partition);
  const since = Date.now() - 0.9 * DAY_MS;
  const apply = (record: JournalRecord, at: number): void => {
    states.apply(record, { offset: states.position, appendedAt: Math.round(at) });
  };
  for (let from = 0; from < targets; from += TARGETS_OF_A_CALL) {
    const count = Math.min(TARGETS_OF_A_CALL, targets - from);
    for (const record of callOf(from, count))
      apply(record, since + 0.9 * DAY_MS * (from / targets));
  }
  apply({ kind: "CHECKPOINTED", partitions: [], seal: true }, Date.now());
  return states;
}

/** A call of so many targets, from its claim to its end. */
function callOf(from: number, count: number): readonly JournalRecord[] {
  const { request, source, receivedAt, trace } = requestOf(from);
  const { requestId } = request;
  const [provider, claimId] = [DATAWORKS, `claim ${from}`];
  const identity = { requestId, digest: digestOf(request), attempt: 1, source, receivedAt, trace };
  const names = Array.from({ length: count }, (_, i) => String(10_000_000_000 + from + i));
  const asked = { ...identity, packed: "", targets: names, before: null, evidenceAt: null };
  const guards = { budget: { reruns: 3, perMs: DAY_MS }, coolDownMs: null, maxChain: null };
  const told = {
    ...{ verdict: plainVerdict("SUCCEEDED"), history: NEVER_CALLED },
    ...{ completedAt: receivedAt, dispatcher: "bench" },
  };
  return [
    {
      ...{ kind: "CLAIM", provider, claimId, instance: "bench", requests: [asked], guards },
      ...{ callWithinMs: 3000, settleWithinMs: 18_000, windowMs: DAY_MS },
    },
    { kind: "DONE", provider, claimId, results: [{ requestId, told }] },
    { kind: "PUBLISHED", provider, which: "final", requestIds: [requestId] },
  ];
}
