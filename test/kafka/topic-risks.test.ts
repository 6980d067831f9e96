import { describe, expect, it } from "vitest";
import type { Admin } from "../../src/kafka/client.ts";
import { createMissing, inspectTopics } from "../../src/kafka/topics.ts";
import { aSpec } from "./a-topic-spec.ts";

/** A cluster of so many brokers with one topic, as the admin client tells it. */
function clusterOf(brokers: number): Admin {
  const configEntries = [
    ["cleanup.policy", "delete"],
    ["max.message.bytes", "1048588"],
    ["min.insync.replicas", "1"],
    ["unclean.leader.election.enable", "true"],
  ].map(([configName, configValue]) => ({ configName, configValue }));
  const admin = {
    listTopics: async () => ["t"],
    describeCluster: async () => ({ brokers: Array.from({ length: brokers }, () => ({})) }),
    fetchTopicMetadata: async () => ({
      topics: [{ partitions: [{ replicas: brokers === 1 ? [1] : [1, 2] }] }],
    }),
    describeConfigs: async () => ({ resources: [{ configEntries }] }),
  };
  return admin as unknown as Admin; // only these four are asked
}

const spec = { ...aSpec("outcomes"), name: "t" };

describe("a topic that can lose acknowledged records", () => {
  it("is a risk on a cluster, and no reason not to work", async () => {
    const [state] = await inspectTopics(clusterOf(3), [spec]);
    expect(state?.problems).toEqual([]);
    expect(state?.risks).toEqual([
      "replication is 2, less than 3",
      "min.insync.replicas is 1, less than 2",
      expect.stringContaining("unclean.leader.election.enable"),
    ]);
  });

  it("is only worth a warning on a single broker", async () => {
    const [state] = await inspectTopics(clusterOf(1), [spec]);
    expect(state).toMatchObject({ problems: [], risks: [] });
    expect(state?.warnings).toHaveLength(3);
  });
});

describe("a topic that was just created", () => {
  it("is waited for until the brokers have heard of it", async () => {
    const unheard = Object.assign(new Error("This server does not host this topic-partition"), {
      type: "UNKNOWN_TOPIC_OR_PARTITION",
    });
    const asked: string[] = [];
    const admin = {
      listTopics: async () => [],
      createTopics: async ({ waitForLeaders }: { waitForLeaders?: boolean }) => {
        asked.push(`create, waiting for leaders: ${String(waitForLeaders)}`);
        return true;
      },
      fetchTopicMetadata: async () => {
        asked.push("metadata");
        if (asked.length < 4) throw unheard;
        return { topics: [] };
      },
    };
    const options = { partitions: 3, replication: null };
    // Only these three are asked.
    const created = await createMissing(admin as unknown as Admin, [spec], options);
    expect(created).toEqual(["t"]);
    const metadata = ["metadata", "metadata", "metadata"];
    expect(asked).toEqual(["create, waiting for leaders: false", ...metadata]);
  });
});
