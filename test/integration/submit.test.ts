import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, inject, it, onTestFinished, vi } from "vitest";

import { createRegistry } from "../../src/avro/registry.ts";
import { loadSchemas } from "../../src/avro/schemas.ts";
import { outcomesCommand } from "../../src/cli/outcomes.ts";
import { submitCommand, type SubmitOptions } from "../../src/cli/submit.ts";
import type { Config } from "../../src/config/config.ts";
import type { OutcomeStatus } from "../../src/domain/outcome.ts";
import { RecordPublisher } from "../../src/kafka/publisher.ts";
import { topicSpecs } from "../../src/kafka/topic-specs.ts";
import { createMissing } from "../../src/kafka/topics.ts";
import { silentLog } from "../../src/observability/silent-log.ts";
import { Outbox } from "../../src/outbound/outbox.ts";
import { aConfig, ownTopics } from "../cli/a-config.ts";
import { aTerminal } from "../cli/a-terminal.ts";
import { connectTo } from "../kafka/real-topics.ts";
import { anOutcome } from "../outbound/an-outcome.ts";

const REQUEST = {
  provider: "dw",
  requestedBy: "test",
  operation: { DataWorksRerunTaskInstances: { instanceIds: ["9007199254740993", 7] } },
};

/** Topics and schemas of the test's own, and somebody who publishes outcomes. */
async function setUp() {
  const topics = ownTopics();
  const config = aConfig({ brokers: inject("brokers"), topics }, inject("registryUrl"));
  const connection = await connectTo(inject("brokers"));
  const specs = topicSpecs(topics, { dedupeWindowMs: config.dedupe.windowMs });
  await createMissing(connection.admin, specs, { partitions: 3, replication: null });
  const registry = createRegistry(config.schemaRegistry);
  const { requests, outcomes } = loadSchemas(topics);
  for (const { subject, text, level } of [requests, outcomes]) {
    await registry.register(subject, text, level);
  }
  const controller = new AbortController();
  const publisher = new RecordPublisher({
    ...{ kafka: connection.kafka, log: silentLog, signal: controller.signal },
  });
  onTestFinished(async () => {
    controller.abort();
    await publisher.close();
  });
  const outbox = new Outbox({
    ...{ publisher, registry, topic: topics.outcomes, schema: outcomes, dispatcher: "d" },
    signal: controller.signal,
  });
  const answer = async (requestId: string, status: OutcomeStatus) =>
    outbox.publish(anOutcome({ status, echo: { ...anOutcome().echo, requestId } }));
  return { config, connection, registry, answer, publisher };
}

async function submit(config: Config, content: string, options: Partial<SubmitOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "submit-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const file = join(folder, "requests.json");
  await writeFile(file, content);
  const terminal = aTerminal();
  const defaults = { requestedBy: null, wait: false, timeoutMs: 30_000, json: false };
  const code = submitCommand(
    { config, file, ...defaults, ...options },
    terminal,
    new AbortController().signal,
  );
  return { code, terminal };
}

async function outcomes(config: Config, options: { json?: true; request?: string } = {}) {
  const terminal = aTerminal();
  const asked = { follow: false, request: null, json: false, config, ...options };
  const code = await outcomesCommand(asked, terminal, new AbortController().signal);
  return { code, ...terminal };
}

it("publishes requests under the key of their connection and smallest target, and prints their ids", async () => {
  const { config, connection, registry } = await setUp();
  const mine = { ...REQUEST, requestId: "mine" };
  const { code, terminal } = await submit(config, JSON.stringify([mine, REQUEST]));
  expect(await code).toBe(0);
  const ids = terminal.out.trimEnd().split("\n");
  expect(ids).toEqual(["mine", expect.stringMatching(/^[0-9a-f-]{36}$/)]);

  const records = await connection.records(config.kafka.topics.requests);
  expect(records.map(({ key }) => key?.toString())).toEqual(["dw/7", "dw/7"]);
  const decoded = await Promise.all(records.map(async ({ value }) => registry.decode(value!)));
  expect(decoded).toMatchObject(
    ids.map((requestId) => ({
      kind: "decoded",
      value: {
        requestId,
        operation: {
          "rerun.v1.DataWorksRerunTaskInstances": { instanceIds: [9007199254740993n, 7n] },
        },
      },
    })),
  );
});

it("sends nothing when one request is wrong", async () => {
  const { config, connection } = await setUp();
  const { code, terminal } = await submit(config, JSON.stringify([REQUEST, { provider: 5 }]));
  expect(await code).toBe(2);
  expect(terminal.out).toBe("");
  expect(terminal.err).toContain("[1].provider: expected a string, found 5\n");
  expect(await connection.records(config.kafka.topics.requests)).toEqual([]);
});

it.each<[OutcomeStatus, OutcomeStatus, number]>([
  ["SUCCEEDED", "DRY_RUN", 0],
  ["SUCCEEDED", "REJECTED", 1],
])("waits for the final outcomes: %s and %s end in %d", async (first, second, exitCode) => {
  const { config, answer } = await setUp();
  await answer("a", "FAILED"); // of an earlier time: --wait looks only at what comes
  const requests = ["a", "b"].map((requestId) => JSON.stringify({ ...REQUEST, requestId }));
  const { code, terminal } = await submit(config, requests.join("\n"), { wait: true, json: true });
  await vi.waitFor(() => expect(terminal.out).toContain('"b"'), { timeout: 20_000 });
  await answer("a", "ACCEPTED");
  await answer("other", "SUCCEEDED");
  // The earlier outcome of "a" has the same outcomeId in this test, but was not read.
  await answer("a", first);
  await answer("b", second);
  expect(await code).toBe(exitCode);

  const lines = terminal.out.trimEnd().split("\n");
  expect(lines.slice(0, 2)).toEqual(['{"requestId":"a"}', '{"requestId":"b"}']);
  const ends = lines
    .slice(2)
    .map((line) => JSON.parse(line) as { requestId: string; status: string });
  expect(ends.map(({ requestId, status }) => `${requestId} ${status}`).toSorted()).toEqual([
    `a ${first}`,
    `b ${second}`,
  ]);
});

it("names the requests that have no outcome when the time is up", async () => {
  const { config } = await setUp();
  const content = JSON.stringify({ ...REQUEST, requestId: "silent" });
  const { code, terminal } = await submit(config, content, { wait: true, timeoutMs: 1 });
  expect(await code).toBe(1);
  expect(terminal.err).toBe("No final outcome yet for 1: silent\n");
});

it("says which request is too large for the topic, after the others were sent", async () => {
  const { config, connection } = await setUp();
  const large = { ...REQUEST, requestId: "large", reason: "x".repeat(1_100_000) };
  const { code, terminal } = await submit(config, JSON.stringify([large, REQUEST]));
  expect(await code).toBe(1);
  expect(terminal.err).toMatch(/1 of 2 requests were sent.*\n {2}large: .*too large/);
  expect(await connection.records(config.kafka.topics.requests)).toHaveLength(1);
});

it.each([
  ["the file is not there", {}, { file: "/nowhere.json" }, 2, "/nowhere.json"],
  ["the topics are missing", ownTopics(), {}, 1, "topics --create"],
])("says what to do when %s", async (_, topics, options, exitCode, told) => {
  const { config } = await setUp();
  // The schemas stay those of the config: the subject follows from the topic.
  const kafka = { ...config.kafka, topics: { ...config.kafka.topics, ...topics } };
  const { requests } = loadSchemas(kafka.topics);
  const registry = createRegistry(config.schemaRegistry);
  await registry.register(requests.subject, requests.text, requests.level);
  const { code, terminal } = await submit({ ...config, kafka }, JSON.stringify(REQUEST), options);
  expect(await code).toBe(exitCode);
  expect(terminal.err).toContain(told);
});

it("says what to do when the request schema is not registered", async () => {
  const config = aConfig(
    { brokers: inject("brokers"), topics: ownTopics() },
    inject("registryUrl"),
  );
  const { code, terminal } = await submit(config, JSON.stringify(REQUEST));
  expect(await code).toBe(1);
  expect(terminal.err).toContain("schemas --register");
});

it("prints the outcomes that are there, each once, as a table or as JSON", async () => {
  const { config, answer, publisher } = await setUp();
  await answer("a", "ACCEPTED");
  await answer("a", "SUCCEEDED");
  await answer("a", "SUCCEEDED");
  await answer("b", "REJECTED");
  await publisher.publish(config.kafka.topics.outcomes, {
    ...{ key: null, value: Buffer.from("noise"), headers: {} },
  });

  const table = await outcomes(config);
  expect(table.code).toBe(0);
  expect(table.err).toBe("1 records are no outcomes\n");
  const [heading = "", ...rows] = table.out.trimEnd().split("\n");
  expect(heading).toMatch(/^COMPLETED +STATUS/);
  expect(rows.map((row) => row.split(/ +/)[1]).toSorted()).toEqual([
    "ACCEPTED",
    "REJECTED",
    "SUCCEEDED",
  ]);

  const json = await outcomes(config, { json: true, request: "b" });
  expect(
    json.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([expect.objectContaining({ requestId: "b", status: "REJECTED", final: true })]);
});

it("follows the outcomes until it is stopped", async () => {
  const { config, answer } = await setUp();
  await answer("before", "SUCCEEDED");
  const controller = new AbortController();
  const terminal = aTerminal();
  const following = outcomesCommand(
    { config, follow: true, request: null, json: true },
    terminal,
    controller.signal,
  );
  await vi.waitFor(() => expect(terminal.out).toContain('"before"'), { timeout: 20_000 });
  await answer("after", "SUCCEEDED");
  await vi.waitFor(() => expect(terminal.out).toContain('"after"'), { timeout: 20_000 });
  controller.abort();
  expect(await following).toBe(0);
});

it("leaves no consumer group behind", async () => {
  const { config, answer, connection } = await setUp();
  const groupId = `group-${config.kafka.topics.outcomes}`;
  await answer("a", "SUCCEEDED");
  await outcomes({ ...config, kafka: { ...config.kafka, groupId } });
  const { groups } = await connection.admin.listGroups();
  expect(groups.filter((group) => group.groupId.startsWith(groupId))).toEqual([]);
});
