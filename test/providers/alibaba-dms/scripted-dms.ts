import { AlibabaDms } from "../../../src/providers/alibaba-dms/adapter.ts";
import {
  type AlibabaConnection,
  type AskedAction,
  connectTo,
  openScriptedCloud,
  type ScriptedCloud,
} from "../alibaba-connection.ts";

/** The adapter before a cloud that answers as the test says. */
export interface ScriptedDms {
  readonly cloud: ScriptedCloud;
  readonly dms: AlibabaDms;
  readonly close: () => Promise<void>;
}

/** Opens both; the adapter's clock stands at `nowMs`. */
export async function openScriptedDms(nowMs: number): Promise<ScriptedDms> {
  const cloud = await openScriptedCloud();
  const connection: AlibabaConnection = await connectTo(cloud.port);
  return {
    cloud,
    dms: new AlibabaDms({ ...connection, now: () => nowMs }),
    close: async () => {
      connection.close();
      await cloud.close();
    },
  };
}

/** A record as JSON text, its id digit for digit; it failed this morning unless told otherwise. */
export function aRecord(id: string, rest: object = {}): string {
  const fields = {
    ...{ Status: 3, TriggerType: 0 },
    ...{ startTime: "2026-11-22 08:00:00", EndTime: "2026-11-22 08:10:00", ...rest },
  };
  return `{"Id":${id},${JSON.stringify(fields).slice(1)}`;
}

/** An answer of ListTaskFlowInstance. */
export function listOf(records: readonly string[], total = records.length): string {
  return `{"Success":true,"ErrorCode":"UnknownError","TotalCount":${total},"DAGInstanceList":{"DAGInstance":[${records.join(",")}]}}`;
}

/** Whether a read asks for the records of some days only. */
export function isOfDays({ parameters }: AskedAction): boolean {
  return "StartTimeBegin" in parameters;
}
