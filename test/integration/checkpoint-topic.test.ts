import { describe, expect, inject, it } from "vitest";

import { aCheckpointStore, aCheckpointTopic, asText } from "../kafka/a-checkpoint-store.ts";
import { connectTo, createTopic, deleteTopic } from "../kafka/real-topics.ts";

const patience = { timeout: 30_000, interval: 20 };

async function aStore() {
  const connection = await connectTo(inject("brokers"));
  const topic = await aCheckpointTopic(connection);
  const another = () => aCheckpointStore(connection.kafka, topic);
  return { ...connection, ...another(), topicName: topic, another };
}

/** Everything that a store tells from now on. */
function writesOf({ store }: ReturnType<typeof aCheckpointStore>): [string, Buffer | null][] {
  const writes: [string, Buffer | null][] = [];
  store.follow((...write) => void writes.push(write));
  return writes;
}

describe("loading checkpoints", () => {
  it("gives the newest value under each key, and none that was deleted", async () => {
    const { store, another } = await aStore();
    await store.write("a", Buffer.from("a 1"));
    await store.write("b", Buffer.from("b 1"));
    await store.write("c", Buffer.from("c 1"));
    await store.write("a", Buffer.from("a 2"));
    await store.write("b", null);
    await store.write("gone", null);
    expect(asText(await another().store.load())).toEqual([
      ["a", "a 2"],
      ["c", "c 1"],
    ]);
  });

  it("gives nothing when there is nothing", async () => {
    const { store } = await aStore();
    expect(await store.load()).toEqual(new Map());
  });

  it("gives all of more than an answer of the broker holds", async () => {
    const { store, another } = await aStore();
    const names = Array.from({ length: 16 }, (_, n) => `chunk ${n}`);
    for (const [n, name] of names.entries()) await store.write(name, Buffer.alloc(450_000, n));
    const values = await another().store.load();
    expect([...values.keys()]).toEqual(names);
    expect([...values.values()].map((value) => value[449_999])).toEqual(names.map((_, n) => n));
  });

  it("rejects when nothing comes for too long, and may be tried again", async () => {
    const { kafka, admin, topicName } = await aStore();
    const topic = `${topicName}-later`;
    // Rounded to 3 s also when the timer comes almost a second late.
    const { store, failures } = aCheckpointStore(kafka, topic, 2_550);
    await expect(store.load()).rejects.toThrow(
      /^t-.*-later has not been read to its end for 3 s: This server does not host/,
    );
    await createTopic(admin, { topic });
    expect(await store.load()).toEqual(new Map());
    expect(failures).toEqual([]);
  });

  it("may be repeated, and what is followed then is told once", async () => {
    const reader = await aStore();
    await reader.store.write("a", Buffer.from("1"));
    expect(asText(await reader.store.load())).toEqual([["a", "1"]]);
    await reader.store.write("a", Buffer.from("2"));
    expect(asText(await reader.store.load())).toEqual([["a", "2"]]);
    const writes = writesOf(reader);
    await reader.store.write("a", Buffer.from("3"));
    await reader.store.write("a", Buffer.from("4"));
    await expect.poll(() => writes.length, patience).toBeGreaterThan(1);
    expect(asText(writes)).toEqual([
      ["a", "3"],
      ["a", "4"],
    ]);
  });

  it("rejects when the topic has several partitions", async () => {
    const connection = await connectTo(inject("brokers"));
    const { kafka } = connection;
    const topic = await aCheckpointTopic(connection, 2);
    const { store, failures } = aCheckpointStore(kafka, topic);
    await expect(store.load()).rejects.toThrow(`${topic} has 2 partitions instead of 1`);
    expect(failures).toEqual([]);
  });

  it("rejects when the store is closed meanwhile", async () => {
    const { kafka, topicName } = await aStore();
    const { store } = aCheckpointStore(kafka, `${topicName}-never`);
    const load = store.load();
    await Promise.all([store.close(5_000), expect(load).rejects.toThrow("is closed")]);
  });

  it("rejects writes that cannot be written", async () => {
    const { kafka, topicName } = await aStore();
    const { store } = aCheckpointStore(kafka, `${topicName}-never`);
    await expect(store.write("a", Buffer.from("1"))).rejects.toThrow("does not host this topic");
  });
});

describe("following checkpoints", () => {
  it("tells each write in its order, also what was written since the load", async () => {
    const reader = await aStore();
    const writer = reader.another();
    await writer.store.write("a", Buffer.from("before"));
    await reader.store.load();
    await writer.store.write("a", Buffer.from("between"));
    await expect.poll(async () => (await reader.another().store.load()).size, patience).toBe(1);
    const writes = writesOf(reader);
    await writer.store.write("a", Buffer.from("after"));
    await reader.store.write("b", Buffer.from("own"));
    await writer.store.write("a", null);
    await expect
      .poll(() => asText(writes), patience)
      .toEqual([
        ["a", "between"],
        ["a", "after"],
        ["b", "own"],
        ["a", null],
      ]);
  });

  it("does not change what was loaded", async () => {
    const reader = await aStore();
    await reader.store.write("a", Buffer.from("before"));
    const values = await reader.store.load();
    const writes = writesOf(reader);
    await reader.store.write("a", Buffer.from("after"));
    await expect.poll(() => writes.length, patience).toBe(1);
    expect(asText(values)).toEqual([["a", "before"]]);
  });

  it("goes on in a topic that was created anew", async () => {
    const reader = await aStore();
    for (const value of ["1", "2", "3"]) await reader.store.write("a", Buffer.from(value));
    await reader.store.load();
    const writes = writesOf(reader);
    await deleteTopic(reader.admin, reader.topicName);
    await createTopic(reader.admin, { topic: reader.topicName });
    await reader.another().store.write("b", Buffer.from("new"));
    await expect.poll(() => asText(writes), patience).toEqual([["b", "new"]]);
  });

  it("tells once when who is told throws, and nothing more", async () => {
    const reader = await aStore();
    await reader.store.load();
    const told: string[] = [];
    reader.store.follow((key) => {
      told.push(key);
      throw new TypeError("no such chunk");
    });
    await reader.store.write("a", null);
    await expect.poll(() => reader.failures, patience).toEqual([new TypeError("no such chunk")]);
    await reader.store.write("b", null);
    await reader.store.close(5_000);
    expect(told).toEqual(["a"]);
  });

  it("tells nothing after the close", async () => {
    const reader = await aStore();
    await reader.store.load();
    const writes = writesOf(reader);
    await reader.store.close(5_000);
    const other = reader.another();
    await other.store.write("a", null);
    await other.store.load();
    expect(writes).toEqual([]);
  });
});
