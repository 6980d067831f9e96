import { describe, expect, it } from "vitest";
import type { ReadEnd } from "../../src/domain/provider.ts";
import { type Page, readPages } from "../../src/providers/alibaba-pages.ts";

/** A list of numbers in pages of this size; notes which pages were read. */
const list = (length: number, size: number) => {
  const pages: number[] = [];
  const rows = Array.from({ length }, (_, index) => index);
  const readPage = async (page: number): Promise<ReadEnd<Page<number>>> => {
    pages.push(page);
    const shown = rows.slice((page - 1) * size, page * size);
    return { kind: "read", value: { rows: shown, total: length } };
  };
  return { pages, rows, readPage };
};

describe("a list that comes in pages", () => {
  it.each([
    [0, [1]],
    [10, [1]],
    [11, [1, 2]],
    [25, [1, 2, 3]],
  ])("of %d rows is read to its end, and not further", async (length, pages) => {
    const numbers = list(length, 10);

    expect(await readPages({ readPage: numbers.readPage, most: 5 })).toStrictEqual({
      kind: "read",
      value: { rows: numbers.rows, complete: true },
    });
    expect(numbers.pages).toStrictEqual(pages);
  });

  it("ends at the bound, and says so", async () => {
    const { readPage, pages } = list(100, 10);

    expect(await readPages({ readPage, most: 2 })).toMatchObject({ value: { complete: false } });
    expect(pages).toStrictEqual([1, 2]);
  });

  it("ends at the page with a wanted row", async () => {
    const { readPage, pages } = list(100, 10);

    await readPages({ readPage, most: 9, isWanted: (row) => row === 15 });
    expect(pages).toStrictEqual([1, 2]);
  });

  it("ends at an empty page, whatever the total says", async () => {
    const readPage = async (): Promise<ReadEnd<Page<number>>> => ({
      kind: "read",
      value: { rows: [], total: 7 },
    });

    expect(await readPages({ readPage, most: 5 })).toStrictEqual({
      kind: "read",
      value: { rows: [], complete: false },
    });
  });

  it("is unreadable when one page is", async () => {
    const bad = { kind: "unreadable", result: "throttled", message: "too fast" } as const;
    const { readPage } = list(30, 10);

    expect(
      await readPages({
        readPage: async (page) => (page === 2 ? bad : readPage(page)),
        most: 5,
      }),
    ).toStrictEqual(bad);
  });
});
