import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import {
  type Check,
  exitCodeOf,
  lineOf,
  type Missing,
  runChecks,
  type Tell,
} from "../check-deploy/check.ts";
import { mustRun } from "../check-deploy/run-command.ts";
import { findPythonTool, type Tool } from "../check-deploy/tools.ts";
import { findOnPath } from "../stack/find-on-path.ts";
import { buildImage } from "./image-build.ts";
import { imageChecks } from "./image-checks.ts";

const usage = `Usage: npm run check:image [-- --allow-missing]

Lints the Dockerfile, builds it without an engine on a stand-in for its base image, and starts what
came out: as its user, on a read-only root, with real Kafka and registry and the provider simulator.

Building needs root, buildah and debootstrap (Debian has both); the stand-in is kept in the cache
folder.

  --allow-missing   exits with 0 although tools are missing, if what can be run holds

Exits with 1 when something does not hold, or could not be run.
`;

const LINT = "hadolint finds nothing";

const tell: Tell = (...line) => void process.stdout.write(lineOf(...line));

const { values } = parseArgs({
  options: {
    "allow-missing": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(usage);
else process.exitCode = await checkImage(values["allow-missing"]);

async function checkImage(allowMissing: boolean): Promise<number> {
  // eslint-disable-next-line no-restricted-properties -- tools are found by the PATH of whoever asks
  const { env } = process;
  const hadolint = await findPythonTool("hadolint", env);
  const whyNot = await whyNoBuild(env);
  const missing: readonly Missing[] = [
    ...(hadolint.kind === "missing" ? [{ title: LINT, why: hadolint.why }] : []),
    ...(whyNot === null ? [] : [{ title: "the image is built and started", why: whyNot }]),
  ];
  const linted = hadolint.kind === "found" ? await runChecks([lintCheck(hadolint)], tell) : 0;
  const failed = linted + (whyNot === null ? await buildAndStart(env) : 0);
  return exitCodeOf(failed, missing, { allowMissing, tell });
}

/** Resolves with how many checks of the built image did not hold. */
async function buildAndStart(env: NodeJS.ProcessEnv): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), "rerun-image-"));
  try {
    // The image's user reads what is put there.
    await chmod(scratch, 0o755);
    const image = await buildImage(join(scratch, "store"), env);
    return await runChecks(imageChecks(image, scratch), tell);
  } catch (error) {
    tell("FAILED", "it is built", error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function lintCheck({ path, env }: Tool & { readonly kind: "found" }): Check {
  const file = join(import.meta.dirname, "../../Dockerfile");
  const run = async () => {
    await mustRun(path, [file], { env });
    return (await mustRun(path, ["--version"], { env })).trim();
  };
  return { title: LINT, run };
}

/** What building lacks here; null when it can be tried. */
async function whyNoBuild(env: NodeJS.ProcessEnv): Promise<string | null> {
  if (process.getuid?.() !== 0) return "it needs to be root, to enter the image's file system";
  for (const name of ["buildah", "debootstrap", "unshare", "npm"]) {
    if ((await findOnPath(name, env)) === undefined) return `${name} missing`;
  }
  return null;
}
