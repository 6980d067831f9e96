import { setTimeout as sleep } from "node:timers/promises";

import type { RerunRequest } from "../../src/avro/wire-types.ts";
import { asError } from "../../src/wire/as-error.ts";
import { type PlannedRequest, type Mix, RequestPlanner } from "./planned-requests.ts";
import type { Random } from "./random.ts";
import { RecordSender } from "./record-sender.ts";
import { PARTITIONS, type Site } from "./site.ts";

export interface LoadOptions {
  readonly site: Pick<Site, "kafka" | "config" | "registry" | "schemaId" | "simulator">;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** How much of what comes, and within which time. */
export interface Feed {
  readonly mode: string;
  readonly requests: number;
  readonly overMs: number;
  readonly mix: Mix;
}

const TICK_MS = 700;
/** Shorter than a schema's header, no record of ours, and nothing at all. */
const POISON: readonly [Buffer | null, ...(Buffer | null)[]] = [
  Buffer.from("??"),
  Buffer.from('{"requestId": "JSON is not Avro"}'),
  null,
];

/** Puts requests into the topic, and what else producers put there. */
export class Load {
  readonly #options: LoadOptions;
  readonly #planner: RequestPlanner;
  readonly #sender: RecordSender;
  readonly #underWay = new Set<Promise<void>>();
  #failure: Error | null = null;

  constructor(options: LoadOptions) {
    this.#options = options;
    const { site, random, signal } = options;
    this.#planner = new RequestPlanner(random.fork("plan"));
    this.#sender = new RecordSender(site.kafka, site.config.kafka.topics.requests, signal);
  }

  /** Sends that much over the time, in uneven portions. Resolves when all of it was begun. */
  async feed({ mode, requests, overMs, mix }: Feed): Promise<void> {
    const { random, signal } = this.#options;
    const planned = this.#planner.plan(mode, requests, mix);
    const until = performance.now() + overMs;
    for (let sent = 0; sent < planned.length && !signal.aborted;) {
      const leftMs = until - performance.now();
      const ticks = Math.max(1, Math.round(leftMs / TICK_MS));
      const usual = (planned.length - sent) / ticks;
      const portion = leftMs <= TICK_MS ? planned.length : Math.ceil(random.between(0, 2) * usual);
      for (const one of planned.slice(sent, sent + portion)) this.#begin(this.#send(mode, one));
      if (random.chance(0.1)) this.#begin(this.#poison(mode));
      sent += portion;
      if (sent < planned.length) await sleep(TICK_MS, undefined, { signal });
    }
  }

  /** So many at once. Resolves when they were begun. */
  burst(mode: string, requests: number, mix: Mix): void {
    const planned = this.#planner.plan(mode, requests, mix);
    for (const one of planned) this.#begin(this.#send(mode, one));
  }

  /** One record that nobody can read. */
  poison(mode: string): void {
    this.#begin(this.#poison(mode));
  }

  /** Resolves when everything that was begun is acknowledged; rejects when something failed. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    if (this.#failure !== null) throw this.#failure;
  }

  async close(): Promise<void> {
    await this.#sender.close();
  }

  async #send(mode: string, { wire, faults, flows, copies }: PlannedRequest): Promise<void> {
    const { site, random, signal } = this.#options;
    const { admin } = site.simulator;
    for (const flow of flows) await admin.seedFlow(flow);
    for (const fault of faults) await admin.inject(fault);
    const partition = random.whole(0, PARTITIONS - 1);
    await this.#put(mode, partition, wire);
    const sendings = copies.map(async (copy) => {
      const elsewhere = (partition + random.whole(1, PARTITIONS - 1)) % PARTITIONS;
      await sleep(copy.afterMs, undefined, { signal });
      await this.#put(mode, copy.isElsewhere ? elsewhere : partition, copy.wire);
    });
    await Promise.all(sendings);
  }

  async #put(mode: string, partition: number, wire: RerunRequest): Promise<void> {
    const { registry, schemaId } = this.#options.site;
    const value = await registry.encode(schemaId, wire);
    await this.#sender.send({ partition, key: wire.requestId, value, mode });
  }

  async #poison(mode: string): Promise<void> {
    const { random } = this.#options;
    const partition = random.whole(0, PARTITIONS - 1);
    await this.#sender.send({ partition, key: "poison", value: random.pick(POISON), mode });
  }

  #begin(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => {
        this.#failure ??= asError(error);
      })
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }
}
