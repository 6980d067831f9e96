import type { AsyncJob, CallEndKind, TargetEnd } from "./call-end.ts";
import type { Evidence } from "./evidence.ts";
import type { RerunCall } from "./rerun-call.ts";
import type { SettledBy } from "./settle.ts";

/**
 * How far a taken call is followed: until the provider has taken the operation, or until the runs
 * themselves have ended.
 */
export type TrackUntil = "submitted" | "finished";

/**
 * A call that the provider took and whose end is still to come, in a form that can be written down
 * and followed by another process: plain values, no functions, no `undefined`.
 */
export interface Following {
  readonly call: RerunCall;
  readonly until: TrackUntil;
  /** The job that is still open; null once the operation was taken for every target. */
  readonly job: AsyncJob | null;
  /** What was read before the call; tells the new run from the one before it. */
  readonly before: Evidence | null;
  /** When the call was made, milliseconds since the epoch by this dispatcher's clock. */
  readonly calledAt: number;
  /** The targets whose end is known already. */
  readonly ended: readonly TargetEnd[];
  /** What the adapter learned on the way and needs again: projects, business dates. */
  readonly notes: Readonly<Record<string, string>>;
}

/** How a followed call stands after a round of reads. */
export type Progress =
  /** `told` says for people what is still open; `following` takes the place of the old one. */
  | { readonly kind: "open"; readonly following: Following; readonly told: string }
  /** It ended; `targets` tells the end of each of the call's targets, in their order. */
  | { readonly kind: "ended"; readonly by: SettledBy; readonly targets: readonly TargetEnd[] }
  /** It could not be read this time: nothing is known that was not known before. */
  | {
      readonly kind: "unreadable";
      readonly result: Exclude<CallEndKind, "accepted">;
      readonly message: string;
    };

/** The call's targets that have no end yet, in their order. */
export function openTargets({ call, ended }: Following): readonly string[] {
  const known = new Set(ended.map(({ target }) => target));
  return call.targets.filter((target) => !known.has(target));
}

/** The ends of all targets in the call's order; one that nothing is known of is `UNKNOWN`. */
export function endsInOrder(
  targets: readonly string[],
  ends: readonly TargetEnd[],
): readonly TargetEnd[] {
  const byTarget = new Map(ends.map((end) => [end.target, end]));
  return targets.map(
    (target) =>
      byTarget.get(target) ?? {
        ...{ target, status: "UNKNOWN" },
        message: "the provider took it; its end was not seen",
      },
  );
}
