/** Where a command writes. Texts go out as they are, so they end in a line break of their own. */
export interface Terminal {
  /** Data, for the next program. */
  stdout(text: string): void;
  /** What people read. */
  stderr(text: string): void;
  /** Whether stderr is a terminal, which can show progress. */
  readonly isTTY: boolean;
}
