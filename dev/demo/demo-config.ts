import { localConfigText } from "../rig/service-config.ts";
import type { SimulatorProcess } from "../rig/simulator-process.ts";

/** The service's config file: the usual one, but for polls that fit a demo's patience. */
export function demoConfigText(
  kafka: { readonly brokers: readonly string[]; readonly registryUrl: string },
  simulator: Pick<SimulatorProcess, "tencentUrl" | "alibabaUrl">,
): string {
  return localConfigText({
    brokers: kafka.brokers,
    registryUrl: kafka.registryUrl,
    wedataUrl: simulator.tencentUrl,
    alibabaUrl: simulator.alibabaUrl,
    providerLines: ["track: { interval: 500ms, timeout: 1m }"],
  });
}
