import { readdirSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { DATAWORKS, DMS, WEDATA } from "../rig/service-config.ts";

const EXAMPLES = new URL("../../examples/requests/", import.meta.url);

/** The example request files, as paths relative to where the demo is started. */
export function exampleFiles(): readonly string[] {
  const names = readdirSync(EXAMPLES).filter((name) => name.endsWith(".json"));
  return names.toSorted().map((name) => relative("", fileURLToPath(new URL(name, EXAMPLES))));
}

/** `count` requests as JSON lines, in turn for the three providers, each a target of its own. */
export function burst(count: number): string {
  const kinds = [wedataRequest, dataworksRequest, dmsRequest];
  const lines = Array.from({ length: count }, (_, i) => {
    const request = { requestId: `burst-${i}`, requestedBy: "demo-burst" };
    return JSON.stringify({ ...request, ...kinds[i % kinds.length]?.(i) });
  });
  return `${lines.join("\n")}\n`;
}

function wedataRequest(i: number): object {
  return {
    provider: WEDATA,
    operation: {
      TencentRerunTaskInstances: {
        projectId: "1460947878944567296",
        instanceKeys: [`${20_250_714_000_000 + i}_2025-10-01 00:00:00`],
      },
    },
  };
}

function dataworksRequest(i: number): object {
  return {
    provider: DATAWORKS,
    operation: { DataWorksRerunTaskInstances: { instanceIds: [800_000 + i] } },
  };
}

function dmsRequest(i: number): object {
  return {
    provider: DMS,
    operation: { DmsRerunTaskFlowInstance: { dagId: 7000, dagInstanceId: 900_000 + i } },
  };
}
