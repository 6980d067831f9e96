import { joined } from "../domain/batch.ts";
import type { TargetFinding } from "../domain/evidence.ts";
import type { Judge, OpenQuestion } from "./judge.ts";

/** Questions about one call that are answered together. */
interface Asking {
  readonly questions: OpenQuestion[];
  readonly findings: Promise<readonly TargetFinding[] | null>;
}

/**
 * Judges once what several requests ask about the call that they shared: each of its targets is read
 * for all of them. Those that ask in one turn of the event loop ask together.
 */
export class JointJudge {
  readonly #judge: Pick<Judge, "judge">;
  readonly #asking = new Map<string, Asking>();

  constructor(judge: Pick<Judge, "judge">) {
    this.#judge = judge;
  }

  /** As a judge does it. */
  async judge(question: OpenQuestion): Promise<readonly TargetFinding[] | null> {
    const { claimId } = question.call;
    const asking = this.#asking.get(claimId) ?? this.#ask(claimId);
    asking.questions.push(question);
    const findings = await asking.findings;
    if (findings === null) return null;
    const byTarget = new Map(findings.map((finding) => [finding.target, finding]));
    return question.targets.flatMap((target) => byTarget.get(target) ?? []);
  }

  #ask(claimId: string): Asking {
    const questions: OpenQuestion[] = [];
    const findings = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      this.#asking.delete(claimId);
      return this.#judge.judge(joinedQuestion(questions));
    });
    const asking = { questions, findings };
    this.#asking.set(claimId, asking);
    return asking;
  }
}

/** The questions of requests that share a call, as one. */
function joinedQuestion(questions: readonly OpenQuestion[]): OpenQuestion {
  const [first] = questions;
  if (first === undefined) throw new Error("nobody asked");
  if (questions.length === 1) return first;
  const each = (lists: readonly (readonly string[])[]) => [...new Set(lists.flat())];
  const read = questions.flatMap(({ before }) => before ?? []);
  const marks = new Map(read.flatMap((one) => one.marks.map((mark) => [mark.target, mark])));
  return {
    call: {
      ...first.call,
      operation: joined(questions.map(({ call }) => call.operation)),
      targets: each(questions.map(({ call }) => call.targets)),
    },
    targets: each(questions.map(({ targets }) => targets)),
    before: read.length === 0 ? null : { marks: [...marks.values()] },
    rivals: each(questions.map(({ rivals }) => rivals)),
  };
}
