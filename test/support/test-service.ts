import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LOCAL_CREDENTIALS } from "../../dev/rig/service-config.ts";
import { type ServiceProcess, startServiceProcess } from "../../dev/rig/service-process.ts";
import { type SimulatorProcess, startSimulatorProcess } from "../../dev/rig/simulator-process.ts";
import type { Credential } from "../../dev/simulator/credential.ts";
import { type ConfigTree, SERVICE_ENV } from "./service-config.ts";

/**
 * Starts processes for one test file and ends them all. What a test leaves running, `close` kills:
 * a test that cares how a service ends stops it itself.
 */
export class TestProcesses {
  readonly folder = mkdtempSync(join(tmpdir(), "service-test-"));
  readonly #services: ServiceProcess[] = [];
  readonly #simulators: SimulatorProcess[] = [];
  #configs = 0;

  /** Writes a config file; every JSON text is YAML too. */
  configFile(config: ConfigTree): string {
    this.#configs += 1;
    const file = join(this.folder, `config-${this.#configs}.yaml`);
    writeFileSync(file, JSON.stringify(config, null, 2));
    return file;
  }

  async simulator(
    options: { readonly credentials?: readonly Credential[]; readonly jobDurationMs?: number } = {},
  ): Promise<SimulatorProcess> {
    const folder = mkdtempSync(join(this.folder, "simulator-"));
    const simulator = await startSimulatorProcess({
      credentials: LOCAL_CREDENTIALS,
      ...options,
      folder,
    });
    this.#simulators.push(simulator);
    return simulator;
  }

  /** A running service whose HTTP server listens. */
  async service(
    config: ConfigTree,
    options: {
      readonly env?: Readonly<Record<string, string>>;
      readonly nodeOptions?: string;
    } = {},
  ): Promise<ServiceProcess> {
    const { env = SERVICE_ENV, ...others } = options;
    const configFile = this.configFile(config);
    const service = await startServiceProcess({ configFile, env, ...others });
    this.#services.push(service);
    return service;
  }

  /** A service that is ready to work. */
  async readyService(
    config: ConfigTree,
    options: { readonly nodeOptions?: string } = {},
  ): Promise<ServiceProcess> {
    const service = await this.service(config, options);
    await service.ready();
    return service;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#services.map(async (service) => {
        service.signal("SIGKILL");
        await service.ended;
      }),
    );
    await Promise.all(this.#simulators.map(async (simulator) => simulator.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Options for Node that preload a TypeScript module of this folder into a service. */
export function preloading(module: string): string {
  return `--import tsx --import ${new URL(module, import.meta.url).href}`;
}
