import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import type { RerunRequest } from "../../src/domain/rerun-request.ts";
import { digestOf } from "../../src/journal/digest.ts";
import { journalPartitionOf } from "../../src/journal/journal-partition.ts";
import type { JournalRecord } from "../../src/journal/journal-record.ts";
import { encodeRecord } from "../../src/journal/record-codec.ts";
import { decodeManifest, keysOf, manifestKey } from "../../src/journal/summary-codec.ts";
import { aCheckpointStore } from "../kafka/a-checkpoint-store.ts";
import { aJournal } from "../kafka/a-journal.ts";
import { connectTo } from "../kafka/real-topics.ts";
import { told } from "../journal/records.ts";
import { aRequest, aTencentRerun } from "../support/a-received-request.ts";
import { conflictingOutcomes, notCalledOnce } from "../support/kept-promises.ts";
import { eventsOf } from "../support/log-events.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, type ConfigTree, WEDATA, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forWedata, instanceKey } from "../support/wire-requests.ts";

/** More than one segment holds. */
const OLD = 20_000;
const PER_RECORD = 200;
const JOURNAL_PARTITIONS = 8;
const DAY_MS = 24 * 60 * 60 * 1000;

const partition = journalPartitionOf(WEDATA, JOURNAL_PARTITIONS);
const idOf = (n: number) => `old-${n}`;

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let config: ConfigTree;
let service: ServiceProcess;

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-summaries",
    }),
    processes.simulator(),
  ]);
  config = configOf(topics.place, [wedataAt(simulator.tencentUrl)]);
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

/** What `forWedata` asks for. */
function oldRequest(n: number): RerunRequest {
  const operation = aTencentRerun({ instanceKeys: [instanceKey(idOf(n))] });
  return aRequest({ requestId: idOf(n), provider: WEDATA, operation });
}

/** What a journal says of requests that ended long ago, all of them within the window. */
function oldRecords(from: number): readonly JournalRecord[] {
  const numbers = Array.from({ length: PER_RECORD }, (_, n) => from + n);
  const requests = numbers.map((n) => {
    const { requestId, provider, requestedAt, requestedBy } = oldRequest(n);
    const echo = {
      ...{
        requestId,
        provider,
        requestedAt,
        requestedBy,
        operationName: "TencentRerunTaskInstances",
      },
      ...{ correlationId: null, labels: {}, replayOf: null },
    };
    const source = { topic: topics.place.topics.requests, partition: 0, offset: BigInt(1e9 + n) };
    return {
      ...{ requestId, digest: digestOf(oldRequest(n)), attempt: 1, source, echo, trace: null },
      ...{ receivedAt: requestedAt, told: told("EXPIRED") },
    };
  });
  const requestIds = numbers.map(idOf);
  return [
    { kind: "CLOSE", provider: WEDATA, instance: "an old one", windowMs: DAY_MS, requests },
    { kind: "PUBLISHED", provider: WEDATA, requestIds, which: "final" },
  ];
}

/** The journal partition of the connection, as the service shows it. */
async function shown() {
  const { journal } = await service.status();
  return journal!.partitions[partition]!;
}

// It takes half a minute on two free cores: 20,000 requests are written, read in twice and summarised.
describe("a journal with more finished requests than a segment holds", { timeout: 150_000 }, () => {
  it("is summarised, so that the next process begins there and needs nothing older", async () => {
    const connection = await connectTo(topics.place.brokers);
    const { journal } = aJournal(connection.kafka, topics.place.topics.journal);
    for (let from = 0; from < OLD; from += PER_RECORD) {
      await journal.append(partition, WEDATA, oldRecords(from).map(encodeRecord));
    }
    service = await processes.readyService(config);
    expect(await shown()).toMatchObject({ finishedRequests: OLD });

    const { checkpoints } = topics.place.topics;
    const { store } = aCheckpointStore(connection.kafka, checkpoints);
    const written = new Set((await store.load()).keys());
    store.follow((key) => void written.add(key));
    await waitFor("a summary is written", () => written.has(manifestKey(partition)));
    expect(await service.stop()).toBe(0);
    const values = await aCheckpointStore(connection.kafka, checkpoints).store.load();
    const manifest = decodeManifest(values.get(manifestKey(partition))!);
    expect(manifest.segments).toHaveLength(2);
    expect(keysOf(partition, manifest).filter((key) => !values.has(key))).toEqual([]);

    await topics.deleteRecords(topics.place.topics.journal, { [partition]: manifest.border });
    service = await processes.readyService(config);
    const recovered = eventsOf(service, "journal.recovered")[0]!;
    expect(recovered["finished"]).toBe(OLD);
    expect(Number(recovered["records"])).toBeLessThan(PER_RECORD);
    expect(await shown()).toMatchObject({ finishedRequests: OLD });
  });

  it("lets nothing be called again that it knows, and what is new be called", async () => {
    const known = [0, 16_383, 16_384, OLD - 1];
    await topics.send([...known.map((n) => forWedata(idOf(n))), forWedata("new")]);
    expect(await topics.final("new")).toMatchObject({ status: "SUCCEEDED" });
    await topics.allCommitted();
    const repeated = sumOf(await fetchMetrics(service), "rerun_requests_duplicate_total");
    expect(repeated).toBe(known.length);
    expect(await notCalledOnce(simulator, [instanceKey("new")])).toEqual([]);
    expect(await callsAt(simulator)).toHaveLength(1);
  });

  it("has other requests with ids that it knows dead-lettered", async () => {
    const { end } = (await topics.offsets())[0]!;
    await topics.send(forWedata(idOf(7), ["something-else"]), { partition: 0 });
    const letter = await topics.deadLetter(0, BigInt(end));
    expect(String(letter.headers["dlq-reason"])).toBe("conflicting-request-id");
    await topics.allCommitted();
    expect(await callsAt(simulator)).toHaveLength(1);
    expect(conflictingOutcomes(topics)).toEqual([]);
    expect(await service.stop()).toBe(0);
  });
});
