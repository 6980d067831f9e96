import type { Config } from "../config/config.ts";
import { OrderBook } from "../control/order-book.ts";
import { ReportBook } from "../control/report-book.ts";
import { CompactedTopic } from "../kafka/compacted-topic.ts";
import { NoAnswer } from "../kafka/within.ts";
import { CommandFailed } from "./command-failed.ts";
import { requireTopic, withKafka } from "./kafka-session.ts";

/** What stands in the control topic, kept up to date, and the way to write into it. */
export interface ControlSession {
  readonly orders: OrderBook;
  readonly reports: ReportBook;
  write(key: string, value: Buffer): Promise<void>;
}

const CLOSE_WITHIN_MS = 3000;

/** Runs `work` with the control topic, read to its end. Rejects with `CommandFailed` while it is away. */
export async function withControl<T>(
  config: Config,
  work: (control: ControlSession) => Promise<T>,
): Promise<T> {
  const { topics, requestTimeoutMs } = config.kafka;
  return withKafka(config.kafka, async (session) => {
    await requireTopic(session, topics.control);
    const topic = new CompactedTopic({
      ...{ kafka: session.kafka, log: session.log, topic: topics.control },
      ...{ now: () => performance.now(), requestTimeoutMs, loadTimeoutMs: requestTimeoutMs },
      onFailure: () => undefined, // who waits for something that does not come says so
    });
    const [orders, reports] = [new OrderBook(), new ReportBook()];
    const take = (key: string, value: Buffer | null) => {
      orders.take(key, value);
      reports.take(key, value);
    };
    try {
      for (const [key, value] of await topic.load()) take(key, value);
      topic.follow(take);
      return await work({
        ...{ orders, reports },
        write: async (key, value) => topic.write(key, value),
      });
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw new CommandFailed(`${topics.control} does not answer: ${error.message}`, {
        cause: error,
      });
    } finally {
      await topic.close(CLOSE_WITHIN_MS);
    }
  });
}
