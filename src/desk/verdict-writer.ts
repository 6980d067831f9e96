import { NEVER_CALLED, type CallHistory, type Outcome, plainVerdict } from "../domain/outcome.ts";
import type { Verdict } from "../domain/outcome.ts";
import { echoOf, type ReceivedRequest, type Source } from "../domain/rerun-request.ts";
import type { Taken } from "../domain/taken.ts";
import type { Senseless } from "../inbound/desk.ts";
import type { Entry } from "../journal/claim-entry.ts";
import { digestOf } from "../journal/digest.ts";
import type { Told } from "../journal/journal-record.ts";
import type { Called, EndedCall, Worked } from "../lanes/lane-desk.ts";
import { pause } from "../lifecycle/pause.ts";
import { type Conclusion, concludeShared } from "./conclude-call.ts";
import type { Counter, RequestDeskParts } from "./desk-parts.ts";
import { echoIn } from "./outcome-of.ts";

/** The verdict about a request whose record is about to be deleted and that was not called yet. */
export function dyingVerdict({ topic, partition, offset }: Source): Verdict {
  const message = `Its record at ${topic}/${partition}/${offset} is about to be deleted by the topic's retention, and its turn had not come.`;
  return plainVerdict("EXPIRED", { code: "RETENTION", message });
}

export type VerdictWriterParts = Pick<
  RequestDeskParts,
  "journal" | "publish" | "unpack" | "dispatcher" | "now" | "epoch" | "stopped"
>;

/** One of the requests that shared a call. */
export interface Shared extends Called {
  /** How the journal shows it; null: it does not. */
  readonly entry: Entry | null;
}

type Writing<T> = (piece: ReadonlyMap<string, T>) => Promise<void>;

/** What one record takes; providers' messages may be long, and many requests may share them. */
const PIECE_CHARACTERS = 200 * 1024;

interface ConcludeTerms {
  readonly counter: Counter;
  /** Told each request when there is no more to be done for it here. */
  readonly leaves: (one: Shared) => void;
}

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
    const { causedBy } = request;
    const identity = { echo: echoOf(request), digest: digestOf(request), causedBy };
    const closing = { ...identity, source, receivedAt, trace };
    await this.#parts.journal.close(closing, this.#tell(verdict, history));
  }

  /** The verdict about a free request whose record is gone from the requests topic. */
  async retire({ digest, tries, request }: Entry): Promise<void> {
    const { source, receivedAt, trace } = request;
    const message = `Its record at ${source.topic}/${source.partition}/${source.offset} was deleted by the topic's retention before it could be called (again).`;
    const verdict = plainVerdict("EXPIRED", { code: "RETENTION", message });
    const told = this.#tell(verdict, { ...NEVER_CALLED, attempts: tries });
    const echo = echoIn(request, this.#parts.unpack);
    const closing = { echo, digest, source, receivedAt, trace, causedBy: null };
    await this.#parts.journal.close(closing, told);
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
   * What a call came to, for each of the requests that shared it: its final verdict, that it was
   * taken, or, where that is wanted and evidence shows that it did not run, that it may be called
   * again. Nothing when the dispatcher stops before that is known: then others judge it. Each request
   * leaves once the journal shows what became of it.
   */
  async conclude(
    shared: readonly Shared[],
    ended: EndedCall,
    { counter, leaves }: ConcludeTerms,
  ): Promise<void> {
    const { claim, call, before, end } = ended;
    const { journal } = this.#parts;
    const entries = shared.map(({ entry }) => entry?.claim ?? null);
    const own = entries.filter((one) => one?.claimId === claim.claimId);
    const rivals = [...new Set(own.flatMap((one) => one?.rivals ?? []))];
    const calledAt = shared[0]?.history.calledAt ?? this.#parts.epoch();
    const conclude = await concludeShared({ call, before, rivals, end, calledAt }, counter);
    const { taken, final, absent } = this.#sorted(shared, conclude, counter.uncertain);
    const here = new Set(shared);
    const leave = (one: Shared): void => {
      if (here.delete(one)) leaves(one);
    };
    const write = async <T>(all: ReadonlyMap<string, T>, writing: Writing<T>): Promise<void> => {
      const pieces = inPieces(all).map(async (piece) => {
        await writing(piece);
        for (const one of shared) if (piece.has(idOf(one))) leave(one);
      });
      await Promise.all(pieces);
    };
    await Promise.all([
      write(taken, async (piece) => journal.accepted(claim, piece)),
      write(final, async (piece) => journal.done(claim, piece)),
      write(absent, async (piece) => this.#callAgain(piece, ended)),
    ]);
    for (const one of shared) leave(one);
  }

  #sorted(
    shared: readonly Shared[],
    conclude: (targets: readonly string[]) => Conclusion,
    uncertain: Counter["uncertain"],
  ) {
    const taken = new Map<string, { readonly taken: Taken; readonly told: Told }>();
    const final = new Map<string, Told>();
    const absent = new Map<string, Told>();
    for (const one of shared) {
      const { history } = one;
      const conclusion = conclude(one.targets);
      if (conclusion.kind === "unjudged") continue;
      if (conclusion.kind === "taken") {
        const { reconciled } = conclusion.taken;
        const told = this.#tell(conclusion.verdict, { ...history, reconciled });
        taken.set(idOf(one), { taken: conclusion.taken, told });
        continue;
      }
      const { verdict, reconciled, isAbsent } = conclusion;
      const isRetried = isAbsent && uncertain === "retry-if-absent";
      (isRetried ? absent : final).set(idOf(one), this.#tell(verdict, { ...history, reconciled }));
    }
    return { taken, final, absent };
  }

  /** Gives back what did not run, or says so when the dispatcher stops before that is safe. */
  async #callAgain(
    absent: ReadonlyMap<string, Told>,
    { claim, end }: Pick<EndedCall, "claim" | "end">,
  ): Promise<void> {
    const { journal, now, stopped } = this.#parts;
    // Before that somebody might not be sure that nothing of the call is under way.
    if (!(await pause(claim.settledBy - now(), stopped))) return journal.done(claim, absent);
    const message = end.kind === "uncertain" ? end.message : "";
    const why = `evidence shows that it did not run: ${message}`;
    return journal.release(claim, [...absent.keys()], { called: true, why });
  }

  #tell(verdict: Verdict, history: CallHistory): Told {
    const { epoch, dispatcher } = this.#parts;
    return { verdict, history, completedAt: epoch(), dispatcher };
  }
}

function idOf({ received }: Worked): string {
  return received.request.requestId;
}

/** The same entries in their order, in pieces that fit into a record each. */
function inPieces<T>(all: ReadonlyMap<string, T>): readonly ReadonlyMap<string, T>[] {
  const pieces: Map<string, T>[] = [];
  let piece = new Map<string, T>();
  let room = 0;
  for (const [id, one] of all) {
    room -= JSON.stringify(one).length;
    if (room < 0) {
      piece = new Map();
      pieces.push(piece);
      room = PIECE_CHARACTERS - JSON.stringify(one).length;
    }
    piece.set(id, one);
  }
  return pieces;
}
