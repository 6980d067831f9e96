import type { RerunRequest } from "../avro/wire-types.ts";
import type { Config } from "../config/config.ts";
import { RecordPublisher } from "../kafka/publisher.ts";
import { CommandFailed } from "./command-failed.ts";
import type { KafkaSession } from "./kafka-session.ts";
import { requestKeyOf } from "./request-key.ts";

const TIMEOUT_MS = 30_000;

export interface SendOptions {
  readonly session: KafkaSession;
  readonly config: Config;
  readonly requests: readonly RerunRequest[];
  /** Their encoded values, in the same order. */
  readonly values: readonly Buffer[];
  readonly signal: AbortSignal;
}

/**
 * Publishes requests and resolves once all are acknowledged. Rejects with `CommandFailed` that says
 * which were not.
 */
export async function sendRequests(options: SendOptions): Promise<void> {
  const { session, config, requests, values } = options;
  const topic = config.kafka.topics.requests;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const publisher = new RecordPublisher({ kafka: session.kafka, log: session.log, signal });
  const sent = requests.map(async (request, index) => {
    const record = { key: requestKeyOf(request), value: values[index] ?? null, headers: {} };
    const end = await publisher.publish(topic, record);
    if (end.kind === "too-large") throw new Error(`too large for ${topic}: ${end.message}`);
  });
  const ends = await Promise.allSettled(sent);
  const trouble = publisher.health();
  await publisher.close();
  const failures = ends.flatMap((end, index) => {
    if (end.status === "fulfilled") return [];
    const reason = signal.aborted
      ? `not acknowledged, it may have been sent or not${trouble === null ? "" : ` (${trouble})`}`
      : String(end.reason);
    return [`  ${requests[index]?.requestId ?? ""}: ${reason}`];
  });
  if (failures.length === 0) return;
  const counts = `${requests.length - failures.length} of ${requests.length} requests were sent`;
  throw new CommandFailed(`${counts}. Not sent:\n${failures.join("\n")}`);
}
