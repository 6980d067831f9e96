import { externalParts } from "./external-parts.ts";
import { ownEnvironment } from "./own-environment.ts";
import { startOwnParts } from "./own-parts.ts";
import { foreignPart, type PartHandle } from "./part-handle.ts";
import { type StartStackOptions } from "./start-stack-options.ts";
import { type PartName } from "./toolbox.ts";

/** A broker and a schema registry that answer. */
export interface Stack {
  /** host:port, for kafka.brokers; empty when the broker was not asked for. */
  readonly brokers: string[];
  /** For schemaRegistry.url; empty when the registry was not asked for. */
  readonly registryUrl: string;
  readonly kafka: PartHandle;
  readonly registry: PartHandle;
  /** The temp folder with data and logs; absent when nothing was started. */
  readonly folder?: string;
  /** Stops what was started and removes the temp folder. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts Apache Kafka and Apicurio Registry on free ports of 127.0.0.1, side by side, and resolves
 * once both answer. A part that the environment points to (external-parts.ts) is used as it is.
 *
 * Rejects when the machine lacks something (one message with the alternatives) or when a part does
 * not come up (with its last lines); nothing is left behind then.
 */
export async function startStack(options: StartStackOptions = {}): Promise<Stack> {
  const { parts = ["kafka", "registry"], env = ownEnvironment() } = options;
  const external = externalParts(parts, env);
  const given: Record<PartName, boolean> = {
    kafka: external.brokers !== undefined,
    registry: external.registryUrl !== undefined,
  };
  const own = await startOwnParts(
    parts.filter((part) => !given[part]),
    env,
    options,
  );
  return {
    brokers: own.kafka ? [own.kafka.broker] : (external.brokers ?? []),
    registryUrl: own.registry?.url ?? external.registryUrl ?? "",
    kafka: own.kafka?.handle ?? foreignPart(whyNotOurs("kafka", given)),
    registry: own.registry?.handle ?? foreignPart(whyNotOurs("registry", given)),
    ...(own.folder !== undefined && { folder: own.folder }),
    stop: own.stop,
  };
}

function whyNotOurs(part: PartName, given: Record<PartName, boolean>): string {
  if (!given[part]) return `The stack was started without ${part}`;
  const variable = part === "kafka" ? "RERUN_STACK_BROKERS" : "RERUN_STACK_REGISTRY_URL";
  return `${variable} gave this ${part}, so the stack can neither stop nor start it`;
}
