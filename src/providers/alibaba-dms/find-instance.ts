import type { DmsRerunTaskFlowInstance } from "../../domain/operation.ts";
import type { ReadEnd, ReadTurns } from "../../domain/provider.ts";
import { readPages } from "../alibaba-pages.ts";
import type { AlibabaProduct } from "../alibaba-product.ts";
import { daysAround, momentOf } from "./dms-time.ts";
import {
  type Days,
  type FlowInstance,
  listTaskFlowInstance,
  pageIn,
} from "./task-flow-instance.ts";

/** What a search through a task flow's records came to. */
export interface Search {
  readonly instance: FlowInstance | null;
  /** The other records that were read on the way. */
  readonly others: readonly FlowInstance[];
}

/** Where to look, and about when the record was started: days count from there. */
export interface Wanted {
  readonly operation: DmsRerunTaskFlowInstance;
  readonly atMs: number;
}

/** 500 records in four days, then 1,000 of all days: more are not read for one instance. */
const MOST_PAGES_OF_DAYS = 5;
const MOST_PAGES = 10;

/**
 * Finds one execution record: there is no read for one alone, only pages of the task flow's. Those
 * of the days around the moment come first; a record that started on another day (an old one that
 * was not run again, or not yet) is looked for among all. In which order the records come is
 * documented nowhere, so one beyond the bounds is not found.
 */
export async function findInstance(
  product: AlibabaProduct,
  { operation, atMs }: Wanted,
  turns: ReadTurns,
): Promise<ReadEnd<Search>> {
  const search = async (days: Days | null, most: number): Promise<ReadEnd<Search>> => {
    const end = await readPages({
      readPage: async (page) =>
        product.read(turns, listTaskFlowInstance(operation, days, page), pageIn),
      most,
      isWanted: ({ id }) => id === operation.dagInstanceId,
    });
    return end.kind === "read" ? { kind: "read", value: searchIn(end.value.rows) } : end;
  };
  const searchIn = (rows: readonly FlowInstance[]): Search => ({
    instance: latest(rows.filter(({ id }) => id === operation.dagInstanceId)),
    others: rows.filter(({ id }) => id !== operation.dagInstanceId),
  });
  const near = await search(daysAround(atMs), MOST_PAGES_OF_DAYS);
  if (near.kind === "unreadable" || near.value.instance !== null) return near;
  const anywhere = await search(null, MOST_PAGES);
  if (anywhere.kind === "unreadable") return anywhere;
  const others = [...near.value.others, ...anywhere.value.others];
  return { kind: "read", value: { instance: anywhere.value.instance, others } };
}

/** A manual record among the others that started since this moment, to the second. */
export function newcomerIn({ others }: Search, sinceMs: number): FlowInstance | null {
  const isNew = ({ startTime }: FlowInstance) => (momentOf(startTime) ?? -Infinity) >= sinceMs;
  return others.find((one) => one.isManual && isNew(one)) ?? null;
}

function latest(rows: readonly FlowInstance[]): FlowInstance | null {
  const startOf = ({ startTime }: FlowInstance) => momentOf(startTime) ?? -Infinity;
  return rows.toSorted((a, b) => startOf(b) - startOf(a))[0] ?? null;
}
