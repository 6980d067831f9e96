import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Check } from "./check.ts";
import { CHART, type Helm, MINORS, SETS, THREE_VALUES, valuesText } from "./chart.ts";
import { at, type Manifest, manifestsOf, shown } from "./manifest.ts";
import { openSecretsIn } from "./open-secrets.ts";
import { breachesOf } from "./restricted-profile.ts";
import {
  checksumOf,
  lostValues,
  objectOf,
  portsOf,
  probesOf,
  problemsWithConfig,
  timesOf,
} from "./rules.ts";
import { NEEDED, WRONG_VALUES } from "./wrong-values.ts";

/** Where the rendered default manifest stands as an example. */
export const EXAMPLE = join(CHART, "../../docs/examples/rerun-dispatcher.yaml");

/** What it is rendered with: whoever applies it does not want the Pod of `helm test`. */
export const EXAMPLE_ARGS: readonly string[] = [...THREE_VALUES, "--skip-tests"];

/** The checks that need nothing but Helm. */
export function helmChecks(helm: Helm): readonly Check[] {
  const rendered = async (name: string): Promise<readonly Manifest[]> =>
    manifestsOf(await helm.render(SETS[name] ?? []));
  const inEach = async (
    judge: (
      all: readonly Manifest[],
      name: string,
    ) => readonly string[] | Promise<readonly string[]>,
  ): Promise<string> => {
    let count = 0;
    for (const name of Object.keys(SETS)) {
      const all = await rendered(name);
      count += all.length;
      refuse((await judge(all, name)).map((one) => `${name}: ${one}`));
    }
    return `${count} objects of ${Object.keys(SETS).length} sets of values`;
  };
  const withSet = async (...values: readonly string[]) => {
    const args = values.flatMap((one) => ["--set", one]);
    return manifestsOf(await helm.render([...THREE_VALUES, ...args]));
  };

  return [
    {
      title: "helm lint --strict",
      run: async () => {
        await helm.lint([]);
        for (const args of Object.values(SETS)) await helm.lint(args);
        return `without values, and ${Object.keys(SETS).join(", ")}`;
      },
    },
    { title: "every set of values is rendered", run: async () => inEach(() => []) },
    {
      title: "the service's parser takes every rendered config",
      run: async () => inEach(problemsWithConfig),
    },
    {
      title: "no value is lost or becomes another type",
      run: async () =>
        inEach(async (all, name) =>
          name === "default" ? [] : lostValues(all, await valuesText(name)),
        ),
    },
    {
      title: "Pods keep to the profile restricted",
      run: async () => inEach((all) => all.flatMap(breachesOf)),
    },
    {
      title: "no secret in a ConfigMap or in the open",
      run: async () => inEach((all) => all.flatMap(openSecretsIn)),
    },
    {
      title: "probes ask the right pages",
      run: async () =>
        inEach((all) => {
          const probes = JSON.stringify(probesOf(all));
          return probes === PROBES ? [] : [probes];
        }),
    },
    {
      title: "wrong values are refused by their keys",
      run: async () => {
        for (const { set, named } of WRONG_VALUES) await mustFail(helm, set, [named]);
        const { code, stderr } = await helm.template([]);
        if (code === 0) throw new Error("no values at all are accepted");
        refuse(NEEDED.filter((key) => !stderr.includes(key)));
        return `${WRONG_VALUES.length} values, and none at all`;
      },
    },
    {
      title: "terminationGracePeriodSeconds exceeds drainTimeout",
      run: async () => {
        const times = ["100ms", "25s", "00090s", "10m", "1h"];
        for (const time of times) {
          const all = await withSet(`config.drainTimeout=${time}`, ...QUICK_CONNECTION);
          const { graceS, drainS } = timesOf(all);
          if (!(graceS > drainS)) throw new Error(`${graceS} s for ${time}`);
        }
        return times.join(", ");
      },
    },
    {
      title: "KEDA never scales past the partitions",
      run: async () => {
        for (const partitions of [1, 3, 12]) {
          const keys = { enabled: true, partitions, minReplicaCount: 1 };
          const sets = Object.entries(keys).map(([key, value]) => `autoscaling.${key}=${value}`);
          const all = await withSet(...sets);
          const most = at(objectOf(all, "ScaledObject").content, "spec", "maxReplicaCount");
          if (most !== partitions) throw new Error(`${shown(most)} for ${partitions} partitions`);
          const more = [...sets, `autoscaling.maxReplicaCount=${partitions + 1}`];
          await mustFail(
            helm,
            more.flatMap((one) => ["--set", one]),
            ["autoscaling.maxReplicaCount"],
          );
        }
        return "1, 3 and 12 partitions; one replica more is refused";
      },
    },
    {
      title: "a change of the config rolls the Pods, nothing else does",
      run: async () => {
        const before = checksumOf(await withSet());
        const other = checksumOf(await withSet("replicaCount=3"));
        const changed = checksumOf(await withSet("config.log.level=debug"));
        if (before !== other || before === changed) throw new Error("the checksum is wrong");
        return "by its checksum";
      },
    },
    {
      title: "the network policy lets in metrics alone",
      run: async () => {
        const { into, out } = portsOf(objectOf(await rendered("default"), "NetworkPolicy"));
        const found = `in ${into.join(" ")}, out ${out.join(" ")}`;
        if (found !== "in 9464, out 53 53 9092 443 443") throw new Error(found);
        return found;
      },
    },
    {
      title: "the notes say what is next",
      run: async () => {
        const notes = await helm.notes(THREE_VALUES);
        const steps = ["rollout status", "topics --config", "schemas --config", "check --config"];
        const wanted = [...steps, "image.repository is not set"];
        refuse(wanted.filter((one) => !notes.includes(one)).map((one) => `no ${one}`));
        return `${notes.trim().split("\n").length} lines`;
      },
    },
    {
      title: "docs/examples/rerun-dispatcher.yaml is what the defaults give",
      run: async () => {
        const text = await helm.render(EXAMPLE_ARGS);
        if (text.trim() !== (await readFile(EXAMPLE, "utf8")).trim()) {
          throw new Error("it is not: npm run check:deploy -- --write-example");
        }
        return `for Kubernetes ${MINORS[0]} and newer`;
      },
    },
  ];
}

/** A connection whose calls end within any drain. */
const QUICK_CONNECTION = [
  ...["name=wedata", "kind=tencent-wedata", "region=ap-singapore"],
  ...["connectTimeout=10ms", "callTimeout=20ms"],
].map((pair) => `config.providers[0].${pair}`);

const PROBES = JSON.stringify({
  startupProbe: "/livez",
  livenessProbe: "/livez",
  readinessProbe: "/readyz",
});

/** What the wrong values have for secrets. */
const SECRETS = /hunter2|-----BEGIN/;

async function mustFail(
  helm: Helm,
  set: readonly string[],
  named: readonly string[],
): Promise<void> {
  const shown = set.filter((one) => one !== "--set").join(" ");
  const { code, stderr } = await helm.template([...THREE_VALUES, ...set]);
  if (code === 0) throw new Error(`${shown} is accepted`);
  if (SECRETS.test(stderr)) throw new Error(`the error about ${named.join()} shows the secret`);
  const missing = named.filter((key) => !stderr.includes(key));
  if (missing.length > 0) throw new Error(`${shown}: no word of ${missing.join()}: ${stderr}`);
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join("; "));
}
