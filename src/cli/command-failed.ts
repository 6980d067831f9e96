import type { Terminal } from "./terminal.ts";

/** A command's end that its user can do something about. The message says what, where and what to do. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly exitCode: 1 | 2;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: 1 | 2 } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Runs a command to its exit code; a `CommandFailed` is told on stderr. Rejects only on a bug. */
export async function exitCodeOf(
  terminal: Terminal,
  command: () => Promise<number>,
): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    terminal.stderr(`${error.message}\n`);
    return error.exitCode;
  }
}
