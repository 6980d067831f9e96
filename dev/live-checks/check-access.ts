import type { Connection } from "./connection.ts";
import { type Finding, finding } from "./finding.ts";

/** Whether the region's host answers as the API and takes the credentials; without it nothing goes. */
export async function checkAccess({ config, provider, turns }: Connection): Promise<Finding> {
  const end = await turns.take(provider.accessRead, async (terms) => ({
    kind: "read",
    value: await provider.checkAccess(terms),
  }));
  const problem = end.kind === "read" ? (end.value?.message ?? null) : end.message;
  const { endpoint, region } = config;
  return finding(
    "endpoint and credentials",
    "the host for the region is the API's and takes the credentials",
    problem === null ? "confirmed" : "differs",
    `${endpoint.host} for ${region}: ${problem ?? "it answered"}`,
  );
}
