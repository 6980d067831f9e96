import { RequestPacker } from "../src/inbound/pack-request.ts";
import { RequestParser } from "../src/inbound/parse-request.ts";
import { loadSchemas } from "../src/avro/schemas.ts";
import { plainVerdict } from "../src/domain/outcome.ts";
import { ClaimStates } from "../src/journal/claim-states.ts";
import { JournalReplica } from "../src/journal/journal-replica.ts";
import { LogJournal } from "../src/journal/log-journal.ts";
import { KafkaJournalLog } from "../src/kafka/journal-topic.ts";
import { silentLog } from "../src/observability/silent-log.ts";
import { benchKafka } from "./bench-kafka.ts";
import { requestOf } from "./bench-requests.ts";

export interface UnlimitedOptions {
  readonly brokers: readonly string[];
  /** A journal that nobody else uses. */
  readonly topic: string;
  readonly requests: number;
}

const AT_ONCE = 500;
const TERMS = { connectTimeoutMs: 5000, callTimeoutMs: 10_000 };
const HISTORY = { attempts: 1, calledAt: 0, coalesced: 1, reconciled: false };

/** Claims, decides and publishes requests as fast as the journal goes; claims a second. */
export async function unlimitedClaims(options: UnlimitedOptions): Promise<number> {
  const { brokers, topic, requests } = options;
  const now = () => performance.now();
  const fail = (error: unknown): never => {
    throw new Error("the journal failed", { cause: error });
  };
  const log = new KafkaJournalLog({
    ...{ kafka: benchKafka(brokers, topic), topic, log: silentLog, now, onFailure: fail },
    requestTimeoutMs: 30_000,
  });
  const ranges = await log.ranges();
  const states = ranges.map((_, partition) => new ClaimStates(partition));
  const replica = new JournalReplica({ states, now, onFailure: fail });
  const topics = {
    requests: "r",
    outcomes: "o",
    deadLetters: "d",
    journal: topic,
    checkpoints: "c",
  };
  const packing = new RequestPacker(
    loadSchemas(topics).requests.text,
    new RequestParser({ targetsPerRequest: 100 }),
  );
  const stop = new AbortController();
  const journal = new LogJournal({
    guardsOf: () => null,
    ...{ replica, log, packing, instance: "bench", now, signal: stop.signal },
    ...{ callWithinMs: 30_000, windowMs: 86_400_000 },
    ...{ onFreed: () => undefined, onTrouble: () => undefined, onFailure: fail },
  });
  replica.startedWith(new Map(ranges.map(({ high }, partition) => [partition, high])));
  await log.follow(new Map(states.map((_, partition) => [partition, 0n])), replica);
  await replica.caughtUp(stop.signal);

  const since = now();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let number = next++; number < requests; number = next++) {
      const received = requestOf(number);
      const { provider, requestId } = received.request;
      const targets = [String(number)];
      const ask = { received, targets, before: null, evidenceAt: null };
      const { claim, granted } = await journal.claim(provider, [ask], TERMS);
      if (!granted.has(requestId)) throw new Error(`${requestId} was not granted`);
      const told = {
        verdict: plainVerdict("SUCCEEDED"),
        history: HISTORY,
        completedAt: 0,
        dispatcher: "bench",
      };
      await journal.done(claim, new Map([[requestId, told]]));
      await journal.published(provider, requestId, "final");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const seconds = (now() - since) / 1000;
  stop.abort(new Error("the bench is over"));
  await log.close(3000);
  return requests / seconds;
}
