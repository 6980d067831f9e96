import { describe, expect, inject, it } from "vitest";

import { topicsCommand, type TopicsOptions } from "../../src/cli/topics.ts";
import {
  createMissing,
  inspectTopics,
  maxMessageBytes,
  topicSpecs,
  type TopicState,
} from "../../src/kafka/topics.ts";
import { aConfig, ownTopics } from "../cli/a-config.ts";
import { aTerminal } from "../cli/a-terminal.ts";
import { connectTo } from "../kafka/real-topics.ts";

async function setUp() {
  const topics = ownTopics();
  const { admin } = await connectTo(inject("brokers"));
  return { topics, admin, specs: topicSpecs(topics) };
}

function problemsOf(states: readonly TopicState[]): readonly string[] {
  return states.flatMap(({ role, problems }) => problems.map((problem) => `${role}: ${problem}`));
}

describe("createMissing", () => {
  it("creates topics that inspectTopics has nothing against", async () => {
    const { admin, specs, topics } = await setUp();
    expect(problemsOf(await inspectTopics(admin, specs))).toHaveLength(3);

    const created = await createMissing(admin, specs, { partitions: 3, replication: null });
    expect(created).toEqual([topics.requests, topics.outcomes, topics.deadLetters]);
    const states = await inspectTopics(admin, specs);
    expect(problemsOf(states)).toEqual([]);
    expect(states.map(({ partitions }) => partitions)).toEqual([3, 3, 3]);
    expect(await maxMessageBytes(admin, topics.deadLetters)).toBe(
      (await maxMessageBytes(admin, topics.requests)) + 65_536,
    );
  });

  it("gives dead letters room above requests that are larger than usual", async () => {
    const { admin, specs, topics } = await setUp();
    const configEntries = [{ name: "max.message.bytes", value: "5000000" }];
    await admin.createTopics({ topics: [{ topic: topics.requests, configEntries }] });
    await createMissing(admin, specs, { partitions: 1, replication: 1 });
    expect(await maxMessageBytes(admin, topics.deadLetters)).toBe(5_065_536);
  });

  it("changes nothing that exists", async () => {
    const { admin, specs, topics } = await setUp();
    const configEntries = [{ name: "cleanup.policy", value: "compact" }];
    await admin.createTopics({
      topics: [{ topic: topics.outcomes, numPartitions: 2, configEntries }],
    });
    expect(await createMissing(admin, specs, { partitions: 5, replication: null })).toHaveLength(2);
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
    const { admin, specs, topics } = await setUp();
    await admin.createTopics({ topics: [{ topic: topics.deadLetters }] });
    await createMissing(admin, specs, { partitions: 1, replication: null });
    expect(problemsOf(await inspectTopics(admin, specs))).toEqual([
      expect.stringContaining("deadLetters: max.message.bytes is 1048588, less than 1114124"),
    ]);
  });

  it("only warns of what a single broker cannot do, and of the policy of a topic that is not ours", async () => {
    const { admin, specs, topics } = await setUp();
    const configEntries = [
      { name: "cleanup.policy", value: "compact" },
      { name: "unclean.leader.election.enable", value: "true" },
    ];
    await admin.createTopics({ topics: [{ topic: topics.requests, configEntries }] });
    const [requests] = await inspectTopics(admin, specs);
    expect(requests?.problems).toEqual([]);
    expect(requests?.warnings).toEqual([
      expect.stringContaining("cleanup.policy"),
      "replication is 1, less than 3",
      "min.insync.replicas is 1, less than 2",
      expect.stringContaining("unclean.leader.election.enable"),
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
  });

  it("prints nothing but JSON to standard output when asked", async () => {
    const config = aConfig({ brokers: inject("brokers"), topics: ownTopics() });
    const { out } = await run({ config, create: true, json: true });
    expect(JSON.parse(out)).toMatchObject([
      { role: "requests", exists: true, partitions: 2 },
      { role: "outcomes" },
      { role: "deadLetters", maxMessageBytes: 1_114_124 },
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
