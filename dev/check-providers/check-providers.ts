import { openProvider } from "../../src/providers/open-provider.ts";
import { SimulatorAdmin } from "../simulator/admin-client.ts";
import { startSimulator } from "../simulator/simulator.ts";
import { RUN_MS } from "./by-hand.ts";
import { KEY, TOKEN_KEY } from "./connection.ts";
import { type DeadEnds, openDeadEnds } from "./dead-ends.ts";
import { type Open, play, type Played } from "./play.ts";
import { type Judgement, judgementOf } from "./rules.ts";
import type { Scenario, Stage } from "./scenario.ts";
import { SUBJECTS, type Subject } from "./subject.ts";
import { SCENARIOS } from "./scenarios/all.ts";

/** One scenario with one operation, played and judged. */
export interface Result {
  readonly scenario: Scenario;
  readonly subject: Subject;
  /** Null: the adapter rejected, or did not end. */
  readonly played: Played | null;
  readonly judgement: Judgement | { readonly verdict: "BROKEN"; readonly why: readonly string[] };
}

export interface CheckOptions {
  /** Which of the pairs are played: matched with "OPERATION SCENARIO". */
  readonly only?: RegExp;
  readonly open?: Open;
  /** Ends the run early; what is under way then is broken. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, all: number) => void;
}

/** Scenarios that are played side by side, each on a simulator of its own. */
const STAGES = 8;
/** Far more than any scenario takes. */
const LIMIT_MS = 20_000;
const CREDENTIALS = (["tencent", "alibaba"] as const).flatMap((cloud) => [
  { cloud, ...KEY },
  { cloud, ...TOKEN_KEY },
]);

/**
 * Plays every scenario with every operation that it can happen to. Results come in the order of the
 * operations and of the table. Rejects when a simulator cannot be started.
 */
export async function checkProviders(options: CheckOptions = {}): Promise<readonly Result[]> {
  const { only = /^/, signal = new AbortController().signal } = options;
  const pairs = SUBJECTS.flatMap((subject) =>
    SCENARIOS.filter((scenario) => scenario.happensTo?.(subject) ?? true)
      .filter(({ name }) => only.test(`${subject.operation} ${name}`))
      .map((scenario) => ({ subject, scenario })),
  );
  const results: Result[] = [];
  const queue = pairs.entries();
  let done = 0;
  const work = async (stage: Stage): Promise<void> => {
    for (const [index, { scenario, subject }] of queue) {
      results[index] = await resultOf(scenario, subject, stage, {
        open: options.open ?? openProvider,
        signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
      });
      options.onProgress?.((done += 1), pairs.length);
    }
  };
  const deadEnds = await openDeadEnds();
  try {
    await Promise.all(
      Array.from({ length: Math.min(STAGES, pairs.length) }, async () => onStage(deadEnds, work)),
    );
  } finally {
    await deadEnds.close();
  }
  return results;
}

async function onStage(deadEnds: DeadEnds, work: (stage: Stage) => Promise<void>): Promise<void> {
  const simulator = await startSimulator({
    credentials: CREDENTIALS,
    jobDurationMs: 100,
    instanceRunMs: RUN_MS,
  });
  try {
    await work({ simulator, admin: new SimulatorAdmin(simulator.adminUrl), deadEnds });
  } finally {
    await simulator.close();
  }
}

async function resultOf(
  scenario: Scenario,
  subject: Subject,
  stage: Stage,
  terms: { readonly open: Open; readonly signal: AbortSignal },
): Promise<Result> {
  try {
    const played = await play(scenario, subject, stage, terms);
    const judgement = terms.signal.aborted
      ? broken("it did not end by itself")
      : judgementOf(played.told, played.truth, played.knowable);
    return { scenario, subject, played, judgement };
  } catch (error) {
    const why = error instanceof Error ? `it threw: ${error.message}` : String(error);
    return { scenario, subject, played: null, judgement: broken(why) };
  }
}

function broken(why: string): Result["judgement"] {
  return { verdict: "BROKEN", why: [why] };
}
