import { describe, expect, it } from "vitest";
import { isAtRest, phaseOf } from "../../../src/providers/tencent-wedata/run-state.ts";

describe("the states of WeData's runs", () => {
  it.each([
    ["open", ["WAIT_EVENT", "WAIT_UPSTREAM", "WAIT_RUN", "RUNNING", "FAILED_RETRY", "PENDING"]],
    ["open", ["0", "12", "6", "7", "9", "10", "18", "1", "19", "22", "3"]],
    ["succeeded", ["COMPLETED", "SUCCESS", "2"]],
    ["failed", ["EXPIRED", "FAILED", "8", "4", "5", "13"]],
    ["skipped", ["SKIP_RUNNING", "SKIPED", "SKIP", "21"]],
    [null, ["PAUSED", "", "99", "completed", "constructor", "__proto__", null, 2, undefined]],
  ])("are %s: %j", (phase, states) => {
    expect(states.map(phaseOf)).toStrictEqual(states.map(() => phase));
    const rests = phase !== null && phase !== "open";
    expect(states.map(isAtRest)).toStrictEqual(states.map(() => rests));
  });
});
