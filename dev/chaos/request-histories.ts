import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import type { AskedRequest, BookedCall, BookedDeadLetter, Books, RequestRecord } from "./books.ts";
import { grouped } from "./grouped.ts";

/** A record that can be read. */
export type ReadableRecord = RequestRecord & { readonly asked: AskedRequest };

/** All that is known about one request: what was asked for under its id, and what became of it. */
export interface RequestHistory {
  readonly requestId: string;
  readonly mode: string;
  readonly records: readonly ReadableRecord[];
  /** Every final outcome, repeats included. */
  readonly finals: readonly RerunOutcome[];
  /** Every outcome that is not final, repeats included. */
  readonly accepted: readonly RerunOutcome[];
  /** What counts: asked for by the record that its outcome names, else by its only content. */
  readonly asked: AskedRequest | null;
}

/** Where a record stands, as a name. */
export function placeOf(place: { readonly partition: number; readonly offset: bigint }): string {
  return `${place.partition}/${place.offset}`;
}

/** The requests of the books, by their ids. */
export function historiesOf({ records, outcomes }: Books): readonly RequestHistory[] {
  const readable = records.filter((record): record is ReadableRecord => record.asked !== null);
  const byId = grouped(readable, ({ asked }) => keyOf(asked));
  const outcomesById = grouped(outcomes, keyOf);
  return [...byId].flatMap(([key, own]) => {
    const [first] = own;
    if (first === undefined) return [];
    const told = outcomesById.get(key) ?? [];
    const finals = told.filter(({ final }) => final);
    const { requestId } = first.asked;
    const accepted = told.filter(({ final }) => !final);
    return [
      { requestId, mode: first.mode, records: own, finals, accepted, asked: askedIn(own, told) },
    ];
  });
}

/** Outcomes that are about no record of their id: somebody made them up. */
export function inventedOutcomes({ records, outcomes }: Books): readonly RerunOutcome[] {
  const known = new Set(
    records.flatMap((record) =>
      record.asked === null ? [] : [`${keyOf(record.asked)} ${placeOf(record)}`],
    ),
  );
  return outcomes.filter((outcome) => !known.has(`${keyOf(outcome)} ${placeOf(outcome.source)}`));
}

/** The dead letters by the places of their records. */
export function deadLettersByPlace({
  deadLetters,
}: Books): ReadonlyMap<string, readonly BookedDeadLetter[]> {
  return grouped(deadLetters, placeOf);
}

/** The names of what is asked for, one for each target. */
export function targetNamesOf(about: {
  readonly product: string;
  readonly targets: readonly string[];
}): readonly string[] {
  return [...new Set(about.targets)].map((target) => `${about.product}\n${target}`);
}

/**
 * The calls by the targets that they name, each as far as it is about that target: requests share
 * calls, so that nobody can tell by a call alone whose it was.
 */
export function callsByTarget({ calls }: Books): ReadonlyMap<string, readonly BookedCall[]> {
  const pieces = calls.flatMap((call) =>
    [...new Set(call.targets)].map((target): BookedCall => {
      const ranTargets = call.ranTargets.filter((one) => one === target);
      // Where it is known which of its targets ran, the others did not.
      const executed = ranTargets.length > 0 || (call.executed && call.ranTargets.length === 0);
      return { ...call, targets: [target], ranTargets, executed };
    }),
  );
  return grouped(pieces, (piece) => targetNamesOf(piece).join());
}

function keyOf(one: { readonly provider: string; readonly requestId: string }): string {
  return `${one.provider}\n${one.requestId}`;
}

function askedIn(
  records: readonly ReadableRecord[],
  outcomes: readonly RerunOutcome[],
): AskedRequest | null {
  const sources = new Set(outcomes.map(({ source }) => placeOf(source)));
  const told = records.find((record) => sources.has(placeOf(record)));
  if (told !== undefined) return told.asked;
  const contents = new Set(records.map(({ asked }) => asked.content));
  return contents.size === 1 ? (records[0]?.asked ?? null) : null;
}
