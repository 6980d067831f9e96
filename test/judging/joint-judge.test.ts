import { describe, expect, it } from "vitest";
import type { TargetFinding } from "../../src/domain/evidence.ts";
import { JointJudge } from "../../src/judging/joint-judge.ts";
import type { OpenQuestion } from "../../src/judging/judge.ts";
import { aDataWorksRerun } from "../support/a-received-request.ts";

/** What one of a call's requests asks. */
function asking(claimId: string, targets: readonly string[], isRead = true): OpenQuestion {
  const operation = aDataWorksRerun({ instanceIds: targets });
  const marks = targets.map((target) => ({ target, mark: { of: claimId } }));
  return {
    ...{ call: { claimId, operation, targets }, targets, rivals: targets.slice(0, 1) },
    before: isRead ? { marks } : null,
  };
}

/** A judge that finds everything to have run, unless it is stopped. */
function aJudge(isStopped = false) {
  const asked: OpenQuestion[] = [];
  const judge = async (question: OpenQuestion): Promise<readonly TargetFinding[] | null> => {
    asked.push(question);
    return isStopped
      ? null
      : question.targets.map((target) => ({ target, finding: "ran", why: "seen" }));
  };
  return { asked, joint: new JointJudge({ judge }) };
}

describe("a joint judge", () => {
  it("asks once about a call for all that ask of it at one time, and tells each its own", async () => {
    const { asked, joint } = aJudge();
    const found = await Promise.all([
      joint.judge(asking("c1", ["1", "2"])),
      joint.judge(asking("c1", ["2", "3"], false)),
      joint.judge(asking("c2", ["4"])),
    ]);

    expect(found.map((one) => one?.map(({ target }) => target))).toStrictEqual([
      ["1", "2"],
      ["2", "3"],
      ["4"],
    ]);
    expect(asked).toMatchObject([
      {
        call: { claimId: "c1", targets: ["1", "2", "3"] },
        ...{ targets: ["1", "2", "3"], rivals: ["1", "2"] },
        before: { marks: [{ target: "1" }, { target: "2" }] },
      },
      { call: { claimId: "c2" }, targets: ["4"] },
    ]);
  });

  it("asks anew for who comes later", async () => {
    const { asked, joint } = aJudge();
    await joint.judge(asking("c1", ["1"]));
    await joint.judge(asking("c1", ["1"]));
    expect(asked).toHaveLength(2);
  });

  it("knows of no reading where none of them has one", async () => {
    const { asked, joint } = aJudge();
    await Promise.all(["1", "2"].map(async (one) => joint.judge(asking("c1", [one], false))));
    expect(asked.map(({ before }) => before)).toStrictEqual([null]);
  });

  it("leaves it to somebody else for all when the judge has to", async () => {
    const { joint } = aJudge(true);
    const asks = ["1", "2"].map(async (one) => joint.judge(asking("c1", [one])));
    expect(await Promise.all(asks)).toStrictEqual([null, null]);
  });
});
