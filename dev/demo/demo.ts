import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../src/cli/program.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { Teardown } from "../../src/lifecycle/teardown.ts";
import { LOCAL_CREDENTIALS, LOCAL_ENV, localConfigText } from "../rig/service-config.ts";
import { startServiceProcess } from "../rig/service-process.ts";
import { startSimulatorProcess } from "../rig/simulator-process.ts";
import { startStack } from "../stack/stack.ts";
import { burst, exampleFiles } from "./demo-requests.ts";
import { followOutcomes } from "./follow-outcomes.ts";
import { playCommands } from "./play.ts";
import { showProgress } from "./progress.ts";
import { countedBy, proofsOf, renderProofs } from "./proofs.ts";
import { renderOutcomes } from "./result-table.ts";

export interface DemoOptions {
  readonly keep: boolean;
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
export async function runDemo({ keep, signal, terminal }: DemoOptions): Promise<number> {
  const teardown = new Teardown();
  const tell = (line: string) => terminal.stderr(`${line}\n`);
  try {
    return await story({ keep, signal, terminal }, teardown, tell);
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
  { keep, signal, terminal }: DemoOptions,
  teardown: Teardown,
  tell: (line: string) => void,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "rerun-demo-"));
  teardown.defer("temp folder", async () => rm(folder, { recursive: true, force: true }));

  tell("Starting Kafka, the schema registry and the provider simulator …");
  const [stack, simulator] = await Promise.all([
    startStack({ log: (line) => tell(`  ${line}`), signal }).then((started) => {
      teardown.defer("stack", async () => started.stop());
      return started;
    }),
    startSimulatorProcess({ folder, credentials: LOCAL_CREDENTIALS }).then((started) => {
      teardown.defer("simulator", async () => started.stop());
      return started;
    }),
  ]);
  const configFile = join(folder, "rerun-dispatcher.yaml");
  await writeFile(
    configFile,
    localConfigText({
      brokers: stack.brokers,
      registryUrl: stack.registryUrl,
      wedataUrl: simulator.tencentUrl,
      alibabaUrl: simulator.alibabaUrl,
      providerLines: ["track: { interval: 500ms, timeout: 1m }"],
    }),
  );

  const command = async (...args: string[]): Promise<void> => {
    const [name, ...rest] = args;
    tell(`$ rerun-dispatcher ${args.join(" ")}`);
    const around = { env: LOCAL_ENV, version: "demo", stop: signal, abandon: signal };
    const quiet = { ...terminal, stdout: () => undefined };
    const withConfig = [name ?? "", "--config", configFile, ...rest];
    const exitCode = await runProgram(withConfig, { ...around, terminal: quiet });
    if (exitCode !== 0) throw new Error(`it ended with ${exitCode}`);
  };
  await command("topics", "--create");
  await command("schemas", "--register");

  tell("Starting the service …");
  const service = await startServiceProcess({ configFile, env: LOCAL_ENV });
  teardown.defer("service", async () => {
    await service.stop();
  });
  void service.ended.then((end) => {
    if (!signal.aborted) tell(`The service ended: ${end}`);
  });
  await service.ready();
  const outcomes = followOutcomes(configFile, LOCAL_ENV);
  teardown.defer("outcomes", async () => outcomes.close());

  for (const file of exampleFiles()) await command("submit", "--file", file);
  const burstFile = join(folder, "burst.json");
  await writeFile(burstFile, burst(BURST));
  await command("submit", "--file", burstFile);

  const requestIds = await outcomes.submitted();
  await showProgress({ service, simulator, outcomes, terminal, signal }, requestIds.length);
  const finals = outcomes.finals();
  terminal.stdout(`\n${renderOutcomes(finals)}`);
  const proofs = proofsOf(await countedBy(simulator.admin), requestIds, finals);
  terminal.stdout(`\n${renderProofs(proofs)}`);
  if (keep) {
    terminal.stdout(playCommands({ configFile, service, simulator, stack }));
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    return 0;
  }
  return proofs.every(({ holds }) => holds) ? 0 : 1;
}
