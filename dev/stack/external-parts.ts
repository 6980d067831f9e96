import { type PartName } from "./toolbox.ts";

/** What the environment points to instead of parts of our own. */
export interface ExternalParts {
  readonly brokers?: string[];
  readonly registryUrl?: string;
}

/**
 * Reads RERUN_STACK_BROKERS (host:port, comma-separated) and RERUN_STACK_REGISTRY_URL, each only
 * when its part is asked for; empty counts as unset.
 */
export function externalParts(parts: readonly PartName[], env: NodeJS.ProcessEnv): ExternalParts {
  const brokers = (env["RERUN_STACK_BROKERS"] ?? "")
    .split(",")
    .map((broker) => broker.trim())
    .filter((broker) => broker !== "");
  const registryUrl = (env["RERUN_STACK_REGISTRY_URL"] ?? "").trim();
  return {
    ...(parts.includes("kafka") && brokers.length > 0 && { brokers }),
    ...(parts.includes("registry") && registryUrl !== "" && { registryUrl }),
  };
}
