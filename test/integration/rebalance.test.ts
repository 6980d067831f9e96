import { afterEach, expect, inject, test, vi } from "vitest";

import {
  aWorld,
  committedOf,
  createTopic,
  Inbound,
  messages,
  PATIENCE,
  produce,
} from "../inbound/on-a-broker.ts";

const running: Inbound[] = [];

function anInbound(...args: ConstructorParameters<typeof Inbound>): Inbound {
  const inbound = new Inbound(...args);
  running.push(inbound);
  return inbound;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (inbound) => inbound.stop()));
});

const PARTITIONS = [0, 1, 2, 3];

function places(partitions: readonly number[], count: number): string[] {
  return partitions.flatMap((partition) =>
    Array.from({ length: count }, (_, offset) => `${partition}/${offset}`),
  );
}

function of(partitions: readonly number[], all: readonly string[]): string[] {
  return all.filter((place) => partitions.includes(Number(place.split("/")[0])));
}

test("after a second one joined, no record is worked twice by the same one, and none is left out", async () => {
  const config = aWorld(inject("brokers"));
  await createTopic(config, config.topics.requests, PARTITIONS.length);
  await produce(
    config,
    PARTITIONS.flatMap((partition) => messages(partition, 5)),
  );
  const first = anInbound(config);
  first.start();
  await vi.waitFor(() => expect(first.desk.places).toHaveLength(20), PATIENCE);

  const second = anInbound(config);
  second.start();
  await vi.waitFor(() => expect(second.desk.places).toHaveLength(10), PATIENCE);
  const kept = first.assigned;
  expect(kept).toHaveLength(2);
  expect([...kept, ...second.assigned].toSorted()).toEqual(PARTITIONS);
  // Nothing was committed beyond the start, so Kafka sends even what the first one kept again.
  await vi.waitFor(() => expect(of(kept, first.delivered)).toHaveLength(20), PATIENCE);

  expect(first.desk.places.toSorted()).toEqual(places(PARTITIONS, 5).toSorted());
  expect(second.desk.places.toSorted()).toEqual(places(second.assigned, 5).toSorted());
  expect(first.intake.openCount).toBe(10);
});

test("what the first one finished late stays finished, and what it lost comes back when the other leaves", async () => {
  const config = aWorld(inject("brokers"));
  await createTopic(config, config.topics.requests, PARTITIONS.length);
  await produce(
    config,
    PARTITIONS.flatMap((partition) => messages(partition, 2)),
  );
  const first = anInbound(config);
  first.start();
  await vi.waitFor(() => expect(first.desk.places).toHaveLength(8), PATIENCE);
  // A call is under way for the first record of every partition while the partitions move.
  first.desk.goingOn.add(0n);
  const second = anInbound(config);
  second.start();
  await vi.waitFor(() => expect(second.desk.places).toHaveLength(4), PATIENCE);
  const moved = second.assigned;
  for (const partition of moved) {
    first.intake.complete({ topic: config.topics.requests, partition, offset: 0n });
  }

  await second.stop();
  await vi.waitFor(() => expect(first.assigned).toEqual(PARTITIONS), PATIENCE);
  await vi.waitFor(() => expect(first.desk.places).toHaveLength(10), PATIENCE);
  expect(first.desk.places.slice(8).toSorted()).toEqual(moved.map((partition) => `${partition}/1`));
  await vi.waitFor(async () => {
    const committed = await committedOf(config);
    expect(PARTITIONS.map((one) => committed[one])).toEqual(
      PARTITIONS.map((one) => (moved.includes(one) ? "1" : "0")),
    );
  }, PATIENCE);
});

test("a full intake stays full for the partitions that it keeps, and fetches again afterwards", async () => {
  const config = aWorld(inject("brokers"));
  await createTopic(config, config.topics.requests, 2);
  await produce(config, [...messages(0, 6), ...messages(1, 6)]);
  const first = anInbound(config, { maxWaiting: 6 });
  first.start();
  await vi.waitFor(() => expect(first.intake.full).toBe(true), PATIENCE);
  const second = anInbound(config);
  second.start();
  await vi.waitFor(() => expect(second.desk.places).toHaveLength(6), PATIENCE);
  const [kept = -1] = first.assigned;
  for (let offset = 0n; offset < 6n; offset++) {
    first.intake.complete({ topic: config.topics.requests, partition: kept, offset });
  }
  await produce(config, messages(kept, 3));
  await vi.waitFor(() => expect(first.desk.places).toContain(`${kept}/8`), PATIENCE);
  expect(new Set(first.desk.places).size).toBe(first.desk.places.length);
});
