/** One line of a table; what would end a cell is escaped. */
export function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Text as code. */
export function code(text: string): string {
  return `\`${text}\``;
}
