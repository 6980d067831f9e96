import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { BuiltImage } from "./image-build.ts";

/** A process of the image. */
export interface ImageProcess {
  readonly process: ChildProcess;
  /** What it wrote so far, both streams, by lines. */
  readonly lines: readonly string[];
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
}

export interface ImageRun {
  readonly image: BuiltImage;
  /** Behind the image's entrypoint. */
  readonly args: readonly string[];
  /** Seen as /mnt. */
  readonly folder: string;
  /** For mount points; the caller removes it. */
  readonly scratch: string;
  readonly env?: Readonly<Record<string, string>>;
}

// Ends as the image's own process: every step takes the place of the one before, so that a signal
// reaches it as it does in a container. The mounts go with it.
const ENTER = `set -e
mount --bind "$1" "$2"
mount -o remount,ro,bind "$2"
mount --bind "$3" "$2/mnt"
mount -t proc proc "$2/proc"
shift 3
exec chroot --userspec="$RUN_AS" "$ROOT" "$@"`;

/** Gives a program mounts of its own; part of every Debian. */
const NAMESPACE = "unshare";

/**
 * Runs the image's entrypoint as a cluster would: as its user, on a root file system that nobody can
 * write, without a shell in between. Needs to be root.
 */
export async function runInImage(run: ImageRun): Promise<ImageProcess> {
  const { config, folder: fileSystem } = run.image;
  const root = await mkdtemp(join(run.scratch, "root-"));
  const [node = "", ...rest] = config.Entrypoint;
  const started = rest.map((one) => (one.startsWith("-") ? one : `/app/${one}`));
  const program = [`/usr/local/bin/${node}`, ...started, ...run.args];
  const child = spawn(
    NAMESPACE,
    ["--mount", "sh", "-c", ENTER, "sh", fileSystem, root, run.folder, ...program],
    {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ROOT: root, RUN_AS: config.User, ...run.env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => lines.push(line));
  }
  const ended = once(child, "close").then(
    ([code, signal]) => (code ?? signal) as number | string, // documented: one of them is set
  );
  return { process: child, lines, ended };
}

/** The same to its end. Rejects with its last lines when it does not end with 0. */
export async function runToEnd(run: ImageRun): Promise<readonly string[]> {
  const child = await runInImage(run);
  const end = await child.ended;
  if (end === 0) return child.lines;
  throw new Error(`${run.args.join(" ")} ended with ${end}:\n${child.lines.slice(-10).join("\n")}`);
}
