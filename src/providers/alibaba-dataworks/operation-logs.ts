import type { ReadEnd, ReadTurns } from "../../domain/provider.ts";
import { type Fields, fieldsOf, integerIn, objectIn, rowsIn } from "../alibaba-answer.ts";
import { type Listing, type Page, PAGE_SIZE, readPages } from "../alibaba-pages.ts";
import type { AlibabaProduct, ProductAction } from "../alibaba-product.ts";
import type { AlibabaAnswer } from "../alibaba-sdk.ts";

export const LIST_OPERATION_LOGS = "ListTaskInstanceOperationLogs";

/** One operation on an instance; its time is null when it was not told. */
export interface OperationLog {
  readonly createTime: number | null;
}

/** An instance has few operations a day; more pages than these are not read. */
const MOST_PAGES = 5;
/** The call was made at most so long before or after the moment that is known of it. */
const SLACK_MS = 5 * 60_000;
const HALF_HOUR_MS = 30 * 60_000;

/**
 * What people and programs did to an instance on the day of a moment, the day before or after it
 * included when midnight is near. The API takes a moment and shows its day, in a zone that no page
 * names; days begin at a full or half hour in every zone.
 */
export async function readOperationLogs(
  product: AlibabaProduct,
  { id, atMs }: { readonly id: string; readonly atMs: number },
  turns: ReadTurns,
): Promise<ReadEnd<Listing<OperationLog>>> {
  const [early, late] = [atMs - SLACK_MS, atMs + SLACK_MS];
  const isOneDay = Math.floor(early / HALF_HOUR_MS) === Math.floor(late / HALF_HOUR_MS);
  const rows: OperationLog[] = [];
  let complete = true;
  for (const dateMs of isOneDay ? [early] : [early, late]) {
    const end = await readPages({
      readPage: async (page) => product.read(turns, listOperationLogs(id, dateMs, page), pageIn),
      most: MOST_PAGES,
    });
    if (end.kind === "unreadable") return end;
    rows.push(...end.value.rows);
    complete &&= end.value.complete;
  }
  return { kind: "read", value: { rows, complete } };
}

function listOperationLogs(id: string, dateMs: number, page: number): ProductAction {
  const query = {
    Id: id,
    Date: String(Math.floor(dateMs)),
    PageNumber: String(page),
    PageSize: String(PAGE_SIZE),
  };
  return { action: LIST_OPERATION_LOGS, method: "GET", query };
}

function pageIn(answer: AlibabaAnswer): Page<OperationLog> | null {
  const fields = fieldsOf(answer);
  const paging = fields === null ? null : objectIn(fields, "PagingInfo");
  const total = paging === null ? null : integerIn(paging, "TotalCount");
  if (paging === null || total === null) return null;
  const rows = rowsIn(paging, "OperationLogs") ?? (total === 0 ? [] : null);
  return rows === null ? null : { rows: rows.map(logOf), total };
}

function logOf(row: Fields): OperationLog {
  return { createTime: integerIn(row, "CreateTime") };
}
