import { readTopic } from "../src/kafka/topic-reader.ts";
import { benchKafka } from "./bench-kafka.ts";

/** The bytes of all keys and values that stand in a topic. */
export async function bytesIn(brokers: readonly string[], topic: string): Promise<number> {
  let bytes = 0;
  await readTopic({
    ...{ kafka: benchKafka(brokers, topic), topic, groupPrefix: "bench", until: "end" },
    signal: new AbortController().signal,
    onRecord: ({ key, value }) => {
      bytes += (key?.length ?? 0) + (value?.length ?? 0);
    },
  });
  return bytes;
}
