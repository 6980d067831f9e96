import { execFile } from "node:child_process";

/** How a command ended. */
export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LONGEST_OUTPUT = 64 * 1024 * 1024;

/** Runs a command to its end. Rejects only when it cannot be started. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { ...options, maxBuffer: LONGEST_OUTPUT, encoding: "utf8" },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== "number") {
          reject(new Error(`${command} cannot be run`, { cause: error }));
        } else resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      },
    );
  });
}

/** The same for a command that must end well; what it printed. Rejects with what it complained of. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, options);
  if (code === 0) return stdout;
  const words = `${stdout}\n${stderr}`.trim().split("\n").slice(-20).join("\n");
  throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${words}`);
}
