import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type Artifact } from "./artifact.ts";
import { cached, cacheFolder } from "./cache.ts";
import { type StackRun } from "./stack-run.ts";
import { type Toolbox } from "./toolbox.ts";

/** Where progress goes, and how long one download may take. */
export interface DownloadSettings {
  readonly log: (line: string) => void;
  readonly downloadTimeoutMs: number;
}

/**
 * Returns the folders of the artifacts, downloaded with Maven where the cache lacks them.
 *
 * One after the other: two Mavens filling one empty local repository get in each other's way, and
 * the line is the bottleneck anyway.
 */
export async function obtainArtifacts(
  artifacts: readonly Artifact[],
  tools: Toolbox,
  run: StackRun,
  settings: DownloadSettings,
): Promise<string[]> {
  const folders: string[] = [];
  for (const artifact of artifacts) {
    folders.push(
      await cached(cacheFolder(tools.env), artifact.id, async (folder) => {
        settings.log(`Downloading ${artifact.title} with Maven (${artifact.megabytes} MB, once)`);
        await download(artifact, folder, tools, run, settings.downloadTimeoutMs);
      }),
    );
  }
  return folders;
}

async function download(
  artifact: Artifact,
  folder: string,
  tools: Toolbox,
  run: StackRun,
  timeoutMs: number,
): Promise<void> {
  if (tools.maven === undefined) throw new Error(`${artifact.id} is not cached, and no mvn`);
  const pom = join(run.folder, `${artifact.id}.pom.xml`);
  await writeFile(pom, artifact.pom);
  // -C: a download whose checksum is wrong fails instead of being kept.
  const args = ["-q", "-B", "-C", "-f", pom, ...artifact.mavenArguments(folder)];
  // A JAVA_HOME that we passed over would be Maven's choice, too; undefined is left out.
  const env = { ...tools.env, JAVA_HOME: tools.java.home };
  await run.runToEnd({ name: `maven-${artifact.id}`, command: tools.maven, args, env }, timeoutMs);
}
