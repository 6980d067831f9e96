import { NEVER_CALLED, type CallHistory, type Outcome, plainVerdict } from "../domain/outcome.ts";
import type { Verdict } from "../domain/outcome.ts";
import { echoOf, type ReceivedRequest } from "../domain/rerun-request.ts";
import type { Senseless } from "../inbound/desk.ts";
import type { Entry } from "../journal/claim-entry.ts";
import { digestOf } from "../journal/digest.ts";
import type { Told } from "../journal/journal-record.ts";
import type { EndedCall, Worked } from "../lanes/lane-desk.ts";
import { pause } from "../lifecycle/pause.ts";
import { concludeCall } from "./conclude-call.ts";
import type { Counter, RequestDeskParts } from "./desk-parts.ts";
import { echoIn } from "./outcome-of.ts";

export type VerdictWriterParts = Pick<
  RequestDeskParts,
  "journal" | "publish" | "unpack" | "dispatcher" | "now" | "epoch" | "stopped"
>;

/**
 * Writes down what this process decides about requests. Whether it stands is the journal's to say:
 * somebody else may have been first.
 */
export class VerdictWriter {
  readonly #parts: VerdictWriterParts;

  constructor(parts: VerdictWriterParts) {
    this.#parts = parts;
  }

  /** A verdict without a call. */
  async close(
    { request, source, receivedAt, trace }: ReceivedRequest,
    verdict: Verdict,
    history: CallHistory,
  ): Promise<void> {
    const closing = { echo: echoOf(request), digest: digestOf(request), source, receivedAt, trace };
    await this.#parts.journal.close(closing, this.#tell(verdict, history));
  }

  /** The verdict about a free request whose record is gone from the requests topic. */
  async retire({ digest, tries, request }: Entry): Promise<void> {
    const { source, receivedAt, trace } = request;
    const message = `Its record at ${source.topic}/${source.partition}/${source.offset} was deleted by the topic's retention before it could be called (again).`;
    const verdict = plainVerdict("EXPIRED", { code: "RETENTION", message });
    const told = this.#tell(verdict, { ...NEVER_CALLED, attempts: tries });
    const echo = echoIn(request, this.#parts.unpack);
    await this.#parts.journal.close({ echo, digest, source, receivedAt, trace }, told);
  }

  /**
   * Publishes the verdict about a request without a valid id: it cannot be told from others, nor come
   * twice, and the verdict follows from its bytes.
   */
  async publishUnnamed({ request, reason, source, receivedAt, trace }: Senseless): Promise<void> {
    const { epoch, dispatcher, publish } = this.#parts;
    const outcome: Outcome = {
      ...{ ...plainVerdict("REJECTED", reason), ...NEVER_CALLED, completedAt: epoch(), dispatcher },
      ...{ echo: echoOf(request), source, trace, receivedAt },
    };
    await publish(outcome);
  }

  /**
   * What a call came to: its final verdict, that it was taken, or, where that is wanted and evidence
   * shows that it did not run, that it may be called again. Nothing when the dispatcher stops before
   * that is known: then others judge it. `entry`: how the journal shows the request.
   */
  async conclude(
    { received, history }: Worked,
    { claim, call, before, end }: EndedCall,
    { counter, entry }: { readonly counter: Counter; readonly entry: Entry | null },
  ): Promise<void> {
    const { journal, now, epoch, stopped } = this.#parts;
    const { requestId } = received.request;
    const calledAt = history.calledAt ?? epoch();
    const rivals = entry?.claim?.claimId === claim.claimId ? entry.claim.rivals : [];
    const conclusion = await concludeCall({ call, before, rivals, end, calledAt }, counter);
    if (conclusion.kind === "unjudged") return;
    if (conclusion.kind === "taken") {
      const { taken, verdict } = conclusion;
      const told = this.#tell(verdict, { ...history, reconciled: taken.reconciled });
      await journal.accepted(claim, new Map([[requestId, { taken, told }]]));
      return;
    }
    const { verdict, reconciled, isAbsent } = conclusion;
    const isRetried = isAbsent && counter.uncertain === "retry-if-absent";
    // Before that somebody might not be sure that nothing of the call is under way.
    if (isRetried && (await pause(claim.settledBy - now(), stopped))) {
      const message = end.kind === "uncertain" ? end.message : "";
      const why = `evidence shows that it did not run: ${message}`;
      await journal.release(claim, [requestId], { called: true, why });
      return;
    }
    const told = this.#tell(verdict, { ...history, reconciled });
    await journal.done(claim, new Map([[requestId, told]]));
  }

  #tell(verdict: Verdict, history: CallHistory): Told {
    const { epoch, dispatcher } = this.#parts;
    return { verdict, history, completedAt: epoch(), dispatcher };
  }
}
