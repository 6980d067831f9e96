import { isDeepStrictEqual } from "node:util";

import type { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import type { OutcomeRecord, ServiceTopics } from "./service-topics.ts";

/** The targets among these of which not exactly one rerun arrived. */
export async function notCalledOnce(
  { admin }: { readonly admin: Pick<SimulatorAdmin, "summary"> },
  targets: readonly string[],
): Promise<readonly string[]> {
  const { targets: counted } = await admin.summary();
  const arrived = new Map(counted.map((one) => [one.target, one.arrived]));
  return targets.filter((target) => arrived.get(target) !== 1);
}

/** The requests among these that have not exactly one distinct final outcome. */
export function withoutOneEnd(
  topics: Pick<ServiceTopics, "of">,
  requestIds: readonly string[],
): readonly string[] {
  return requestIds.filter((id) => {
    const finals = topics.of(id).filter(({ outcome }) => outcome.final);
    return new Set(finals.map(({ outcome }) => outcome.outcomeId)).size !== 1;
  });
}

/** The outcome records that say anything else than an earlier one with their outcomeId. */
export function conflictingOutcomes({
  outcomes,
}: Pick<ServiceTopics, "outcomes">): readonly OutcomeRecord[] {
  const firsts = new Map<string, OutcomeRecord["outcome"]>();
  return outcomes.filter(({ outcome }) => {
    const first = firsts.get(outcome.outcomeId);
    if (first === undefined) firsts.set(outcome.outcomeId, outcome);
    return first !== undefined && !isDeepStrictEqual(first, outcome);
  });
}
