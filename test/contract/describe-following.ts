import { expect, it } from "vitest";
import type { TargetEnd } from "../../src/domain/call-end.ts";
import type { Following, Progress, TrackUntil } from "../../src/domain/following.ts";
import { neverAborted, openGate } from "../support/provider-config.ts";
import { noTurns, promptTurns } from "../support/read-turns.ts";
import type { Rig } from "./rig.ts";

/** Calls whose end is still to come. */
export function describeFollowing({ traits, admin, open, callOf, reruns }: Rig): void {
  const { targets, startsJob, tellsEachTarget } = traits;

  /** Makes a call of all targets and what is left to follow of it. */
  const begin = async (until: TrackUntil): Promise<Following> => {
    const { provider } = await open();
    const call = callOf(targets);
    const before = await provider.readBefore(call, promptTurns().turns);
    const calledAt = Date.now();
    const end = await provider.rerun(call, { gate: openGate, signal: neverAborted });
    const { job, targets: told } = end.kind === "accepted" ? end : { job: null, targets: [] };
    const ended = told.filter(({ status }) => status !== "SUCCEEDED");
    return { call, until, job, before, calledAt, ended, notes: {} };
  };

  /** Follows it, every round in an adapter of its own that has read it from its written form. */
  const followToEnd = async (first: Following) => {
    let following = first;
    const rounds: Progress["kind"][] = [];
    const lookAgain = async (): Promise<Progress> => {
      const written = JSON.stringify(following);
      expect(JSON.parse(written)).toStrictEqual(following);
      const { provider } = await open();
      const { turns } = promptTurns();
      const progress = await provider.follow(JSON.parse(written) as Following, turns);
      rounds.push(progress.kind);
      if (progress.kind === "open") following = progress.following;
      return progress;
    };
    let progress = await lookAgain();
    while (progress.kind !== "ended" && rounds.length < 500) progress = await lookAgain();
    return { progress, rounds };
  };
  const statuses = (progress: Progress): readonly TargetEnd["status"][] =>
    progress.kind === "ended" ? progress.targets.map(({ status }) => status) : [];

  it("follows runs to their ends, process by process, and calls nothing again", async () => {
    const { progress, rounds } = await followToEnd(await begin("finished"));

    expect(progress).toStrictEqual({
      kind: "ended",
      by: "runs",
      targets: targets.map((target) => ({ target, status: "SUCCEEDED", message: null })),
    });
    expect(rounds).toContain("open");
    expect(await reruns()).toHaveLength(1);
  });

  it("tells runs that failed", async () => {
    await admin().inject({ kind: "run-outcome", outcome: "failed" });
    const { progress } = await followToEnd(await begin("finished"));

    expect(progress).toMatchObject({ kind: "ended", by: "runs" });
    expect(statuses(progress)).toStrictEqual(targets.map(() => "FAILED"));
  });

  it("does not take the end of an older run for that of the new one", async () => {
    await admin().inject({ kind: "evidence-lag", ms: 60_000 });
    const following = await begin("finished");
    const { provider } = await open();
    const { turns } = promptTurns();
    const first = await provider.follow({ ...following, job: null }, turns);

    expect(first).toMatchObject({ kind: "open", following: { ended: [] } });
  });

  it.skipIf(!startsJob).each<[string, "SUCCESS" | "FAIL", TargetEnd["status"]]>([
    ["succeeded", "SUCCESS", "SUCCEEDED"],
    ["failed", "FAIL", "FAILED"],
  ])("follows a job until it has %s", async (_name, outcome, status) => {
    await admin().inject({ kind: "job-outcome", outcome });
    const { progress } = await followToEnd(await begin("submitted"));

    expect(progress).toMatchObject({ kind: "ended", by: "job" });
    expect(statuses(progress)).toStrictEqual(targets.map(() => status));
  });

  it.skipIf(!startsJob)("keeps a job open that does not end", async () => {
    await admin().inject({ kind: "job-outcome", outcome: "NEVER" });
    const { provider } = await open();
    const progress = await provider.follow(await begin("submitted"), promptTurns().turns);

    expect(progress).toMatchObject({ kind: "open", following: { ended: [] } });
  });

  it.skipIf(!tellsEachTarget)("tells of each target what became of it", async () => {
    const [failing] = targets;
    await admin().inject({ kind: "partial-success", targets: [failing] });
    const following = await begin("finished");
    const { progress } = await followToEnd(following);

    expect(statuses(progress)).toStrictEqual(["FAILED", "SUCCEEDED"]);
    expect(await reruns()).toMatchObject([{ ranTargets: targets.slice(1) }]);
  });

  it("knows no more than before when it cannot read", async () => {
    const following = await begin("finished");
    await admin().inject({ kind: "throttle", filter: { effect: "read" } });
    const { provider } = await open();

    expect(await provider.follow(following, promptTurns().turns)).toMatchObject({
      ...{ kind: "unreadable", result: "throttled" },
    });
  });

  it("reads only when it has a turn, by the actions that it names", async () => {
    const following = await begin("finished");
    const earlier = (await admin().arrivals()).length;
    const { provider } = await open();
    const { turns, actions } = promptTurns();

    expect(await provider.follow(following, noTurns)).toMatchObject({ kind: "unreadable" });
    expect(await admin().arrivals()).toHaveLength(earlier);
    await provider.follow(following, turns);
    const arrived = (await admin().arrivals({ after: earlier })).map(({ action }) => action);
    expect(arrived.toSorted()).toStrictEqual(actions.toSorted());
    expect(arrived).not.toStrictEqual([]);
    expect(provider.reads).toStrictEqual(expect.arrayContaining([...new Set(actions)]));
  });
}
