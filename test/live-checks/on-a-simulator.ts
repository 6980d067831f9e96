import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding, Verdict } from "../../dev/live-checks/finding.ts";
import { type LiveCheckOptions, liveChecks } from "../../dev/live-checks/live-checks.ts";
import { NOBODYS } from "../../dev/live-checks/unknown-instance.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import type { Config } from "../../src/config/config.ts";
import type { ProviderKind } from "../../src/domain/operation.ts";
import { aConfig } from "../cli/a-config.ts";
import { aTerminal } from "../cli/a-terminal.ts";
import { aProviderConfig, neverAborted } from "../support/provider-config.ts";

/** A simulator on which the things that nobody has do not exist. */
export async function openSimulator(): Promise<Simulator> {
  return startSimulator({
    credentials: [
      { cloud: "tencent", id: "test-id", secret: "test-secret" },
      { cloud: "alibaba", id: "test-id", secret: "test-secret" },
    ],
    deniedTargets: Object.values(NOBODYS),
    flows: [{ flowId: "7531", instanceIds: ["4711"] }],
  });
}

/** A config with one connection, `test-connection`, to this port. */
export function configFor(
  kind: ProviderKind,
  at: Parameters<typeof aProviderConfig>[1],
  overrides: Parameters<typeof aProviderConfig>[2] = {},
): Config {
  return { ...aConfig({}), providers: [aProviderConfig(kind, at, overrides)] };
}

/** How a run of the checks ended. */
export interface Checked {
  readonly code: number;
  readonly findings: readonly Finding[];
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly out: string;
  readonly err: string;
}

/** Runs the checks at a pace for loopback; reads only, unless told otherwise. */
export async function check(
  config: Config,
  options: Partial<Omit<LiveCheckOptions, "config">> = {},
): Promise<Checked> {
  const terminal = aTerminal();
  const pace = { perSecond: 1000, watchMs: 20_000, pollMs: 20, absenceProvesAfterMs: 30_000 };
  const all = {
    provider: "test-connection",
    requestFile: null,
    projectId: "1",
    reruns: 0,
  } as const;
  const code = await liveChecks(
    { config, ...all, json: true, pace, ...options },
    terminal,
    neverAborted,
  );
  const { findings } = JSON.parse(terminal.out) as { findings: readonly Finding[] };
  const verdicts = Object.fromEntries(findings.map((one) => [one.check, one.verdict]));
  return { code, findings, verdicts, out: terminal.out, err: terminal.err };
}

/** Request files of one test, gone at its end. */
export class RequestFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), "live-checks-"));
  #count = 0;

  /** A file with a request of this operation for `test-connection`. */
  with(operation: object, overrides: object = {}): string {
    return this.holding({ provider: "test-connection", operation, ...overrides });
  }

  holding(value: unknown): string {
    const file = join(this.#folder, `${++this.#count}.json`);
    writeFileSync(file, JSON.stringify(value));
    return file;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
