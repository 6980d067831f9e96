import type { ServiceProcess } from "../rig/service-process.ts";
import { LOCAL_ENV } from "../rig/service-config.ts";
import type { SimulatorProcess } from "../rig/simulator-process.ts";
import type { Stack } from "../stack/stack.ts";

export interface PlayParts {
  readonly configFile: string;
  readonly service: Pick<ServiceProcess, "url">;
  readonly simulator: Pick<SimulatorProcess, "adminUrl">;
  readonly stack: Pick<Stack, "brokers" | "registryUrl">;
}

/** What to type into another terminal while everything runs. */
export function playCommands({ configFile, service, simulator, stack }: PlayParts): string {
  const env = Object.entries(LOCAL_ENV).map(([name, value]) => `${name}=${value}`);
  return `
Everything keeps running until Ctrl-C. In another terminal, here:

  export ${env.join(" ")}
  CONFIG=${configFile}
  npm start --silent -- outcomes --config $CONFIG --follow
  sed 's/example-/again-/' examples/requests/dataworks-rerun-instances.json |
    npm start --silent -- submit --config $CONFIG --file - --wait
  npm start --silent -- check --config $CONFIG
  curl -s ${service.url}/status
  curl -s ${service.url}/metrics | grep ^rerun_
  curl -s ${simulator.adminUrl}/summary
  # the next three calls of Tencent are throttled
  curl -s ${simulator.adminUrl}/faults -d '{"kind":"throttle","count":3,"filter":{"cloud":"tencent"}}'

Kafka: ${stack.brokers.join(",")} · schema registry: ${stack.registryUrl}
`;
}
