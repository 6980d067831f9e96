import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Terminal } from "../../src/cli/terminal.ts";
import { Teardown } from "../../src/lifecycle/teardown.ts";
import { LOCAL_CREDENTIALS } from "../rig/service-config.ts";
import { startSimulatorProcess } from "../rig/simulator-process.ts";
import { burst, exampleFiles } from "./demo-requests.ts";
import { setEmbeddedStage, WARNING } from "./embedded-stage.ts";
import { setKafkaStage } from "./kafka-stage.ts";
import { showProgress } from "./progress.ts";
import { countedBy, proofsOf, renderProofs } from "./proofs.ts";
import { renderOutcomes } from "./result-table.ts";

export interface DemoOptions {
  readonly keep: boolean;
  /** On brokers in memory, without Kafka and Java. */
  readonly embedded: boolean;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
}

/** Requests of the burst, over all providers together. */
const BURST = 240;

/**
 * The whole story on this machine, from an empty broker to counted calls. Resolves with the exit
 * code: 0 when every request succeeded and every proof holds. Whatever happens, nothing is left
 * running.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { signal, terminal } = options;
  const teardown = new Teardown();
  const tell = (line: string) => terminal.stderr(`${line}\n`);
  try {
    return await story(options, teardown, tell);
  } catch (error) {
    if (signal.aborted) return 130;
    tell(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    tell("Stopping everything …");
    await teardown.close();
  }
}

async function story(
  { keep, embedded, signal, terminal }: DemoOptions,
  teardown: Teardown,
  tell: (line: string) => void,
): Promise<number> {
  if (embedded) tell(WARNING);
  const folder = await mkdtemp(join(tmpdir(), "rerun-demo-"));
  teardown.defer("temp folder", async () => rm(folder, { recursive: true, force: true }));

  tell("Starting the provider simulator …");
  const simulator = await startSimulatorProcess({ folder, credentials: LOCAL_CREDENTIALS });
  teardown.defer("simulator", async () => simulator.stop());
  const setStage = embedded ? setEmbeddedStage : setKafkaStage;
  const stage = await setStage({ folder, simulator, teardown, signal, terminal, tell });
  const { outcomes } = stage;

  for (const file of exampleFiles()) await stage.submit(file);
  const burstFile = join(folder, "burst.json");
  await writeFile(burstFile, burst(BURST));
  await stage.submit(burstFile);

  const requestIds = await outcomes.submitted();
  await showProgress({ service: stage, simulator, outcomes, terminal, signal }, requestIds.length);
  const finals = outcomes.finals();
  terminal.stdout(`\n${renderOutcomes(finals)}`);
  const proofs = proofsOf(await countedBy(simulator.admin), requestIds, finals);
  terminal.stdout(`\n${renderProofs(proofs)}`);
  if (keep) {
    terminal.stdout(stage.playCommands);
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    return 0;
  }
  return proofs.every(({ holds }) => holds) ? 0 : 1;
}
