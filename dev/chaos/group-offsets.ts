import { setTimeout as sleep } from "node:timers/promises";

import { watermarkKey } from "../../src/journal/watermark.ts";
import type { Admin, Kafka } from "../../src/kafka/client.ts";
import { GROUP } from "./chaos-config.ts";
import { PARTITIONS, type Site } from "./site.ts";

type Topics = Pick<Site, "kafka" | "config">;

const ASK_EVERY_MS = 500;
/** Longer than a dead member is remembered. */
const EMPTY_WITHIN_MS = 20_000;
/** Throttling answers halve a limit down to a call a second, and no further. */
const SLOWEST_CALL_MS = 1000;
/** On a busy machine processes take seconds to start. */
const COMPLETE_WITHIN_MS = 60_000;

/** What the group has committed of every partition of the requests topic. Rejects while brokers are away. */
export async function committedOffsets(site: Topics): Promise<ReadonlyMap<number, bigint>> {
  return withAdmin(site.kafka, async (admin) => committedBy(admin, site));
}

/**
 * Waits until the group has committed everything that stands in the requests topic. Resolves with
 * false when no outcome came for `stillMs`, and when all together took longer than `stillMs` and a
 * second for each request that was open: no throttling makes it slower.
 */
export async function allCommitted(
  site: Topics,
  stillMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { requests, outcomes } = site.config.kafka.topics;
  const begin = performance.now();
  let known = { outcomes: 0n, since: begin };
  let endsAt = Infinity;
  while (performance.now() < Math.min(endsAt, known.since + stillMs)) {
    const found = await withAdmin(site.kafka, async (admin) => {
      const committed = await committedBy(admin, site);
      const ends = await admin.fetchTopicOffsets(requests);
      const told = await admin.fetchTopicOffsets(outcomes);
      const open = ends.map(
        ({ partition, high }) => Number(high) - Number(committed.get(partition) ?? 0n),
      );
      return {
        open: open.reduce((sum, count) => sum + count, 0),
        outcomes: told.reduce((sum, { high }) => sum + BigInt(high), 0n),
      };
    }).catch(() => null);
    if (found?.open === 0) return true;
    if (found !== null) {
      if (endsAt === Infinity) endsAt = begin + stillMs + found.open * SLOWEST_CALL_MS;
      if (found.outcomes > known.outcomes) {
        known = { outcomes: found.outcomes, since: performance.now() };
      }
    }
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
  return false;
}

/** Deletes the group with all its offsets, once its last member is gone. */
export async function forgetGroup(site: Topics, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + EMPTY_WITHIN_MS;
  for (;;) {
    try {
      await withAdmin(site.kafka, async (admin) => admin.deleteGroups([GROUP]));
      return;
    } catch (error) {
      if (isUnknownGroup(error)) return;
      if (performance.now() > giveUpAt) throw error;
      await sleep(ASK_EVERY_MS, undefined, { signal });
    }
  }
}

/** Deletes what the checkpoint tells of the requests topic: it is read from its beginning then. */
export async function forgetWatermarks({ kafka, config }: Topics): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const keys = Array.from({ length: PARTITIONS }, (_, partition) => watermarkKey(partition));
    const messages = keys.map((key) => ({ partition: 0, key, value: null }));
    await producer.send({ topic: config.kafka.topics.checkpoints, acks: -1, messages });
  } finally {
    await producer.disconnect();
  }
}

/** Resolves when the group has so many members and rests; rejects when that takes too long. */
export async function groupComplete(
  site: Topics,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  const giveUpAt = performance.now() + COMPLETE_WITHIN_MS;
  const isComplete = async () =>
    withAdmin(site.kafka, async (admin) => {
      const { groups } = await admin.describeGroups([GROUP]);
      return groups.some(({ state, members }) => state === "Stable" && members.length === size);
    }).catch(() => false);
  while (!(await isComplete())) {
    if (performance.now() > giveUpAt) throw new Error(`the group has not got ${size} members`);
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
}

/** Nobody has joined it since it was deleted before. */
function isUnknownGroup(error: unknown): boolean {
  if (!(error instanceof Error) || !("groups" in error) || !Array.isArray(error.groups))
    return false;
  return error.groups.every(
    (group: { readonly error?: { readonly type?: string } }) =>
      group.error?.type === "GROUP_ID_NOT_FOUND",
  );
}

async function committedBy(admin: Admin, { config }: Topics): Promise<ReadonlyMap<number, bigint>> {
  const { requests } = config.kafka.topics;
  const [fetched] = await admin.fetchOffsets({ groupId: GROUP, topics: [requests] });
  const known = (fetched?.partitions ?? []).filter(({ offset }) => offset !== "-1");
  return new Map(known.map(({ partition, offset }) => [partition, BigInt(offset)]));
}

async function withAdmin<T>(kafka: Kafka, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}
