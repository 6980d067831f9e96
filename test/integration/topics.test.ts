import kafkajs, { type Admin } from "kafkajs";
import { describe, expect, inject, it } from "vitest";

import { topicsCommand, type TopicsOptions } from "../../src/cli/topics.ts";
import type { TopicNames } from "../../src/config/config.ts";
import { topicSpecs } from "../../src/kafka/topic-specs.ts";
import { createMissing, inspectTopics, type TopicState } from "../../src/kafka/topics.ts";
import { aConfig, ownTopics } from "../cli/a-config.ts";
import { aTerminal } from "../cli/a-terminal.ts";
import { connectTo, createTopic } from "../kafka/real-topics.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

async function setUp(dedupeWindowMs = DAY_MS) {
  const topics = ownTopics();
  const { admin } = await connectTo(inject("brokers"));
  const specs = topicSpecs(topics, { dedupeWindowMs });
  /** Makes a topic as somebody else might have made it. */
  const make = async (
    role: keyof TopicNames,
    settings: Readonly<Record<string, string>> = {},
    numPartitions = 1,
  ) => {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await createTopic(admin, { topic: topics[role], numPartitions, configEntries });
  };
  return { topics, admin, specs, make, settingsOf: settingsOf.bind(null, admin) };
}

/** The settings of a topic that are in effect. */
async function settingsOf(admin: Admin, topic: string) {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return Object.fromEntries(
    entries.map(({ configName, configValue }) => [configName, configValue]),
  );
}

function problemsOf(states: readonly TopicState[]): readonly string[] {
  return states.flatMap(({ role, problems }) => problems.map((problem) => `${role}: ${problem}`));
}

describe("createMissing", () => {
  it("creates topics that inspectTopics has nothing against", async () => {
    const { admin, specs } = await setUp();
    expect(problemsOf(await inspectTopics(admin, specs))).toHaveLength(specs.length);

    const created = await createMissing(admin, specs, { partitions: 3, replication: null });
    expect(created).toEqual(specs.map(({ name }) => name));
    const states = await inspectTopics(admin, specs);
    expect(problemsOf(states)).toEqual([]);
    expect(states.map(({ role, partitions }) => [role, partitions])).toEqual([
      ["requests", 3],
      ["outcomes", 3],
      ["deadLetters", 3],
      ["journal", 8],
      ["checkpoints", 1],
      ["control", 1],
    ]);
    const [requests, , deadLetters, journal] = states.map((state) => state.maxMessageBytes ?? 0);
    expect([deadLetters, journal]).toEqual([requests! + 65_536, requests! + 65_536]);
  });

  it("makes the journal outlive the requests, and the checkpoints small to read", async () => {
    const { admin, specs, topics, settingsOf: of } = await setUp();
    await createMissing(admin, specs, { partitions: 1, replication: null });
    expect(await of(topics.journal)).toMatchObject({
      "cleanup.policy": "delete",
      "message.timestamp.type": "LogAppendTime",
      // The broker's own default, which the requests have, is a week.
      "retention.ms": String(8 * DAY_MS),
      "retention.bytes": "-1",
    });
    expect(await of(topics.checkpoints)).toMatchObject({
      "cleanup.policy": "compact",
      "max.message.bytes": "1048576",
      "min.cleanable.dirty.ratio": "0.1",
      "segment.bytes": "16777216",
      "segment.ms": "3600000",
    });
    expect(await of(topics.control)).toMatchObject({
      "cleanup.policy": "compact",
      "segment.bytes": "4194304",
      "segment.ms": "600000",
    });
  });

  it.each([
    ["for ever", "-1", "-1"],
    ["for less than the dedupe window", "1000", String(31 * DAY_MS)],
  ])("keeps a journal beside requests that are kept %s", async (_, requestsMs, journalMs) => {
    const { admin, specs, topics, make, settingsOf: of } = await setUp(30 * DAY_MS);
    await make("requests", { "retention.ms": requestsMs });
    await createMissing(admin, specs, { partitions: 1, replication: null });
    expect(await of(topics.journal)).toMatchObject({ "retention.ms": journalMs });
    expect(problemsOf(await inspectTopics(admin, specs))).toEqual([]);
  });

  it("gives dead letters and journal room above requests that are larger than usual", async () => {
    const { admin, specs, make } = await setUp();
    await make("requests", { "max.message.bytes": "5000000" });
    await createMissing(admin, specs, { partitions: 1, replication: 1 });
    expect(await inspectTopics(admin, specs)).toMatchObject([
      { role: "requests" },
      { role: "outcomes" },
      { role: "deadLetters", maxMessageBytes: 5_065_536 },
      { role: "journal", maxMessageBytes: 5_065_536 },
      { role: "checkpoints" },
      { role: "control" },
    ]);
  });

  it("changes nothing that exists", async () => {
    const { admin, specs, make } = await setUp();
    await make("outcomes", { "cleanup.policy": "compact" }, 2);
    expect(await createMissing(admin, specs, { partitions: 5, replication: null })).toHaveLength(
      specs.length - 1,
    );
    expect(await createMissing(admin, specs, { partitions: 5, replication: null })).toEqual([]);

    const states = await inspectTopics(admin, specs);
    expect(states[1]).toMatchObject({ partitions: 2 });
    expect(problemsOf(states)).toEqual([
      expect.stringContaining("outcomes: cleanup.policy is compact"),
    ]);
  });
});

describe("inspectTopics", () => {
  it("finds dead letters that could not take the largest request", async () => {
    const { admin, specs, make } = await setUp();
    await make("deadLetters");
    await createMissing(admin, specs, { partitions: 1, replication: null });
    expect(problemsOf(await inspectTopics(admin, specs))).toEqual([
      expect.stringContaining("deadLetters: max.message.bytes is 1048588, less than 1114124"),
    ]);
  });

  it("only warns of what a single broker cannot do, and of the policy of a topic that is not ours", async () => {
    const { admin, specs, make } = await setUp();
    await make("requests", {
      "cleanup.policy": "compact",
      "unclean.leader.election.enable": "true",
    });
    const [requests] = await inspectTopics(admin, specs);
    expect(requests?.problems).toEqual([]);
    expect(requests?.warnings).toEqual([
      expect.stringContaining("cleanup.policy"),
      "replication is 1, less than 3",
      "min.insync.replicas is 1, less than 2",
      expect.stringContaining("unclean.leader.election.enable"),
    ]);
  });

  it("finds all that is wrong with a journal and checkpoints that a broker made by its defaults", async () => {
    const { admin, specs, topics, make } = await setUp(30 * DAY_MS);
    await make("requests");
    await make("journal", { "retention.bytes": "1000000" });
    await make("checkpoints", {}, 2);
    await createMissing(admin, specs, { partitions: 1, replication: null });
    const command = (topic: string, setting: string) =>
      expect.stringContaining(
        `\`kafka-configs --alter --entity-type topics --entity-name ${topic} --add-config ${setting}\``,
      ) as string;
    expect(problemsOf(await inspectTopics(admin, specs))).toEqual([
      command(topics.journal, "message.timestamp.type=LogAppendTime"),
      command(topics.journal, "max.message.bytes=1114124"),
      command(topics.journal, `retention.ms=${31 * DAY_MS}`),
      command(topics.journal, "retention.bytes=-1"),
      command(topics.checkpoints, "cleanup.policy=compact"),
      expect.stringContaining("checkpoints: it has 2 partitions instead of 1"),
    ]);
  });

  it("takes a journal with any number of partitions, and finds when requests begin to outlive it", async () => {
    const { admin, specs, topics, make, settingsOf: of } = await setUp();
    await make("requests");
    await make(
      "journal",
      {
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": "2000000",
        "retention.ms": String(7 * DAY_MS),
      },
      3,
    );
    await createMissing(admin, specs, { partitions: 1, replication: null });
    expect(problemsOf(await inspectTopics(admin, specs))).toEqual([]);

    const configEntries = [{ name: "retention.ms", value: String(9 * DAY_MS) }];
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        { type: kafkajs.ConfigResourceTypes.TOPIC, name: topics.requests, configEntries },
      ],
    });
    // The controller has it before the broker goes by it.
    await expect
      .poll(async () => (await of(topics.requests))["retention.ms"], { timeout: 30_000 })
      .toBe(String(9 * DAY_MS));
    expect(problemsOf(await inspectTopics(admin, specs))).toEqual([
      expect.stringContaining(
        `journal: retention.ms is 604800000, less than 777600000 (retention.ms of ${topics.requests})`,
      ),
    ]);
  });
});

describe("the command topics", () => {
  async function run(options: Omit<TopicsOptions, "partitions" | "replication">) {
    const terminal = aTerminal();
    const code = await topicsCommand({ partitions: 2, replication: null, ...options }, terminal);
    return { code, ...terminal };
  }

  it("fails while topics are missing, creates them, and then is content", async () => {
    const config = aConfig({ brokers: inject("brokers"), topics: ownTopics() });
    const before = await run({ config, create: false, json: false });
    expect(before).toMatchObject({ code: 1, err: expect.stringContaining("--create") as string });
    expect(before.out).toMatch(/missing\n/);

    const creating = await run({ config, create: true, json: false });
    expect(creating.code).toBe(0);
    expect(creating.err).toContain(`created ${config.kafka.topics.outcomes}\n`);
    expect(creating.out).toMatch(/dead-letters +2 +1 +1114124 +ok\n/);
    expect(creating.out).toMatch(/journal +8 +1 +1114124 +ok\n/);
    expect(creating.out).toMatch(/checkpoints +1 +1 +1048576 +ok\n/);
  });

  it("prints nothing but JSON to standard output when asked", async () => {
    const config = aConfig({ brokers: inject("brokers"), topics: ownTopics() });
    const { out } = await run({ config, create: true, json: true });
    expect(JSON.parse(out)).toMatchObject([
      { role: "requests", exists: true, partitions: 2 },
      { role: "outcomes" },
      { role: "deadLetters", maxMessageBytes: 1_114_124 },
      { role: "journal", partitions: 8 },
      { role: "checkpoints", partitions: 1 },
      { role: "control", partitions: 1 },
    ]);
  });

  it.each([
    ["nobody listens there", { brokers: ["127.0.0.1:1"] }, /127\.0\.0\.1:1.*kafka\.brokers/],
    ["the listener wants no TLS", { ssl: { ca: null, cert: null, key: null } }, /kafka\.ssl/],
  ])("says what to look at when %s", async (_, kafka, message) => {
    const config = aConfig({ brokers: inject("brokers"), topics: ownTopics(), ...kafka });
    const { code, out, err } = await run({ config, create: true, json: false });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(message);
    expect(err.split("\n")).toHaveLength(2);
  });
});
