import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { findOnPath } from "./find-on-path.ts";

/** Kafka 4 and Apicurio Registry 2.6 need this one or a later one. */
export const oldestJava = 17;

/** A Java runtime that answered. `home` is known unless it was found on the PATH. */
export interface Java {
  readonly command: string;
  readonly major: number;
  readonly home?: string;
}

/** The runtime to use, or the ones that were found but are too old. */
export type JavaSearch =
  | { readonly kind: "found"; readonly java: Java }
  | { readonly kind: "none"; readonly tooOld: readonly Java[] };

/** Looks in JAVA_HOME, then on the PATH, then in the usual JVM folders; the first that suffices wins. */
export async function findJava(
  env: NodeJS.ProcessEnv,
  usualHomes = usualJavaHomes,
): Promise<JavaSearch> {
  const tooOld: Java[] = [];
  for await (const candidate of candidates(env, usualHomes)) {
    const major = await askMajor(candidate.command);
    if (major === undefined) continue;
    const java = { ...candidate, major };
    if (major >= oldestJava) return { kind: "found", java };
    tooOld.push(java);
  }
  return { kind: "none", tooOld };
}

/** The major in what `java -version` prints: 17 of "17.0.15", 8 of "1.8.0_402", 25 of "25-ea". */
export function parseJavaMajor(printed: string): number | undefined {
  const version = /version "(?:1\.)?(\d+)/.exec(printed)?.[1];
  return version === undefined ? undefined : Number(version);
}

type Candidate = Omit<Java, "major">;

async function askMajor(command: string): Promise<number | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, ["-version"]);
    return parseJavaMajor(stderr + stdout);
  } catch {
    return undefined; // not there, or a stub that only says where to get one
  }
}

/** In the order in which they are asked; the usual folders are read only if it comes to them. */
async function* candidates(
  env: NodeJS.ProcessEnv,
  usualHomes: () => Promise<Candidate[]>,
): AsyncGenerator<Candidate> {
  const home = env["JAVA_HOME"];
  if (home !== undefined && home !== "") yield atHome(home);
  const command = await findOnPath("java", env);
  if (command !== undefined) yield { command };
  yield* await usualHomes();
}

function atHome(home: string): Candidate {
  return { command: join(home, "bin", "java"), home };
}

/** Debian and Fedora; macOS; Homebrew on both processors; SDKMAN. */
async function usualJavaHomes(): Promise<Candidate[]> {
  const places: readonly (readonly [folder: string, inside: string])[] = [
    ["/usr/lib/jvm", ""],
    ["/Library/Java/JavaVirtualMachines", "Contents/Home"],
    ["/opt/homebrew/opt", "libexec/openjdk.jdk/Contents/Home"],
    ["/usr/local/opt", "libexec/openjdk.jdk/Contents/Home"],
    [join(homedir(), ".sdkman/candidates/java"), ""],
  ];
  const homes: Candidate[] = [];
  for (const [folder, inside] of places) {
    const names = await readdir(folder).catch(() => []);
    homes.push(...names.sort().map((name) => atHome(join(folder, name, inside))));
  }
  return homes;
}
