import { setTimeout as sleep } from "node:timers/promises";
import type { CallEnd, TargetEnd } from "../../src/domain/call-end.ts";
import { endsInOrder, type Following } from "../../src/domain/following.ts";
import type { Provider, ReadTurns } from "../../src/domain/provider.ts";
import type { FollowStanding } from "./rules.ts";

/** How following a call ended, with what is known of each target. */
export interface Followed {
  readonly standing: FollowStanding;
  readonly targets: readonly TargetEnd[];
}

export interface FollowParts {
  readonly provider: Provider;
  readonly turns: ReadTurns;
  /** Rounds of reads, at the most. */
  readonly rounds: number;
}

const POLL_MS = 25;

/**
 * What is left to follow of a call that the provider took; null when nothing is: its answer told
 * the end of every target.
 */
export function followingOf(
  end: CallEnd,
  begin: Omit<Following, "job" | "ended" | "notes">,
): Following | null {
  if (end.kind !== "accepted") return null;
  if (end.job !== null) return { ...begin, job: end.job, ended: [], notes: {} };
  const ended = end.targets.filter(({ status }) => status !== "SUCCEEDED");
  const isRunning = begin.until === "finished" && ended.length < end.targets.length;
  return isRunning ? { ...begin, job: null, ended, notes: {} } : null;
}

/**
 * Follows round by round, until the end or as often as asked. Between the rounds it is written down
 * and read again, as the journal will do.
 */
export async function followToEnd(first: Following, parts: FollowParts): Promise<Followed> {
  const { provider, turns, rounds } = parts;
  let following = first;
  let standing: FollowStanding = "unreadable";
  for (let round = 1; round <= rounds; round += 1) {
    const progress = await provider.follow(following, turns);
    if (progress.kind === "ended") return { standing: "ended", targets: progress.targets };
    if (progress.kind === "open") {
      standing = "open";
      following = JSON.parse(JSON.stringify(progress.following)) as Following; // plain values
    }
    await sleep(POLL_MS);
  }
  return { standing, targets: endsInOrder(following.call.targets, following.ended) };
}
