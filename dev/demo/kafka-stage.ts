import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../../src/cli/program.ts";
import { LOCAL_ENV } from "../rig/service-config.ts";
import { startServiceProcess } from "../rig/service-process.ts";
import { startStack } from "../stack/stack.ts";
import { demoConfigText } from "./demo-config.ts";
import { followOutcomes } from "./follow-outcomes.ts";
import { playCommands } from "./play.ts";
import type { Stage, StageParts } from "./stage.ts";

/** The service as its users run it: a process beside real Kafka and a real registry. */
export async function setKafkaStage(parts: StageParts): Promise<Stage> {
  const { folder, simulator, teardown, signal, terminal, tell } = parts;
  tell("Starting Kafka and the schema registry …");
  const stack = await startStack({ log: (line) => tell(`  ${line}`), signal });
  teardown.defer("stack", async () => stack.stop());
  const configFile = join(folder, "rerun-dispatcher.yaml");
  await writeFile(configFile, demoConfigText(stack, simulator));

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
  return {
    outcomes,
    status: async () => service.status(),
    submit: async (file) => command("submit", "--file", file),
    playCommands: playCommands({ configFile, service, simulator, stack }),
  };
}
