import { type Artifact, kafkaArtifact, registryArtifact } from "./artifact.ts";
import { cacheFolder, isCached } from "./cache.ts";
import { findOnPath } from "./find-on-path.ts";
import { findJava, type Java } from "./java.ts";
import {
  missingJava,
  missingMaven,
  type MissingPiece,
  missingPiecesMessage,
} from "./missing-pieces.ts";

/** The parts that the stack can start. */
export type PartName = "kafka" | "registry";

/** What this machine offers for starting the parts. */
export interface Toolbox {
  readonly env: NodeJS.ProcessEnv;
  readonly java: Java;
  /** Absent when there is none; then everything needed is in the cache. */
  readonly maven: string | undefined;
}

/**
 * Finds what the parts need before anything is started. Throws one error that names everything
 * missing together with the alternatives (missing-pieces.ts).
 */
export async function findTools(
  parts: readonly PartName[],
  env: NodeJS.ProcessEnv,
  search = findJava,
): Promise<Toolbox> {
  const [found, maven] = await Promise.all([search(env), findOnPath("mvn", env)]);
  const missing: MissingPiece[] = [];
  if (found.kind === "none") missing.push(missingJava(found.tooOld.map((java) => java.major)));
  if (maven === undefined) {
    const major = found.kind === "found" ? found.java.major : 0;
    const notCached = await titlesNotCached(parts, major, env);
    if (notCached.length > 0) missing.push(missingMaven(notCached));
  }
  if (found.kind === "none" || missing.length > 0) throw new Error(missingPiecesMessage(missing));
  return { env, java: found.java, maven };
}

/** What a part is made of, for the Java that will run it. */
export function artifactOf(part: PartName, javaMajor: number): Artifact {
  return part === "kafka" ? kafkaArtifact : registryArtifact(javaMajor);
}

async function titlesNotCached(
  parts: readonly PartName[],
  javaMajor: number,
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  const titles: string[] = [];
  for (const part of parts) {
    const artifact = artifactOf(part, javaMajor);
    if (!(await isCached(cacheFolder(env), artifact.id))) titles.push(artifact.title);
  }
  return titles;
}
