import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SimulatorAdmin } from "../simulator/admin-client.ts";
import type { Credential } from "../simulator/credential.ts";
import { endChild, startChild } from "./child.ts";

/** A simulator in a process of its own, so that its clock is not ours. */
export interface SimulatorProcess {
  readonly tencentUrl: string;
  readonly tencentTlsUrl: string;
  readonly alibabaUrl: string;
  readonly alibabaTlsUrl: string;
  /** File with the authority that signs the TLS ports' certificate. */
  readonly caFile: string;
  readonly adminUrl: string;
  readonly admin: SimulatorAdmin;
  stop(): Promise<void>;
}

export interface SimulatorProcessOptions {
  /** Where its files go; the caller removes it. */
  readonly folder: string;
  readonly credentials: readonly Credential[];
  readonly jobDurationMs?: number;
}

type Addresses = Record<
  "tencentUrl" | "tencentTlsUrl" | "alibabaUrl" | "alibabaTlsUrl" | "adminUrl",
  string
>;

const STOP_WITHIN_MS = 5000;

/** Starts the simulator and resolves when it listens. It ends when this process does. */
export async function startSimulatorProcess(
  options: SimulatorProcessOptions,
): Promise<SimulatorProcess> {
  const { folder, credentials, jobDurationMs = 300 } = options;
  const credentialsFile = join(folder, "simulator-credentials.json");
  const caFile = join(folder, "simulator-ca.pem");
  writeFileSync(credentialsFile, JSON.stringify(credentials), { mode: 0o600 });
  let ready: (line: string) => void = () => undefined;
  const firstLine = new Promise<string>((resolve) => (ready = resolve));
  const child = startChild({
    script: "dev/simulator/main.ts",
    args: [
      ...["--credentials-file", credentialsFile, "--ca-out", caFile],
      ...["--job-duration-ms", String(jobDurationMs), "--die-with-parent"],
    ],
    onLine: (line) => ready(line),
  });
  const line = await Promise.race([firstLine, child.ended]);
  if (typeof line !== "string" || !line.startsWith("{")) {
    throw new Error(`the simulator did not start:\n${child.lastWords()}`);
  }
  const addresses = JSON.parse(line) as Addresses; // our own program's line
  return {
    ...addresses,
    caFile,
    admin: new SimulatorAdmin(addresses.adminUrl),
    stop: async () => {
      await endChild(child, STOP_WITHIN_MS);
    },
  };
}
