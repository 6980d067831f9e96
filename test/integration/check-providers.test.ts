import { describe, expect, it } from "vitest";

import { checkProviders } from "../../dev/check-providers/check-providers.ts";
import { rowOf } from "../../dev/check-providers/report.ts";

/** About a minute on two free cores; every scenario has a limit of its own. */
const ALL_SCENARIOS_MS = 600_000;

describe("npm run check:providers", () => {
  it(
    "finds nothing that the adapters told wrongly",
    async () => {
      const rows = (await checkProviders({})).map(rowOf);

      expect(rows.filter(({ judged }) => judged !== "ok")).toEqual([]);
      expect(rows.length).toBeGreaterThanOrEqual(5 * 40);
    },
    ALL_SCENARIOS_MS,
  );
});
