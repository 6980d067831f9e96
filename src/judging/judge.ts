import {
  ABSENCE_PROVES_AFTER_MS,
  type Doubt,
  type RunFinding,
  type TargetFinding,
} from "../domain/evidence.ts";
import type { Provider, ReadTurns } from "../domain/provider.ts";
import { pause } from "../lifecycle/pause.ts";

/** A call that ended without a clear answer, for some or all of its targets. */
export interface OpenQuestion extends Omit<Doubt, "writtenAgoMs"> {
  /** The targets at which a run that shows may be another call's. */
  readonly rivals: readonly string[];
}

export interface JudgeOptions {
  readonly provider: Pick<Provider, "judge" | "leavesTraces">;
  readonly turns: ReadTurns;
  /** How often the targets are read, at most. */
  readonly reads: number;
  readonly intervalMs: number;
  /** Aborts when there is no time left to read anything. */
  readonly stopped: AbortSignal;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Told once for each target that was judged. */
  readonly onFinding: (finding: RunFinding) => void;
}

/**
 * Decides uncertain calls by what the provider's state shows.
 *
 * The targets are read up to `reads` times, `intervalMs` apart, until each is seen to have run. The
 * last reading is not made before missing traces can prove anything: a call may still be running
 * where nobody listens any more.
 */
export class Judge {
  readonly #options: JudgeOptions;
  #open = 0;

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** How many calls are being judged. */
  get size(): number {
    return this.#open;
  }

  /**
   * One finding for each of the question's targets, in their order; null when the dispatcher stops
   * before they are found: then somebody else has to judge. The call must have ended already: its
   * age counts from here. Never rejects for what a cloud can do.
   */
  async judge(question: OpenQuestion): Promise<readonly TargetFinding[] | null> {
    const { provider, onFinding } = this.#options;
    const { targets, before, call } = question;
    const why = !provider.leavesTraces(call)
      ? "such a call leaves no trace at the targets it names"
      : before === null
        ? "the target was not read before the call, so there is nothing to compare with"
        : null;
    this.#open += 1;
    try {
      const found = why === null ? await this.#readAndCompare(question) : unread(targets, why);
      const findings = found?.map((one) => unlessShared(one, question)) ?? null;
      for (const { finding } of findings ?? []) onFinding(finding);
      return findings;
    } finally {
      this.#open -= 1;
    }
  }

  async #readAndCompare(question: OpenQuestion): Promise<readonly TargetFinding[] | null> {
    const { provider, turns, reads, now, stopped } = this.#options;
    const endedAt = now();
    const found = new Map<string, TargetFinding>();
    for (let round = 1; round <= reads; round += 1) {
      const isInTime = await this.#waitFor(round, endedAt);
      if (!isInTime) return null;
      const targets = question.targets.filter((one) => found.get(one)?.finding !== "ran");
      const doubt = { ...question, targets, writtenAgoMs: Math.floor(now() - endedAt) };
      for (const one of await provider.judge(doubt, turns)) found.set(one.target, one);
      if (question.targets.every((one) => found.get(one)?.finding === "ran")) break;
      // What the last reading did not tell, somebody else may still learn.
      if (stopped.aborted) return null;
    }
    return question.targets.map((one) => found.get(one) ?? cannotTell(one, "it was not read"));
  }

  /** False when the dispatcher stops before. */
  async #waitFor(round: number, endedAt: number): Promise<boolean> {
    const { reads, intervalMs, now, stopped } = this.#options;
    const regular = endedAt + (round - 1) * intervalMs;
    const dueAt = round === reads ? Math.max(regular, endedAt + ABSENCE_PROVES_AFTER_MS) : regular;
    // Timers may fire a fraction early, and then absence would prove nothing for good.
    while (now() < dueAt && !stopped.aborted) await pause(Math.ceil(dueAt - now()), stopped);
    return !stopped.aborted;
  }
}

/** One rerun is no evidence for two calls. */
function unlessShared(found: TargetFinding, { rivals }: OpenQuestion): TargetFinding {
  const { target, finding, why } = found;
  if (finding !== "ran" || !rivals.includes(target)) return found;
  return cannotTell(
    target,
    `${why}; but it was called again about then, and the run may be that call's`,
  );
}

function unread(targets: readonly string[], why: string): readonly TargetFinding[] {
  return targets.map((target) => cannotTell(target, why));
}

function cannotTell(target: string, why: string): TargetFinding {
  return { target, finding: "cannot-tell", why };
}
