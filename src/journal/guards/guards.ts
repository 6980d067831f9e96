import type { GuardLimits, LeftOut, Suppression } from "../../domain/guard-limits.ts";
import type { AgingSegment } from "../aging-segment.ts";
import type { SavedRows } from "../aging-rows.ts";
import { ChainDepths } from "../chain-depths.ts";
import type { SealedAt } from "../finished-requests.ts";
import { GuardedTargets, type SavedTargets } from "../guarded-targets.ts";
import type { AskedRequest, ClaimRecord, ClosedRequest, CloseRecord } from "../journal-record.ts";
import { overBudget } from "./budget.ts";
import { chainTooLong } from "./chain.ts";
import { coolingDown } from "./cool-down.ts";
import { lastToEnd } from "./timed-suppression.ts";

/** What is written down of the guards' state. */
export interface SavedGuards {
  readonly targets: SavedTargets;
  readonly chains: SavedRows;
}

/** A request as the guards look at it. */
export interface Guarded {
  readonly provider: string;
  readonly requestId: string;
  readonly targets: readonly string[];
  readonly force: boolean;
  readonly causedBy: string | null;
}

/**
 * So many rows since the last border end a stretch: few enough that what the last claim adds fits into
 * the same segment. Part of the protocol version.
 */
const SEAL_AT_ROWS = 24_576;

/**
 * What the guards remember of one journal partition, and what follows from it for a request: by the
 * limits that its record names and the log's time, and by nothing else.
 */
export class Guards {
  readonly targets = new GuardedTargets();
  readonly #chains = new ChainDepths();

  /** Which targets of the request the guards forbid to run again at this log time. */
  forbidden(request: Guarded, limits: GuardLimits | null, logTime: number): readonly LeftOut[] {
    if (limits === null || request.force) return [];
    const { provider, targets } = request;
    const chain = this.#chainOf(request, limits);
    return targets.flatMap((target) => {
      const why = chain ?? this.#suppression(provider, target, limits, logTime);
      return why === null ? [] : [{ target, ...why }];
    });
  }

  /**
   * Why a request of a CLAIM is not granted: a guard forbids one of the targets to be called
   * (`guarded`), or none forbids one that it leaves out (`unguarded`). Null: the guards let it pass.
   */
  claimObjection(
    { guards, provider, claimId }: Pick<ClaimRecord, "guards" | "provider" | "claimId">,
    { requestId, targets, guarded }: AskedRequest,
    logTime: number,
  ): "guarded" | "unguarded" | null {
    const { force = false, causedBy = null, leftOut = [] } = guarded ?? {};
    if (guards === undefined || force) return leftOut.length === 0 ? null : "unguarded";
    if (this.#chainOf({ provider, requestId, causedBy }, guards) !== null) return "guarded";
    const isForbidden = (target: string): boolean =>
      this.#suppression(provider, target, guards, logTime) !== null;
    // What another request of the claim runs again already is no rerun more.
    const isAllowed = (target: string): boolean =>
      this.targets.isCountedBy(provider, target, claimId) || !isForbidden(target);
    if (!targets.every(isAllowed)) return "guarded";
    return leftOut.every(({ target }) => isForbidden(target)) ? null : "unguarded";
  }

  /** Why a request of a CLOSE is not closed: it is told to be suppressed, and the guards allow it. */
  closeObjection(
    { guards, provider }: CloseRecord,
    { requestId, told, causedBy }: ClosedRequest,
    logTime: number,
  ): "unguarded" | null {
    if (told.verdict.status !== "SUPPRESSED") return null;
    const targets = told.verdict.targets.map(({ target }) => target);
    const about = { force: false, causedBy: causedBy ?? null };
    const request = { provider, requestId, targets, ...about };
    const forbidden = this.forbidden(request, guards ?? null, logTime);
    return targets.length > 0 && forbidden.length === targets.length ? null : "unguarded";
  }

  /** A CLAIM or a CLOSE counts on the past being known for as long as its guards look back. */
  named({ guards, windowMs }: ClaimRecord | CloseRecord): void {
    if (guards === undefined) return;
    const { budget, coolDownMs, maxChain } = guards;
    if (looksAtTargets(guards)) {
      this.targets.needsWindow(Math.max(budget?.perMs ?? 0, coolDownMs ?? 0));
    }
    if (maxChain !== null) this.#chains.needsWindow(windowMs);
  }

  /** A request of a CLAIM was granted. */
  granted(
    { guards, provider, claimId }: ClaimRecord,
    { requestId, targets, guarded }: AskedRequest,
    logTime: number,
  ): void {
    if (guards === undefined) return;
    this.#remember(provider, requestId, guarded?.causedBy ?? null, guards, logTime);
    if (!looksAtTargets(guards)) return;
    for (const target of targets) this.targets.granted(provider, target, claimId, logTime);
  }

  /** A request of a CLOSE was closed. */
  closed(
    { guards, provider }: CloseRecord,
    { requestId, causedBy }: ClosedRequest,
    logTime: number,
  ): void {
    if (guards !== undefined) {
      this.#remember(provider, requestId, causedBy ?? null, guards, logTime);
    }
  }

  /** A request of the claim holds its targets no more; `mayHaveRun`: its call did not surely fail. */
  left(
    provider: string,
    claim: { readonly claimId: string; readonly targets: readonly string[] },
    mayHaveRun: boolean,
  ): void {
    for (const target of claim.targets) {
      this.targets.left(provider, target, claim.claimId, mayHaveRun);
    }
  }

  /** Whether so much came since the last border that a stretch has to end. */
  get isFull(): boolean {
    return this.targets.recentCount + this.#chains.recentCount >= SEAL_AT_ROWS;
  }

  /** A stretch of the journal ends. */
  seal(at: SealedAt): void {
    this.targets.seal(at);
    this.#chains.seal(at);
  }

  get segments(): readonly AgingSegment[] {
    return [...this.targets.segments, ...this.#chains.segments];
  }

  /** Nothing while no guard has ever been named. */
  saved(): { readonly guards?: SavedGuards } {
    const saved = { targets: this.targets.saved(), chains: this.#chains.saved() };
    const isEmpty =
      saved.targets.open.length === 0 &&
      [saved.targets.counted, saved.chains].every(
        ({ rows, windowMs }) => rows.length === 0 && windowMs === 0,
      );
    return isEmpty ? {} : { guards: saved };
  }

  /** Begins with these. */
  restore(saved: SavedGuards | undefined, segments: readonly AgingSegment[]): void {
    const none = { rows: [], windowMs: 0 };
    this.targets.restore(saved?.targets ?? { open: [], counted: none }, segments);
    this.#chains.restore(saved?.chains ?? none, segments);
  }

  #chainOf(
    { provider, requestId, causedBy }: Pick<Guarded, "provider" | "requestId" | "causedBy">,
    limits: GuardLimits,
  ): Suppression | null {
    if (limits.maxChain === null || causedBy === null) return null;
    const depth = this.#chains.depthOf(provider, requestId, causedBy);
    return chainTooLong(limits.maxChain, { depth, causedBy });
  }

  #suppression(
    provider: string,
    target: string,
    { budget, coolDownMs }: GuardLimits,
    logTime: number,
  ): Suppression | null {
    const longest = Math.max(budget?.perMs ?? 0, coolDownMs ?? 0);
    if (longest === 0) return null;
    const reruns = this.targets.rerunsOf(provider, target, logTime - longest);
    return lastToEnd([
      budget === null ? null : overBudget(budget, reruns, logTime),
      coolDownMs === null ? null : coolingDown(coolDownMs, reruns, logTime),
    ]);
  }

  #remember(
    provider: string,
    requestId: string,
    causedBy: string | null,
    { maxChain }: GuardLimits,
    logTime: number,
  ): void {
    if (maxChain === null || causedBy === null) return;
    this.#chains.remember(provider, requestId, causedBy, logTime);
  }
}

function looksAtTargets({ budget, coolDownMs }: GuardLimits): boolean {
  return budget !== null || coolDownMs !== null;
}
