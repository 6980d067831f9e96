import { ConfigResourceTypes } from "kafkajs";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { topicSpecs } from "../../src/kafka/topic-specs.ts";
import { createMissing } from "../../src/kafka/topics.ts";
import { aJournal } from "../kafka/a-journal.ts";
import { connectTo } from "../kafka/real-topics.ts";
import { notCalledOnce } from "../support/kept-promises.ts";
import { eventsOf } from "../support/log-events.ts";
import { runCommand } from "../support/run-command.ts";
import { configOf, type ConfigTree, SERVICE_ENV, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forWedata, instanceKey } from "../support/wire-requests.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let config: ConfigTree;
let service: ServiceProcess;
/** Every request that was sent. */
const asked: string[] = [];

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-refusals",
      partitions: 1,
    }),
    processes.simulator(),
  ]);
  config = configOf(topics.place, [wedataAt(simulator.tencentUrl)]);
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

/** Sets these, and leaves nothing else as the topic was created. */
async function alterJournal(entries: Readonly<Record<string, string>>): Promise<void> {
  const all = { ...entries, "max.message.bytes": String(2 * 1024 * 1024) };
  const configEntries = Object.entries(all).map(([name, value]) => ({ name, value }));
  const name = topics.place.topics.journal;
  await topics.admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
  });
}

/** Deletes a topic of ours and makes it anew, as `topics --create` would. */
async function makeAnew(topic: string): Promise<void> {
  await topics.admin.deleteTopics({ topics: [topic] });
  const specs = topicSpecs(topics.place.topics, { dedupeWindowMs: DAY_MS });
  const create = async () => createMissing(topics.admin, specs, { partitions: 1, replication: 1 });
  await waitFor("the topic is there anew", async () => {
    const created = await create().catch((): readonly string[] => []);
    return created.includes(topic);
  });
}

async function send(name: string): Promise<readonly string[]> {
  const ids = Array.from({ length: 4 }, (_, n) => `${name}-${n}`);
  await topics.send(ids.map((id) => forWedata(id)));
  asked.push(...ids);
  return ids;
}

/** Starts a service that does not begin, and tells why it does not. */
async function refused(problem: RegExp): Promise<readonly string[]> {
  service = await processes.service(config);
  return refusing(problem);
}

/** Tells why the service does not begin. */
async function refusing(problem: RegExp): Promise<readonly string[]> {
  let reasons: readonly string[] = [];
  await waitFor("it is refused", async () => {
    const answer = await fetch(`${service.url}/readyz`);
    ({ reasons } = (await answer.json()) as { reasons: string[] });
    return answer.status === 503 && problem.test(reasons.join("\n"));
  });
  return reasons;
}

const isLive = async () => (await fetch(`${service.url}/livez`)).ok;

async function accept(...options: readonly string[]) {
  const file = processes.configFile(config);
  const args = ["topics", "--config", file, "--accept-lost-journal", ...options];
  return runCommand(args, SERVICE_ENV);
}

/** The service goes on by itself, works what waits, and nothing twice. */
async function wrongAfter(ids: readonly string[]): Promise<object> {
  await service.ready();
  const finals = await topics.finals(ids);
  await topics.allCommitted();
  return {
    unsuccessful: finals.filter(({ status }) => status !== "SUCCEEDED"),
    notCalledOnce: await notCalledOnce(simulator, asked.map(instanceKey)),
  };
}

const NOTHING = { unsuccessful: [], notCalledOnce: [] };

describe("a journal that forgets too early, by the clocks of others", () => {
  it("is refused with what mends it, and no call is made until it is mended", async () => {
    await alterJournal({
      ...{ "retention.ms": "60000", "message.timestamp.type": "CreateTime" },
    });
    const ids = await send("forgetful");
    const reasons = await refused(/retention/);
    const { journal } = topics.place.topics;
    expect(reasons).toEqual([
      expect.stringMatching(
        `^topic ${journal}: message.timestamp.type is CreateTime: .* --add-config message.timestamp.type=LogAppendTime\` mends it$`,
      ),
      expect.stringMatching(
        `^topic ${journal}: retention.ms is 60000, less than \\d+ .* --add-config retention.ms=\\d+\` mends it$`,
      ),
    ]);
    expect(eventsOf(service, "surroundings.not-ready").length).toBeGreaterThanOrEqual(2);
    expect(await isLive()).toBe(true);
    expect(await callsAt(simulator)).toEqual([]);

    await alterJournal({
      ...{ "retention.ms": String(8 * DAY_MS), "message.timestamp.type": "LogAppendTime" },
    });
    expect(await wrongAfter(ids)).toEqual(NOTHING);
    await summarised();
    expect(await service.stop()).toBe(0);
  });
});

/** A summary of what stands in the journal is written, or will be at the stop. */
async function summarised(): Promise<void> {
  await waitFor("the journal is summarised", async () => {
    const { journal } = await service.status();
    return journal?.partitions.some(({ summarisedTo }) => summarisedTo !== "0") === true;
  });
}

describe("a journal that was deleted and made anew", () => {
  it("is refused while the checkpoint knows more, and no call is made", async () => {
    await makeAnew(topics.place.topics.journal);
    const called = await callsAt(simulator);
    await send("lost-journal");
    const reasons = await refused(/the checkpoint goes on at/);
    expect(reasons).toEqual([
      expect.stringMatching(/records are missing.* see `topics --accept-lost-journal`/),
    ]);
    expect(eventsOf(service, "journal.refused").length).toBeGreaterThan(0);
    expect(await isLive()).toBe(true);
    expect(await callsAt(simulator)).toEqual(called);
  });

  it("is refused also once it has grown past all that the checkpoint knows", async () => {
    const { brokers, topics: names } = topics.place;
    const { kafka } = await connectTo(brokers);
    const { journal } = aJournal(kafka, names.journal);
    const called = await callsAt(simulator);
    for (let partition = 0; partition < 8; partition += 1) {
      const values = Array.from({ length: 100 }, () => Buffer.from("of another journal"));
      await journal.append(partition, "k", values);
    }
    const reasons = await refusing(/has another record at \d+ than before/);
    expect(reasons).toEqual([expect.stringMatching(/see `topics --accept-lost-journal`/)]);
    expect(await callsAt(simulator)).toEqual(called);
  });

  it("is looked at by topics --accept-lost-journal, which changes nothing by itself", async () => {
    const { code, stdout, stderr } = await accept();
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/PARTITION.*\n0 +4 +7 +4\n/) as string,
    });
    expect(stderr).toContain("Nothing was changed; --yes accepts this.");
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
  });

  it("is accepted with --yes: the service goes on by itself and calls nothing again", async () => {
    expect(await accept("--yes")).toMatchObject({ code: 0 });
    const waiting = asked.filter((id) => id.startsWith("lost-journal"));
    expect(await wrongAfter(waiting)).toEqual(NOTHING);
    await summarised();
    expect(await service.stop()).toBe(0);
  });
});

describe("a checkpoint that was deleted", () => {
  it("is refused while the journal does not begin at its beginning, until that is accepted", async () => {
    const { journal, checkpoints } = topics.place.topics;
    const ends = await topics.admin.fetchTopicOffsets(journal);
    const { partition, high } = ends.find((one) => Number(one.high) > 0)!;
    await topics.deleteRecords(journal, { [partition]: BigInt(high) });
    await makeAnew(checkpoints);
    const called = await callsAt(simulator);
    const ids = await send("lost-checkpoint");
    const reasons = await refused(/no checkpoint/);
    expect(reasons).toEqual([
      expect.stringMatching(
        `^journal partition ${partition} begins at ${high}, and no checkpoint tells what stood before.* see \`topics --accept-lost-journal\``,
      ),
    ]);
    expect(await callsAt(simulator)).toEqual(called);
    expect(await accept("--yes")).toMatchObject({ code: 0 });
    expect(await wrongAfter(ids)).toEqual(NOTHING);
    expect(await service.stop()).toBe(0);
  });
});

describe("a journal that has got more partitions", () => {
  it("is refused with what mends it, and no call is made", async () => {
    const { journal } = topics.place.topics;
    await topics.admin.createPartitions({ topicPartitions: [{ topic: journal, count: 9 }] });
    const called = await callsAt(simulator);
    await send("more-partitions");
    const reasons = await refused(/partitions/);
    expect(reasons).toEqual([
      expect.stringMatching(
        /^the journal has 9 partitions and had 8 before: .* Make a new journal topic with 8 partitions/,
      ),
    ]);
    expect(await isLive()).toBe(true);
    expect(await callsAt(simulator)).toEqual(called);
  });
});
