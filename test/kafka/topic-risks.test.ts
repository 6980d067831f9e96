import { describe, expect, it } from "vitest";
import type { Admin } from "../../src/kafka/client.ts";
import { inspectTopics } from "../../src/kafka/topics.ts";

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

const spec = { role: "outcomes", name: "t", cleanupPolicy: "delete", roomAbove: null } as const;

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
