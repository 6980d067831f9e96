/** Rows as text in aligned columns, without trailing blanks; one line a row. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<readonly number[]>(
    (widest, row) => row.map((cell, index) => Math.max(widest[index] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) => columnLine(row, widths)).join("");
}

/** One row of such a table when the widths are set beforehand; longer cells push the rest aside. */
export function columnLine(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, index) => printable(cell).padEnd(widths[index] ?? 0));
  return `${cells.join("  ").trimEnd()}\n`;
}

/** What others wrote must not steer the terminal that shows it. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\uFFFD");
}
