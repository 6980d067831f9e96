import type { Terminal } from "../../src/cli/terminal.ts";

/** A terminal that keeps what was written. */
export function aTerminal(): Terminal & { out: string; err: string } {
  const terminal = {
    out: "",
    err: "",
    isTTY: false,
    stdout: (text: string) => void (terminal.out += text),
    stderr: (text: string) => void (terminal.err += text),
  };
  return terminal;
}
