import { obtainArtifacts } from "./artifacts.ts";
import { type StartedKafka, startKafka } from "./kafka.ts";
import { type PartStart } from "./part-start.ts";
import { type StartedRegistry, startRegistry } from "./registry.ts";
import { type StartStackOptions } from "./start-stack-options.ts";
import { StackRun } from "./stack-run.ts";
import { artifactOf, findTools, type PartName } from "./toolbox.ts";

/** The parts that we started, and their common end. */
export interface OwnParts {
  readonly kafka?: StartedKafka;
  readonly registry?: StartedRegistry;
  readonly folder?: string;
  readonly stop: () => Promise<void>;
}

/** Starts the parts side by side. When one fails all are ended, and the first error is thrown. */
export async function startOwnParts(
  parts: readonly PartName[],
  env: NodeJS.ProcessEnv,
  options: StartStackOptions,
): Promise<OwnParts> {
  if (parts.length === 0) return { stop: async () => Promise.resolve() };
  options.signal?.throwIfAborted();
  const tools = await findTools(parts, env);
  const run = await StackRun.open(env);
  const abandon = (): void => void run.close();
  options.signal?.addEventListener("abort", abandon);
  const log = options.log ?? (() => undefined);
  try {
    options.signal?.throwIfAborted();
    const folders = await obtainArtifacts(
      parts.map((part) => artifactOf(part, tools.java.major)),
      tools,
      run,
      { log, downloadTimeoutMs: options.downloadTimeoutMs ?? 300_000 },
    );
    log(`Starting ${parts.join(" and ")} with Java ${tools.java.major} in ${run.folder}`);
    const started = await startBoth(parts, options, (part) => ({
      run,
      java: tools.java,
      artifactFolder: folders[parts.indexOf(part)] ?? "",
      startTimeoutMs: options.startTimeoutMs ?? 90_000,
      stopTimeoutMs: options.stopTimeoutMs ?? 15_000,
      log,
    }));
    options.signal?.throwIfAborted();
    return {
      ...started,
      folder: run.folder,
      stop: async () => {
        await Promise.all([started.kafka?.handle.stop(), started.registry?.handle.stop()]);
        await run.close();
      },
    };
  } catch (error) {
    await run.close();
    options.signal?.throwIfAborted(); // what an abort broke is not worth telling
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", abandon);
  }
}

async function startBoth(
  parts: readonly PartName[],
  { brokerConfig = {}, brokerPatch = [] }: StartStackOptions,
  startOf: (part: PartName) => PartStart,
): Promise<Pick<OwnParts, "kafka" | "registry">> {
  const [kafka, registry] = await Promise.all([
    parts.includes("kafka") ? startKafka(startOf("kafka"), brokerConfig, brokerPatch) : undefined,
    parts.includes("registry") ? startRegistry(startOf("registry")) : undefined,
  ]);
  return { ...(kafka && { kafka }), ...(registry && { registry }) };
}
