import { describe, expect, it } from "vitest";
import { changeBetween } from "../../../src/providers/tencent-wedata/run-reading.ts";

const rested = {
  rounds: null,
  runs: 3,
  state: "EXPIRED",
  startedAt: "2025-10-02 11:00:00",
  updatedAt: "2025-10-02 11:30:00",
} as const;
const moving = { ...rested, state: "FAILED_RETRY" } as const;

describe("what changed between two readings of a target", () => {
  it("is nothing when nothing did and a new run would have shown", () => {
    expect(changeBetween(rested, { ...rested })).toStrictEqual({ kind: "nothing" });
    expect(changeBetween({ ...rested, rounds: 1 }, { ...rested, rounds: 1 })).toStrictEqual({
      kind: "nothing",
    });
  });

  it.each([
    ["its rounds went from 0 to 1", { ...moving, rounds: 0 }, { ...moving, rounds: 1 }],
    ["its runs went from 3 to 4", rested, { ...rested, runs: 4 }],
    [
      "its startedAt went from 2025-10-02 11:00:00 to 2025-10-02 12:00:00",
      { ...rested, runs: null },
      { ...rested, runs: null, startedAt: "2025-10-02 12:00:00" },
    ],
    ["its state went from EXPIRED to WAIT_UPSTREAM", rested, { ...rested, state: "WAIT_UPSTREAM" }],
    [
      "other executions of its tasks are there",
      { state: "FAILED", executions: "x" },
      { state: "SUCCESS", executions: "y" },
    ],
  ])("is a new run when %s", (seen, before, now) => {
    expect(changeBetween(before, now)).toStrictEqual({ kind: "new-run", seen });
  });

  it.each([
    ["a retry of a run that was under way", moving, { ...moving, runs: 4, state: "RUNNING" }],
    ["the end of a run that was under way", moving, { ...moving, state: "COMPLETED" }],
    ["an end that somebody set by hand", rested, { ...rested, state: "COMPLETED" }],
    ["an update of something", rested, { ...rested, updatedAt: "2025-10-02 12:00:00" }],
    ["nothing, where no counter is told", { ...rested, runs: null }, { ...rested, runs: null }],
    ["nothing, where only retries are counted", moving, { ...moving }],
    ["nothing, behind a run that still goes", { ...moving, rounds: 1 }, { ...moving, rounds: 1 }],
    [
      "a new round of what was waiting for one already",
      { ...rested, state: "WAIT_RUN", rounds: 0 },
      { ...rested, state: "RUNNING", rounds: 1 },
    ],
    [
      "a new round after a state that nobody knows",
      { ...rested, state: "PAUSED", rounds: 0 },
      { ...rested, rounds: 1 },
    ],
    ["a counter that went down", rested, { ...rested, runs: 2 }],
    ["a state that nobody knows", rested, { ...rested, state: "PAUSED" }],
    [
      "other executions of a run that was under way",
      { state: "RUNNING", executions: "x" },
      { state: "RUNNING", executions: "y" },
    ],
    [
      "a start in another spelling",
      { ...rested, runs: null, startedAt: "1759374000000" },
      { ...rested, runs: null },
    ],
    ["a field that has come", rested, { ...rested, executionId: "e" }],
  ])("is unclear after %s", (_what, before, now) => {
    expect(changeBetween(before, now)).toStrictEqual({ kind: "unclear" });
  });
});
