import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { Site } from "./site.ts";

/** One time without a broker. */
export interface Outage {
  readonly mode: string;
  /** When the broker's port opened again, milliseconds since the epoch. */
  readonly openedAt: number;
  /** From then to the first call that arrived at the provider; null: none came. */
  readonly firstCallMs: number | null;
}

export interface OutageOptions {
  readonly mode: string;
  /** Until it is started again. */
  readonly downMs: number;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 25;
const CALL_WITHIN_MS = 30_000;

/**
 * SIGKILL to the broker, and its start a while later. Resolves when the first call after its return
 * has arrived: something must be waiting to be called.
 */
export async function killBroker(
  { stack, simulator }: Pick<Site, "stack" | "simulator">,
  { mode, downMs, signal }: OutageOptions,
): Promise<Outage> {
  await stack.kafka.kill();
  await sleep(downMs, undefined, { signal });
  const before = (await simulator.admin.arrivals()).length;
  const [, port] = (stack.brokers[0] ?? "").split(":");
  const started = stack.kafka.start();
  // Its failure is told below; until then nobody listens.
  started.catch(() => undefined);
  const starting = new AbortController();
  const failed = started.then(
    async () => new Promise<never>(() => undefined),
    (error: unknown) => {
      starting.abort();
      throw error;
    },
  );
  await Promise.race([portOpens(Number(port), AbortSignal.any([signal, starting.signal])), failed]);
  const openedAt = Date.now();
  const firstCallMs = await firstCall(simulator, { before, openedAt, signal });
  await started;
  return { mode, openedAt, firstCallMs };
}

async function portOpens(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await sleep(LOOK_EVERY_MS);
  }
}

async function firstCall(
  simulator: Site["simulator"],
  { before, openedAt, signal }: { before: number; openedAt: number; signal: AbortSignal },
): Promise<number | null> {
  while (Date.now() - openedAt < CALL_WITHIN_MS) {
    const came = await simulator.admin.arrivals({ after: before });
    if (came.some(({ effect }) => effect === "rerun")) return Date.now() - openedAt;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  return null;
}
