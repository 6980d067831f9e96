import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { createRegistry } from "./avro/registry.ts";
import { loadSchemas } from "./avro/schemas.ts";
import type { Config } from "./config/config.ts";
import type { Outcome } from "./domain/outcome.ts";
import { RequestDecoder } from "./inbound/decode-request.ts";
import { Intake } from "./inbound/intake.ts";
import { RequestPacker } from "./inbound/pack-request.ts";
import { RequestParser } from "./inbound/parse-request.ts";
import { MemoryJournal } from "./journal/memory-journal.ts";
import { createKafka } from "./kafka/client.ts";
import { registerCodecs } from "./kafka/codecs.ts";
import { RecordPublisher } from "./kafka/publisher.ts";
import { RequestConsumer } from "./kafka/request-consumer.ts";
import { topicSpecs } from "./kafka/topics.ts";
import type { Clock } from "./lanes/clock.ts";
import { type RateLimits, rateLimitsOf } from "./lanes/rate-limits.ts";
import { drain } from "./lifecycle/drain.ts";
import { Teardown } from "./lifecycle/teardown.ts";
import { createHttpServer } from "./observability/http-server.ts";
import type { Log } from "./observability/log.ts";
import { createMetrics } from "./observability/metrics.ts";
import { DeadLetters } from "./outbound/dead-letters.ts";
import { outcomeOverheadBytes } from "./outbound/encode-outcome.ts";
import { Outbox } from "./outbound/outbox.ts";
import { type Surroundings, surroundingsReady } from "./preflight.ts";
import { createCounter } from "./provider-counter.ts";
import { openProvider } from "./providers/open-provider.ts";
import { RequestDesk } from "./request-desk.ts";
import { ServiceStatus } from "./service-status.ts";

export interface ServiceOptions {
  readonly config: Config;
  readonly version: string;
  readonly log: Log;
}

/** A running service. */
export interface Service {
  /** The port of the HTTP server. */
  readonly httpPort: number;
  /** Resolves with the reason when the service cannot go on; what it did not finish comes again. */
  readonly failed: Promise<unknown>;
  /**
   * No new calls; running ones finish, outcomes go out, offsets are committed, all is closed.
   * Resolves within the drain time-out with what was left unfinished, in words.
   */
  drain(): Promise<readonly string[]>;
  /** Ends every wait now; what is not finished comes again after the next start. */
  abandon(): void;
}

/** Looking at the surroundings is repeated anyway: what is away is told soon. */
const LOOK_RETRIES = 2;

const clock: Clock = { now: () => performance.now(), epoch: () => Date.now() };

/**
 * Wires the way of a request and starts it.
 *
 * Resolves when the HTTP server listens; brokers, topics and registry may still be away, which
 * `/readyz` tells. Rejects when it cannot listen or a vendor's client does not do what it must.
 */
export async function startService({ config, version, log }: ServiceOptions): Promise<Service> {
  const { topics } = config.kafka;
  const instance = randomUUID();
  const dispatcher = `${instance} ${version}`;
  const teardown = new Teardown();
  const abandon = new AbortController();
  // Everything that waits listens to it, and thousands may wait for a broker.
  setMaxListeners(0, abandon.signal);
  let fail: (reason: unknown) => void = () => undefined;
  const failed = new Promise<unknown>((resolve) => (fail = resolve));
  const onFailure = (error: unknown): void => {
    // After the abort everything that waited ends with its reason.
    if (!abandon.signal.aborted) fail(error);
  };

  registerCodecs();
  const kafka = createKafka(config.kafka, log);
  const schemas = loadSchemas(topics);
  const registry = createRegistry(config.schemaRegistry);
  const providers = await Promise.all(
    config.providers.map(async (connection) =>
      openProvider(connection, {
        onCredentialTrouble: (trouble) =>
          log.warn("credentials.doubtful", { provider: connection.name, trouble }),
      }),
    ),
  );
  for (const opened of providers) {
    teardown.defer(`provider ${opened.config.name}`, () => opened.close());
  }
  const metrics = createMetrics({
    version,
    providers: providers.map(({ config: { name }, provider }) => {
      const { kind, operations, reads } = provider;
      return { name, kind, operations, reads };
    }),
  });

  // ⑦ outbound
  const publisher = new RecordPublisher({ kafka, log, signal: abandon.signal });
  teardown.defer("publisher", async () => publisher.close());
  const outbox = new Outbox({
    ...{ publisher, registry, dispatcher, signal: abandon.signal },
    topic: topics.outcomes,
    schema: schemas.outcomes,
  });
  const deadLetters = new DeadLetters({ publisher, topic: topics.deadLetters, dispatcher });

  // ② admission, ③ lanes, ④ claims, ⑤ calls, ⑥ judging and tracking
  const journal = new MemoryJournal();
  const parser = new RequestParser(config.limits);
  const packing = new RequestPacker(schemas.requests.text, parser);
  const desk: RequestDesk = new RequestDesk({
    journal,
    publish: async (outcome) => outbox.publish(outcome),
    complete: (source) => intake.complete(source),
    keeps: (source) => intake.keeps(source),
    onDuplicate: ({ request }) => metrics.requestDuplicate(request.provider),
    onPublished: (outcome) => {
      metrics.outcomePublished(outcome);
      log.info("outcome.published", summaryOf(outcome));
    },
    onFailure,
    epoch: clock.epoch,
  });
  const limits = rateLimitsOf(config.providers, clock);
  const counters = providers.map((opened) => {
    const counter = createCounter({
      ...{ opened, journal, packing, desk, metrics, log, clock },
      limits: limitsOf(limits, opened.config.name),
      random: Math.random,
      abandon: abandon.signal,
    });
    desk.open(opened.config.name, counter);
    return counter;
  });

  // ① inbound
  const consumer = new RequestConsumer({ kafka, config: config.kafka, log });
  void consumer.died.then(onFailure);
  const decoder = new RequestDecoder({ registry, parser });
  const intake: Intake = new Intake({
    ...{ feed: consumer, decoder, desk, deadLetters, metrics, log },
    maxWaiting: config.intake.maxWaiting,
    failed: onFailure,
  });

  const { now } = clock;
  const parts = { config, version, instance, counters, consumer, intake, outbox, log, now };
  const status = new ServiceStatus(parts);
  metrics.sample((gauges) => status.sample(gauges));
  const http = createHttpServer(
    {
      metricsText: async () => metrics.text(),
      live: () => status.live(),
      ready: () => status.ready(),
      status: () => status.describe(),
    },
    log,
  );
  const httpPort = await http.start(config.http.host, config.http.port);
  teardown.defer("http", async () => http.close());
  teardown.defer("watchdog", status.watch());

  const stopLooking = new AbortController();
  const consume = ({ topics: states }: Surroundings): void => {
    const outcomes = states?.find(({ role }) => role === "outcomes");
    const overhead = outcomeOverheadBytes(config.limits.targetsPerRequest);
    decoder.maxRequestBytes = (outcomes?.maxMessageBytes ?? Infinity) - overhead;
    intake.start();
    consumer.start(intake);
    log.info("service.consuming", { topic: topics.requests });
  };
  const started = surroundingsReady(
    {
      ...{ registry, log, topics: topicSpecs(topics), outcomeSchema: schemas.outcomes },
      kafka: createKafka(config.kafka, log, LOOK_RETRIES),
      signal: stopLooking.signal,
    },
    (problems) => status.surroundings(problems),
  ).then(consume, (error: unknown) => {
    if (!stopLooking.signal.aborted) onFailure(error);
  });

  return {
    httpPort,
    failed,
    abandon: () => abandon.abort(new Error("the dispatcher was told to stop at once")),
    drain: async () => {
      status.draining();
      stopLooking.abort(new Error("the dispatcher is stopping"));
      await started;
      const unfinished = await drain({
        ...{ intake, counters, desk, consumer, log, now, abandon: abandon.signal },
        timeoutMs: config.drainTimeoutMs,
      });
      abandon.abort(new Error("the drain is over"));
      await teardown.close();
      return unfinished;
    },
  };
}

function limitsOf(limits: ReadonlyMap<string, RateLimits>, name: string): RateLimits {
  const found = limits.get(name);
  if (found === undefined) throw new Error(`${name} has no limits`);
  return found;
}

/** What the log tells of an outcome; labels and reasons of requesters stay out of it. */
function summaryOf(outcome: Outcome): Record<string, unknown> {
  const { echo, source, status, reason, attempts, reconciled } = outcome;
  const { requestId, provider, operationName } = echo;
  const { partition, offset } = source;
  const told = { status, reason: reason?.code, attempts, reconciled };
  return { requestId, provider, operationName, at: `${partition}/${offset}`, ...told };
}
