import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import type { Books, RequestRecord, Violation } from "./books.ts";
import { grouped } from "./grouped.ts";
import {
  deadLettersByPlace,
  historiesOf,
  inventedOutcomes,
  placeOf,
  type RequestHistory,
} from "./request-histories.ts";

/**
 * Requests that do not end in exactly one distinct final outcome, and records that are neither done
 * nor a dead letter, or both.
 */
export function auditOutcomes(books: Books): readonly Violation[] {
  const histories = historiesOf(books);
  return [
    ...histories.flatMap((history) => [
      ...unended(history, books),
      ...conflictingOutcomes(history),
      ...differingRepeats(history),
      ...wrongDeadLetters(history, books),
    ]),
    ...deadLettersMissing(histories, books),
    ...uncommitted(books),
    ...inventedOutcomes(books).map(({ requestId, source }): Violation => {
      const message = `an outcome about ${placeOf(source)}, where no such request stands`;
      return { kind: "conflicting", mode: "?", requestId, message };
    }),
  ];
}

function unended(history: RequestHistory, books: Books): readonly Violation[] {
  if (history.finals.length > 0) return [];
  const { mode, requestId, records } = history;
  const places = records.map(placeOf).join(", ");
  if (records.every((record) => isCommitted(record, books))) {
    const message = `no final outcome, and ${places} counts as done`;
    return [{ kind: "lost", mode, requestId, message }];
  }
  return [
    { kind: "stuck", mode, requestId, message: `no final outcome yet; it stands at ${places}` },
  ];
}

/** One end, and one news of its being under way, however often they are repeated. */
function conflictingOutcomes(history: RequestHistory): readonly Violation[] {
  const { mode, requestId, finals, accepted } = history;
  return [finals, accepted].flatMap((outcomes): readonly Violation[] => {
    const ids = new Set(outcomes.map(({ outcomeId }) => outcomeId));
    if (ids.size <= 1) return [];
    const told = outcomes.map(({ status, source }) => `${status} about ${placeOf(source)}`);
    const message = `${ids.size} distinct outcomes: ${[...new Set(told)].join(", ")}`;
    return [{ kind: "conflicting", mode, requestId, message }];
  });
}

/** Who drops repeats by their id must not care which one is kept. */
function differingRepeats(history: RequestHistory): readonly Violation[] {
  const { mode, requestId, finals, accepted } = history;
  const byId = grouped([...finals, ...accepted], ({ outcomeId }) => outcomeId);
  return [...byId].flatMap(([outcomeId, repeats]) => {
    const distinct = new Set(repeats.map(textOf));
    if (distinct.size === 1) return [];
    const message = `${distinct.size} different outcomes have the id ${outcomeId}: ${[...distinct].join(" | ")}`;
    return [{ kind: "conflicting", mode, requestId, message }];
  });
}

/** What won its id, or never had to, is no dead letter. */
function wrongDeadLetters(history: RequestHistory, books: Books): readonly Violation[] {
  const { mode, requestId, records, asked } = history;
  const letters = deadLettersByPlace(books);
  return records.flatMap((record) => {
    const letter = letters.get(placeOf(record))?.[0];
    const isLoser = asked !== null && record.asked.content !== asked.content;
    if (letter === undefined || (isLoser && letter.reason === "conflicting-request-id")) return [];
    const message = `${placeOf(record)} is a dead letter (${letter.reason}), and nothing was wrong with it`;
    return [{ kind: "conflicting", mode, requestId, message }];
  });
}

/** What nobody can read, or asks for something else under a known id, is a dead letter. */
function deadLettersMissing(
  histories: readonly RequestHistory[],
  books: Books,
): readonly Violation[] {
  const letters = deadLettersByPlace(books);
  const unreadable = books.records.filter(({ asked }) => asked === null);
  const losers = histories.flatMap(({ asked, records }) =>
    records.filter((record) => asked !== null && record.asked.content !== asked.content),
  );
  const missing = [...unreadable, ...losers].filter((record) => !letters.has(placeOf(record)));
  return missing.map((record): Violation => {
    const { mode, asked } = record;
    const kind = isCommitted(record, books) ? "lost" : "stuck";
    const message = `${placeOf(record)} had to become a dead letter, and has not`;
    return { kind, mode, requestId: asked?.requestId ?? null, message };
  });
}

/** Nothing may hold a partition up for ever. */
function uncommitted(books: Books): readonly Violation[] {
  const byPartition = grouped(books.records, ({ partition }) => partition);
  return [...byPartition].flatMap(([partition, records]) => {
    const open = records.filter((record) => !isCommitted(record, books));
    const lowest = open.toSorted((a, b) => Number(a.offset - b.offset))[0];
    if (lowest === undefined) return [];
    const requestId = lowest.asked?.requestId ?? null;
    const message = `partition ${partition} stands still at ${lowest.offset}`;
    return [{ kind: "stuck", mode: lowest.mode, requestId, message }];
  });
}

function isCommitted({ partition, offset }: RequestRecord, { committed }: Books): boolean {
  return offset < (committed.get(partition) ?? 0n);
}

function textOf(outcome: RerunOutcome): string {
  return JSON.stringify(outcome, (_name, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
}
