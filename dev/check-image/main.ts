import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { lineOf, runChecks, type Tell } from "../check-deploy/check.ts";
import { mustRun } from "../check-deploy/run-command.ts";
import { findPythonTool } from "../check-deploy/tools.ts";
import { findOnPath } from "../stack/find-on-path.ts";
import { buildImage } from "./image-build.ts";
import { imageChecks } from "./image-checks.ts";

const usage = `Usage: npm run check:image

Lints the Dockerfile, builds it without an engine on a stand-in for its base image, and starts what
came out: as its user, on a read-only root, with real Kafka and registry and the provider simulator.

Building needs root, buildah and debootstrap (Debian has both); the stand-in is kept in the cache
folder. What could not be run is told as such. Exits with 1 when something does not hold.
`;

const tell: Tell = (...line) => void process.stdout.write(lineOf(...line));

const { values } = parseArgs({ options: { help: { type: "boolean", default: false } } });
if (values.help) process.stdout.write(usage);
else process.exitCode = await checkImage();

async function checkImage(): Promise<number> {
  // eslint-disable-next-line no-restricted-properties -- tools are found by the PATH of whoever asks
  const { env } = process;
  let failed = await lint(env);
  const missing = await whyNoBuild(env);
  if (missing !== null) {
    tell("not run", "the image is built and started", missing);
    return failed === 0 ? 0 : 1;
  }
  const scratch = await mkdtemp(join(tmpdir(), "rerun-image-"));
  try {
    // The image's user reads what is put there.
    await chmod(scratch, 0o755);
    const image = await buildImage(join(scratch, "store"), env);
    failed += await runChecks(imageChecks(image, scratch), tell);
  } catch (error) {
    failed += 1;
    tell("FAILED", "it is built", error instanceof Error ? error.message : String(error));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return failed === 0 ? 0 : 1;
}

async function lint(env: NodeJS.ProcessEnv): Promise<number> {
  const hadolint = await findPythonTool("hadolint", env);
  const title = "hadolint finds nothing";
  if (hadolint.kind === "missing") {
    tell("not run", title, hadolint.why);
    return 0;
  }
  const file = join(import.meta.dirname, "../../Dockerfile");
  const run = async () => {
    await mustRun(hadolint.path, [file], { env: hadolint.env });
    return (await mustRun(hadolint.path, ["--version"], { env: hadolint.env })).trim();
  };
  return runChecks([{ title, run }], tell);
}

/** What building lacks here; null when it can be tried. */
async function whyNoBuild(env: NodeJS.ProcessEnv): Promise<string | null> {
  if (process.getuid?.() !== 0) return "it needs to be root, to enter the image's file system";
  for (const name of ["buildah", "debootstrap", "unshare", "npm"]) {
    if ((await findOnPath(name, env)) === undefined) return `${name} missing`;
  }
  return null;
}
