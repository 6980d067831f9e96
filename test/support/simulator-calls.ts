import type { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import type { Arrival } from "../../dev/simulator/arrivals.ts";

/** A simulator as far as it tells what arrived. */
interface Witness {
  readonly admin: Pick<SimulatorAdmin, "arrivals">;
}

/** Everything but reads that arrived, in order. */
export async function callsAt({ admin }: Witness): Promise<readonly Arrival[]> {
  return (await admin.arrivals()).filter(({ effect }) => effect !== "read");
}

/** The reruns of one target that arrived, in order. */
export async function rerunsOf(witness: Witness, target: string): Promise<readonly Arrival[]> {
  return (await callsAt(witness)).filter(({ targets }) => targets.includes(target));
}
