import type { ReadEnd } from "../domain/provider.ts";

/** Rows of one page; the largest page that the products take is published nowhere. */
export const PAGE_SIZE = 100;

/** One page of a list, and how long the whole list is. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

export interface PagesOptions<Row> {
  /** Reads one page; they count from 1. */
  readonly readPage: (page: number) => Promise<ReadEnd<Page<Row>>>;
  /** No more pages than this are read. */
  readonly most: number;
  /** True for a row that ends the search. */
  readonly isWanted?: (row: Row) => boolean;
}

/** What was read of a list; `complete`: all of it. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly complete: boolean;
}

/** Reads a list page by page, to its end, a wanted row or the bound; one bad page spoils it. */
export async function readPages<Row>(options: PagesOptions<Row>): Promise<ReadEnd<Listing<Row>>> {
  const { readPage, most, isWanted = () => false } = options;
  const rows: Row[] = [];
  for (let page = 1; page <= most; page += 1) {
    const end = await readPage(page);
    if (end.kind === "unreadable") return end;
    rows.push(...end.value.rows);
    const complete = rows.length >= end.value.total;
    if (complete) return { kind: "read", value: { rows, complete } };
    // A server may take smaller pages than were asked for, so only an empty one is the last.
    if (end.value.rows.length === 0 || end.value.rows.some(isWanted)) break;
  }
  return { kind: "read", value: { rows, complete: false } };
}
