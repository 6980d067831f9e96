import type { GuardLimits, LeftOut } from "../domain/guard-limits.ts";
import { withLeftOut } from "../domain/left-out.ts";
import type { RerunRequest } from "../domain/rerun-request.ts";
import { targetsOf } from "../domain/targets.ts";
import { keyOf } from "./digest.ts";
import type { ClaimAsk, Closing, NotGranted } from "./journal.ts";
import type {
  AskedRequest,
  ClaimRecord,
  ClosedRequest,
  CloseRecord,
  Told,
} from "./journal-record.ts";
import type { JournalReplica } from "./journal-replica.ts";

export interface OwnGuardsParts {
  readonly replica: Pick<JournalReplica, "of">;
  /** What the guards of a connection allow; null: everything. */
  readonly guardsOf: (provider: string) => GuardLimits | null;
}

/**
 * What this process's configuration says about guards, in the records that it writes: all decide by
 * what stands there. Without guards nothing is written.
 */
export class OwnGuards {
  readonly #parts: OwnGuardsParts;

  constructor(parts: OwnGuardsParts) {
    this.#parts = parts;
  }

  /** The targets of the request that are forbidden, as far as the journal has been read. */
  forbidden(request: RerunRequest): readonly LeftOut[] {
    const { provider, requestId, operation, force, causedBy } = request;
    const limits = this.#parts.guardsOf(provider);
    if (limits === null) return [];
    const { guards, logTime } = this.#parts.replica.of(provider);
    const targets = targetsOf(operation);
    return guards.forbidden({ provider, requestId, targets, force, causedBy }, limits, logTime);
  }

  /** What every CLAIM of the connection says. */
  ofClaim(provider: string): Pick<ClaimRecord, "guards"> {
    const guards = this.#parts.guardsOf(provider);
    return guards === null ? {} : { guards };
  }

  /** What a CLAIM says of one request. */
  ofAsk({ received, leftOut = [] }: ClaimAsk): Pick<AskedRequest, "guarded"> {
    const { provider, force, causedBy } = received.request;
    if (this.#parts.guardsOf(provider) === null) return {};
    const isPlain = !force && causedBy === null && leftOut.length === 0;
    return isPlain ? {} : { guarded: { force, causedBy, leftOut } };
  }

  /** Why a request would not be granted for its targets, as far as can be seen before asking. */
  foreseen(
    terms: Pick<ClaimRecord, "provider" | "claimId" | "guards">,
    asked: AskedRequest,
  ): NotGranted | null {
    const { guards, logTime } = this.#parts.replica.of(terms.provider);
    // Between the choice of its targets and now the last one was forbidden.
    return asked.targets.length === 0 ? "guarded" : guards.claimObjection(terms, asked, logTime);
  }

  /** What a CLOSE with this verdict says, of all and of the one request. */
  ofClose(
    { echo, causedBy }: Closing,
    { verdict }: Told,
  ): {
    readonly record: Pick<CloseRecord, "guards">;
    readonly request: Pick<ClosedRequest, "causedBy">;
  } {
    const guards = this.#parts.guardsOf(echo.provider);
    if (guards === null || verdict.status !== "SUPPRESSED") return { record: {}, request: {} };
    return { record: { guards }, request: causedBy === null ? {} : { causedBy } };
  }

  /** The verdict about a request of the claim, with the targets that the claim left out. */
  told(
    { provider, claimId }: { readonly provider: string; readonly claimId: string },
    requestId: string,
    told: Told,
  ): Told {
    const entry = this.#parts.replica.of(provider).entry(keyOf(provider, requestId));
    if (entry?.claim?.claimId !== claimId) return told;
    return { ...told, verdict: withLeftOut(told.verdict, entry.leftOut ?? []) };
  }
}
