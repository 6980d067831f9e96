import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Check } from "./check.ts";
import { type Helm, MINORS, SETS } from "./chart.ts";
import { runCommand } from "./run-command.ts";
import type { Tool } from "./tools.ts";

/**
 * Whether all objects are valid, strictly, by the published schemas of three Kubernetes minors. Kinds
 * that operators bring have no schema there; they are counted and told.
 */
export function kubernetesCheck(helm: Helm, validator: Tool & { readonly kind: "found" }): Check {
  return {
    title: `objects are valid for Kubernetes ${MINORS.join(", ")}`,
    run: async () => {
      const folder = await mkdtemp(join(tmpdir(), "rerun-deploy-"));
      try {
        return await validateAll(helm, validator, folder);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}

async function validateAll(
  helm: Helm,
  { path, env }: Tool & { readonly kind: "found" },
  folder: string,
): Promise<string> {
  let passed = 0;
  const unknown = new Set<string>();
  for (const [name, args] of Object.entries(SETS)) {
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, await helm.render(args));
    for (const minor of MINORS) {
      const { code, stdout, stderr } = await runCommand(path, ["-k", minor, "--strict", file], {
        env,
      });
      const lines = `${stdout}\n${stderr}`.split("\n");
      const errors = lines.filter((line) => /^ERROR|Traceback/.test(line));
      if (code !== 0 || errors.length > 0) throw new Error(`${name}: ${errors.join("; ")}`);
      passed += lines.filter((line) => line.includes(" passed for resource ")).length;
      for (const line of lines) {
        const kind = /find schema for kind (\w+)/.exec(line)?.[1];
        if (kind !== undefined) unknown.add(kind);
      }
    }
  }
  if (passed === 0) throw new Error("nothing was validated");
  return `${passed} passed; no schema for ${[...unknown].sort().join(", ") || "none"}`;
}
