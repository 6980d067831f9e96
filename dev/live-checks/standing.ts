import type { Mark } from "../../src/domain/evidence.ts";
import type { ProviderKind } from "../../src/domain/operation.ts";
import * as dataworks from "../../src/providers/alibaba-dataworks/task-instance.ts";
import * as dms from "../../src/providers/alibaba-dms/task-flow-instance.ts";
import { phaseOf } from "../../src/providers/tencent-wedata/run-state.ts";

/** Whether a run is going on, by the product's own tables; `unknown`: they have no such word. */
export type Standing = "under-way" | "ended" | "unknown";

/** The provider's word for the state. */
export function stateOf(kind: ProviderKind, mark: Mark): string {
  const state = mark[kind === "tencent-wedata" ? "state" : "status"] ?? null;
  return kind === "alibaba-dms" ? dms.wordOf(numberOf(state)) : String(state);
}

export function standingOf(kind: ProviderKind, mark: Mark): Standing {
  switch (kind) {
    case "tencent-wedata": {
      const phase = phaseOf(mark["state"]);
      return phase === null ? "unknown" : phase === "open" ? "under-way" : "ended";
    }
    case "alibaba-dataworks": {
      const status = mark["status"];
      if (dataworks.endedAs(status) !== null) return "ended";
      return typeof status === "string" && dataworks.isUnderWay(status) ? "under-way" : "unknown";
    }
    case "alibaba-dms":
      if (dms.endedAs(mark["status"]) !== null) return "ended";
      // A paused run (2) goes on some day: it has not ended.
      return dms.isUnderWay(numberOf(mark["status"])) || mark["status"] === 2
        ? "under-way"
        : "unknown";
  }
}

/** The provider's names for what counts runs; DMS counts none. */
export const COUNTERS: Readonly<Record<ProviderKind, readonly string[]>> = {
  "tencent-wedata": ["rounds", "runs"],
  "alibaba-dataworks": ["runNumber"],
  "alibaba-dms": [],
};

function numberOf(value: Mark[string] | undefined): number | null {
  return typeof value === "number" ? value : null;
}
