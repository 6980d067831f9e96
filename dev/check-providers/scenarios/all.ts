import type { Scenario } from "../scenario.ts";
import { ABORT_SCENARIOS } from "./aborts.ts";
import { CODE_SCENARIOS } from "./answers.ts";
import { CONNECTING_SCENARIOS } from "./connecting.ts";
import { EVIDENCE_SCENARIOS } from "./evidence.ts";
import { FOLLOWING_SCENARIOS } from "./following.ts";
import { SPOILT_SCENARIOS } from "./spoilt.ts";
import { TARGET_SCENARIOS } from "./targets.ts";

/** Everything that is played; of one operation every name is unique. */
export const SCENARIOS: readonly Scenario[] = [
  ...TARGET_SCENARIOS,
  ...CODE_SCENARIOS,
  ...SPOILT_SCENARIOS,
  ...CONNECTING_SCENARIOS,
  ...ABORT_SCENARIOS,
  ...FOLLOWING_SCENARIOS,
  ...EVIDENCE_SCENARIOS,
];
