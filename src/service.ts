import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { loadSchemas } from "./avro/schemas.ts";
import type { Backbone } from "./backbone.ts";
import type { Config } from "./config/config.ts";
import { createLaneControl } from "./control/create-lane-control.ts";
import type { LaneControl } from "./control/lane-control.ts";
import { createDispatcher, type Dispatcher, type DispatcherParts } from "./dispatcher.ts";
import type { CheckpointValues } from "./journal/checkpoint-store.ts";
import type { ClaimStates } from "./journal/claim-states.ts";
import { LostHistory, recover } from "./journal/recover.ts";
import { kafkaBackbone, type KafkaBackboneParts } from "./kafka-backbone.ts";
import type { Clock } from "./lanes/clock.ts";
import { drain } from "./lifecycle/drain.ts";
import { Teardown } from "./lifecycle/teardown.ts";
import { unlessAborted } from "./lifecycle/unless-aborted.ts";
import { createHttpServer } from "./observability/http-server.ts";
import type { Log } from "./observability/log.ts";
import { createMetrics } from "./observability/metrics.ts";
import { outcomeOverheadBytes } from "./outbound/encode-outcome.ts";
import type { Surroundings } from "./preflight.ts";
import { type OpenProvider, openProvider } from "./providers/open-provider.ts";
import { ServiceStatus } from "./service-status.ts";

export interface ServiceOptions {
  readonly config: Config;
  readonly version: string;
  readonly log: Log;
  /** Other parts than the configured clusters and clouds, for try-outs and for breaking things. */
  readonly seams?: ServiceSeams;
}

/** Where a service can be given other parts; what is absent is the real one. */
export interface ServiceSeams {
  /** Stands for Kafka and the registry. */
  readonly openBackbone?: (parts: KafkaBackboneParts) => Backbone;
  readonly openProvider?: typeof openProvider;
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

/** How often the checkpoint is looked at again while it cannot be read or does not fit. */
const LOOK_AGAIN_MS = 5000;
const CLOSE_WITHIN_MS = 3000;
const FAREWELL_WITHIN_MS = 1000;
/** A claim carries its request in base64 and names its targets once more, with what was read of them. */
const CLAIM_TIMES = 2.5;
const CLAIM_BYTES = 64 * 1024;

const clock: Clock = { now: () => performance.now(), epoch: () => Date.now() };

/**
 * Starts the service: its HTTP server at once, then, when its surroundings are as they must be, the
 * way of a request from where the checkpoint stands.
 *
 * Resolves when the HTTP server listens; brokers, topics and registry may still be away, which
 * `/readyz` tells. Rejects when it cannot listen or a vendor's client does not do what it must.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, version, log, seams = {} } = options;
  const { openBackbone = kafkaBackbone } = seams;
  const instance = randomUUID();
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

  const backbone = openBackbone({ config, log, now: clock.now, signal: abandon.signal });
  void backbone.failed.then(onFailure);
  void backbone.consumer.died.then(onFailure);
  teardown.defer("publisher", async () => backbone.publisher.close());
  teardown.defer("journal", async () => backbone.journal.close(CLOSE_WITHIN_MS));
  teardown.defer("checkpoints", async () => backbone.checkpoints.close(CLOSE_WITHIN_MS));
  teardown.defer("slots", async () => backbone.slots.close(CLOSE_WITHIN_MS));
  teardown.defer("control", async () => backbone.control.close(CLOSE_WITHIN_MS));
  const schemas = loadSchemas(config.kafka.topics);
  const providers = await openProviders(config, log, seams.openProvider ?? openProvider);
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

  let dispatcher: Dispatcher | null = null;
  let control: LaneControl | null = null;
  const status = new ServiceStatus({
    ...{ config, version, instance, log, backbone, now: clock.now },
    dispatcher: () => dispatcher,
    ordersFor: (lane) => control?.inForce(lane) ?? null,
  });
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
  const begin = async (): Promise<void> => {
    const tell = (problems: readonly string[]) => status.surroundings(problems);
    const surroundings = await backbone.ready(tell, stopLooking.signal);
    const looking = { tell, log, signal: stopLooking.signal };
    const found = await findHistory(backbone, looking);
    // An operator's order must not be forgotten by a restart: nothing is called before it is known.
    const orders = await findOrders(backbone, looking);
    dispatcher = createDispatcher({
      ...{ config, backbone, providers, schemas, instance, version, metrics, log, clock },
      ...{ ...found, ...sizesIn(surroundings, config), random: Math.random },
      ...{ abandon: abandon.signal, onFailure },
    });
    const { counters, overflow } = dispatcher;
    control = createLaneControl(counters, {
      ...{ topic: backbone.control, instance, log, clock, signal: abandon.signal },
      outsideOf: (provider) => overflow.sizeOf(provider),
    });
    control.begin(orders);
    status.surroundings([]);
    await unlessAborted(dispatcher.start(), stopLooking.signal);
    log.info("service.consuming", { topic: config.kafka.topics.requests });
  };
  const started = begin().catch((error: unknown) => {
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
      const unfinished = dispatcher === null ? [] : await drainAll(dispatcher, abandon.signal);
      await control?.end(FAREWELL_WITHIN_MS);
      abandon.abort(new Error("the drain is over"));
      await teardown.close();
      return unfinished;
    },
  };

  async function drainAll(way: Dispatcher, signal: AbortSignal): Promise<readonly string[]> {
    return drain({
      ...{ ...way, consumer: backbone.consumer, log, now: clock.now, abandon: signal },
      handOver: () => way.stop(),
      timeoutMs: config.drainTimeoutMs,
    });
  }
}

async function openProviders(
  config: Config,
  log: Log,
  open: typeof openProvider,
): Promise<readonly OpenProvider[]> {
  return Promise.all(
    config.providers.map(async (connection) =>
      open(connection, {
        onCredentialTrouble: (trouble) =>
          log.warn("credentials.doubtful", { provider: connection.name, trouble }),
      }),
    ),
  );
}

/**
 * What the checkpoint tells of the journal. Waits while it cannot be read, or while the journal does
 * not go on where it ends: then nothing may be called until somebody has decided.
 */
async function findHistory(
  { journal, checkpoints }: Backbone,
  { tell, log, signal }: HistoryParts,
): Promise<{ readonly states: readonly ClaimStates[]; readonly checkpoint: CheckpointValues }> {
  for (;;) {
    try {
      const checkpoint = await unlessAborted(checkpoints.load(), signal);
      const states = await unlessAborted(recover(checkpoint, journal), signal);
      return { checkpoint, states };
    } catch (error) {
      signal.throwIfAborted();
      const text = error instanceof Error ? error.message : String(error);
      const problem =
        error instanceof LostHistory ? text : `the checkpoint cannot be read: ${text}`;
      tell([problem]);
      log.error("journal.refused", { problem, lookAgainInMs: LOOK_AGAIN_MS });
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
    }
  }
}

/** What stands in the control topic. Waits while that cannot be read. */
async function findOrders(
  { control }: Backbone,
  { tell, log, signal }: HistoryParts,
): Promise<CheckpointValues> {
  for (;;) {
    try {
      return await unlessAborted(control.load(), signal);
    } catch (error) {
      signal.throwIfAborted();
      const text = error instanceof Error ? error.message : String(error);
      const problem = `the control topic cannot be read, so operators' orders are not known: ${text}`;
      tell([problem]);
      log.error("control.unreadable", { problem, lookAgainInMs: LOOK_AGAIN_MS });
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
    }
  }
}

interface HistoryParts {
  readonly tell: (problems: readonly string[]) => void;
  readonly log: Pick<Log, "error">;
  readonly signal: AbortSignal;
}

function sizesIn(
  { topics }: Surroundings,
  config: Config,
): Pick<DispatcherParts, "requestPartitions" | "requestsRetentionMs" | "maxRequestBytes"> {
  const outcomes = topics?.find(({ role }) => role === "outcomes");
  const requests = topics?.find(({ role }) => role === "requests");
  const journal = topics?.find(({ role }) => role === "journal");
  const overhead = outcomeOverheadBytes(config.limits.targetsPerRequest);
  const forClaims = ((journal?.maxMessageBytes ?? Infinity) - CLAIM_BYTES) / CLAIM_TIMES;
  const forOutcomes = (outcomes?.maxMessageBytes ?? Infinity) - overhead;
  return {
    requestPartitions: requests?.partitions ?? 1,
    requestsRetentionMs: requests?.retentionMs ?? Infinity,
    maxRequestBytes: Math.floor(Math.min(forClaims, forOutcomes)),
  };
}
