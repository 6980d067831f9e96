import { setTimeout as sleep } from "node:timers/promises";
import type { Terminal } from "../../src/cli/terminal.ts";
import type { SimulatorProcess } from "../rig/simulator-process.ts";
import type { OutcomeFollower, Stage } from "./stage.ts";

export interface ProgressParts {
  readonly service: Pick<Stage, "status">;
  readonly simulator: Pick<SimulatorProcess, "admin">;
  readonly outcomes: Pick<OutcomeFollower, "finals" | "accepted">;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

const REFRESH_TERMINAL_MS = 250;
const REFRESH_LOG_MS = 2000;
const GIVE_UP_MS = 120_000;

/**
 * Shows how the lanes empty until every one of `expected` requests has its final outcome: one line
 * that changes on a terminal, a line every two seconds elsewhere. Rejects when that takes two
 * minutes, or the signal aborts.
 */
export async function showProgress(parts: ProgressParts, expected: number): Promise<void> {
  const { outcomes, terminal, signal } = parts;
  const everyMs = terminal.isTTY ? REFRESH_TERMINAL_MS : REFRESH_LOG_MS;
  const started = performance.now();
  let before = await arrivals(parts);
  for (;;) {
    await sleepUntilDone(everyMs, () => outcomes.finals().length >= expected, signal);
    const done = outcomes.finals().length >= expected;
    const now = await arrivals(parts);
    terminal.stderr(lineOf(await laneTexts(parts, before, now), parts, expected));
    if (done) break;
    if (performance.now() - started > GIVE_UP_MS) {
      throw new Error(`only ${outcomes.finals().length} of ${expected} requests have an outcome`);
    }
    before = now;
  }
  if (terminal.isTTY) terminal.stderr("\n");
}

/** A long refresh must not delay the end. */
async function sleepUntilDone(ms: number, done: () => boolean, signal: AbortSignal): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until && !done()) await sleep(50, undefined, { signal });
}

interface Arrivals {
  readonly at: number;
  /** Kind of provider → reruns that arrived at the simulator. */
  readonly reruns: ReadonlyMap<string, number>;
}

const KIND_OF_PRODUCT: Readonly<Record<string, string>> = {
  wedata: "tencent-wedata",
  dataworks: "alibaba-dataworks",
  dms: "alibaba-dms",
};

async function arrivals({ simulator }: ProgressParts): Promise<Arrivals> {
  const reruns = new Map<string, number>();
  for (const { effect, product } of await simulator.admin.arrivals()) {
    const kind = KIND_OF_PRODUCT[product];
    if (effect !== "rerun" || kind === undefined) continue;
    reruns.set(kind, (reruns.get(kind) ?? 0) + 1);
  }
  return { at: performance.now(), reruns };
}

async function laneTexts(
  { service }: ProgressParts,
  before: Arrivals,
  now: Arrivals,
): Promise<readonly string[]> {
  const { lanes } = await service.status();
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  return lanes.map(({ provider, kind, waiting, inFlight, trackedJobs, held }) => {
    const count = (at: Arrivals) => at.reruns.get(kind) ?? 0;
    const rate = ((count(now) - count(before)) / seconds).toFixed(1).padStart(4);
    const waits = String(waiting.LOW + waiting.NORMAL + waiting.HIGH).padStart(3);
    const state = held.length === 0 ? "" : `, held: ${held.map(({ why }) => why).join(", ")}`;
    return `${provider}: ${waits} waiting, ${inFlight} in flight, ${trackedJobs} tracked, ${rate} calls/s${state}`;
  });
}

function lineOf(
  lanes: readonly string[],
  { outcomes, terminal }: ProgressParts,
  expected: number,
): string {
  const line = `${outcomes.finals().length}/${expected} done · ${lanes.join(" · ")}`;
  return terminal.isTTY ? `\r\u001b[2K${line}` : `${line}\n`;
}
