import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { at, manifestsOf, shown } from "./manifest.ts";
import { type CommandEnd, mustRun, runCommand } from "./run-command.ts";

/** The chart's folder. */
export const CHART = join(import.meta.dirname, "../../helm/rerun-dispatcher");

/** The three values that an installation must give, as arguments. */
export const THREE_VALUES = [
  ...["--set", "config.kafka.brokers={kafka.example.com:9092}"],
  ...["--set", "config.schemaRegistry.url=https://registry.example.com"],
  ...["--set", "providerSecrets.wedata.secretName=wedata-keys"],
] as const;

/** The sets of values that everything is rendered with, by name, as arguments. */
export const SETS: Readonly<Record<string, readonly string[]>> = {
  default: THREE_VALUES,
  ...Object.fromEntries(
    ["minimal", "full", "hostile"].map((name) => [name, ["--values", valuesFile(name)]]),
  ),
};

/** The file of a set of values. */
export function valuesFile(name: string): string {
  return join(CHART, "ci", `${name}-values.yaml`);
}

/** The text of a set of values. */
export async function valuesText(name: string): Promise<string> {
  return readFile(valuesFile(name), "utf8");
}

/** Kubernetes minors that all manifests are held against: the chart's oldest, and up to the newest. */
export const MINORS = ["1.29", "1.33", "1.37"] as const;

const RELEASE = "reruns";

const NOTES_AS_OBJECT = `apiVersion: v1
kind: ConfigMap
metadata: { name: notes }
data:
  notes: {{ tpl (.Files.Get "NOTES.txt") . | quote }}
`;

/** Helm with this chart. */
export class Helm {
  readonly #path: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(path: string, env: NodeJS.ProcessEnv) {
    this.#path = path;
    this.#env = env;
  }

  /** The text of all objects of a release, or how the rendering failed. */
  async template(args: readonly string[], release = RELEASE): Promise<CommandEnd> {
    const fixed = ["template", release, CHART, "--namespace", "reruns"];
    return runCommand(this.#path, [...fixed, ...this.#version(), ...args], { env: this.#env });
  }

  /** The text of all objects. Rejects with what Helm says. */
  async render(args: readonly string[], release = RELEASE): Promise<string> {
    const { code, stdout, stderr } = await this.template(args, release);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }

  /**
   * What an installation tells its operator. The notes are rendered as the text of an object, in a
   * copy of the chart: Helm itself only shows them when it reaches a cluster.
   */
  async notes(args: readonly string[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "rerun-notes-"));
    try {
      const copy = join(folder, "rerun-dispatcher");
      await cp(CHART, copy, { recursive: true });
      await rename(join(copy, "templates/NOTES.txt"), join(copy, "NOTES.txt"));
      await writeFile(join(copy, "templates/notes.yaml"), NOTES_AS_OBJECT);
      const asked = ["template", RELEASE, copy, "--show-only", "templates/notes.yaml"];
      const all = [...asked, ...this.#version(), ...args];
      const text = await mustRun(this.#path, all, { env: this.#env });
      return shown(at(manifestsOf(text)[0]?.content, "data", "notes"));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** Lints with these values; rejects with the findings. */
  async lint(args: readonly string[]): Promise<void> {
    await mustRun(this.#path, ["lint", "--strict", CHART, ...this.#version(), ...args], {
      env: this.#env,
    });
  }

  /** A Helm that was built from its module does not know the version of its Kubernetes client. */
  #version(): readonly string[] {
    return ["--kube-version", `${MINORS[MINORS.length - 1]}.0`];
  }
}
