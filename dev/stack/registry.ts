import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

import { withFreePorts } from "./free-ports.ts";
import { JavaPart } from "./java-part.ts";
import { jvmFlags } from "./jvm-flags.ts";
import { type PartHandle } from "./part-handle.ts";
import { type PartStart } from "./part-start.ts";

/** A registry that answers, at the path that clients of Confluent's registry use. */
export interface StartedRegistry {
  readonly url: string;
  readonly handle: PartHandle;
}

/** Starts Apicurio Registry with its storage in memory; resolves once it lists its subjects. */
export async function startRegistry(start: PartStart): Promise<StartedRegistry> {
  const jar = await runnerJar(start.artifactFolder);
  const tempFolder = join(start.run.folder, "registry-tmp");
  await mkdir(tempFolder, { recursive: true });
  return withFreePorts(2, async ([port = 0, managementPort = 0]) => {
    const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
    const handle = new JavaPart({
      ...start,
      command: {
        name: "registry",
        command: start.java.command,
        args: [
          ...jvmFlags("384m", tempFolder),
          "-Dquarkus.http.host=127.0.0.1",
          `-Dquarkus.http.port=${port}`,
          // Without these, 3.x opens port 9000 on all interfaces.
          "-Dquarkus.management.host=127.0.0.1",
          `-Dquarkus.management.port=${managementPort}`,
          "-Dquarkus.log.level=WARN",
          "-jar",
          jar,
        ],
      },
      answers: async () => {
        const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(3000) });
        return response.status === 200;
      },
    });
    await handle.start();
    return { url, handle };
  });
}

/** 3.x is packed as Quarkus' fast-jar, 2.6 as its legacy-jar with the version in the name. */
async function runnerJar(folder: string): Promise<string> {
  const names = await readdir(folder);
  const jar = names.find((name) => name === "quarkus-run.jar" || name.endsWith("-runner.jar"));
  if (jar === undefined) throw new Error(`No runner jar in ${folder}: delete it and start again`);
  return join(folder, jar);
}
