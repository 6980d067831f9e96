import type { Operation, OperationName } from "../../src/domain/operation.ts";
import type { ProviderConfig } from "../../src/config/config.ts";
import type { OneTarget } from "./one-target.ts";
import type { Pace } from "./pace.ts";

/** The API's names of what is called. */
const ACTIONS: Readonly<Record<OperationName, string>> = {
  TencentRerunTaskInstances: "RerunTaskInstancesAsync (2025-08-06)",
  TencentRerunScheduleInstances: "RunRerunScheduleInstances (2021-08-20)",
  TencentRerunTriggerWorkflowRun: "RerunTriggerWorkflowRunAsync (2025-08-06)",
  DataWorksRerunTaskInstances: "RerunTaskInstances (2024-05-18)",
  DmsRerunTaskFlowInstance: "ReRunTaskFlowInstance (2018-11-01)",
};

export interface Plan {
  readonly provider: ProviderConfig;
  readonly target: OneTarget | null;
  /** How many reruns may be made; 0: none. */
  readonly reruns: 0 | 1 | 2;
  readonly pace: Pace;
}

/** What will be called, and how often at most, before anything is. For the terminal only. */
export function announcement({ provider, target, reruns, pace }: Plan): string {
  const { name, kind, region, endpoint } = provider;
  const lines = [
    `${name} (${kind}, ${region}) at ${endpoint.host}, at most ${pace.perSecond} request(s) a second, reads included.`,
    "Reads of things that do not exist, each once or twice: no job is touched.",
  ];
  if (target === null) return told(lines);
  const { operation } = target.call;
  lines.push(`Reads of ${target.target}.`);
  if (reruns === 0) {
    lines.push(`No rerun of it: that needs --yes. It would be ${described(operation)}`);
    return told(lines);
  }
  const times = reruns === 1 ? "once" : "once, and once more while that run is going on";
  lines.push(
    `RERUN, ${times}: ${ACTIONS[operation.kind]} of ${target.target}`,
    `  ${described(operation)}`,
    `Then reads of it for at most ${pace.watchMs / 1000} s.`,
  );
  return told(lines);
}

function described(operation: Operation): string {
  const given = Object.entries(operation).filter(([, value]) => value !== null);
  return JSON.stringify(Object.fromEntries(given));
}

function told(lines: readonly string[]): string {
  return `${lines.join("\n")}\n\n`;
}
