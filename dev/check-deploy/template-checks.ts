import { type Helm, THREE_VALUES } from "./chart.ts";
import type { Check } from "./check.ts";
import { at, listOf, type Manifest, mapOf, manifestsOf, podSpecOf, shown } from "./manifest.ts";
import { objectOf, portsOf } from "./rules.ts";

/** What single values do to the objects. */
export function templateChecks(helm: Helm): readonly Check[] {
  const textOf = async (args: readonly string[], release?: string): Promise<string> =>
    helm.render([...THREE_VALUES, ...args], release);
  const withSet = async (...values: readonly string[]): Promise<readonly Manifest[]> =>
    manifestsOf(await textOf(values.flatMap((one) => ["--set", one])));

  return [
    {
      title: "every release has valid names of its own",
      run: async () => {
        const hooks = ["topics", "schemas", "check"].map((hook) => `hooks.${hook}.enabled=true`);
        const args = hooks.flatMap((one) => ["--set", one]);
        const fullnames = new Set<string>();
        for (const release of RELEASES) {
          const all = manifestsOf(await textOf(args, release));
          const wrong = all.filter((one) => !NAME.test(one.name) || one.name.length > LONGEST_NAME);
          if (wrong.length > 0) throw new Error(wrong.map(({ name }) => name).join());
          fullnames.add(objectOf(all, "Service").name);
        }
        if (fullnames.size < RELEASES.length) throw new Error([...fullnames].join());
        return [...fullnames].join(", ");
      },
    },
    {
      title: "Recreate brings no settings of a rolling update",
      run: async () => {
        const deployment = objectOf(await withSet("updateStrategy.type=Recreate"), "Deployment");
        return mustBe('{"type":"Recreate"}', shown(at(deployment.content, "spec", "strategy")));
      },
    },
    {
      title: "whole numbers keep their digits",
      run: async () => {
        const values = ["replicaCount=1000000", "podDisruptionBudget.maxUnavailable=1000000"];
        const text = await textOf(values.flatMap((one) => ["--set-json", one]));
        const lines = ["replicas: 1000000", "maxUnavailable: 1000000"];
        const found = lines.filter((line) => text.includes(`  ${line}\n`));
        return mustBe(lines.join(", "), found.join(", "));
      },
    },
    {
      title: "blank lists and mappings are as good as empty ones",
      run: async () => {
        const blank = BLANK.map((key) => `${key}=null`);
        await withSet("metrics.podMonitor.enabled=true", ...blank);
        await withSet("autoscaling.enabled=true", ...blank);
        const json = JSON.stringify([{ ...CONNECTION, credentials: { type: "env" } }]);
        await textOf(["--set", "providerSecrets=null", "--set-json", `config.providers=${json}`]);
        return `${BLANK.length + 1} keys`;
      },
    },
    {
      title: "a chart above may switch this one on",
      run: async () => `${(await withSet("enabled=true", "global.team=platform")).length} objects`,
    },
    {
      title: "the network policy knows the ports of endpoints",
      run: async () => {
        const endpoint = "https://wedata.intl.tencentcloudapi.com:8443/";
        const json = JSON.stringify([{ ...CONNECTION, endpoint }]);
        const all = manifestsOf(await textOf(["--set-json", `config.providers=${json}`]));
        return mustBe("8443", portsOf(objectOf(all, "NetworkPolicy")).out.at(-1) ?? "");
      },
    },
    {
      title: "helm test reaches the service when others may not",
      run: async () => {
        const label = "networkPolicy.ingress.from[0].podSelector.matchLabels.name=prometheus";
        const all = await withSet(label, "podLabels.team=platform");
        const [rule] = listOf(at(objectOf(all, "NetworkPolicy").content, "spec", "ingress"));
        const peers = listOf(mapOf(rule)["from"]).map((one) =>
          mapOf(at(one, "podSelector", "matchLabels")),
        );
        const labels = mapOf(at(objectOf(all, "Pod").content, "metadata", "labels"));
        const isLetIn = peers.some((peer) =>
          Object.entries(peer).every(([key, value]) => labels[key] === value),
        );
        return mustBe("true", String(isLetIn && labels["team"] === "platform"));
      },
    },
    {
      title: "hooks run as the account that is there",
      run: async () => {
        const hook = "hooks.check.enabled=true";
        const existing = ["serviceAccount.create=false", "serviceAccount.name=existing"];
        const own = "hooks.serviceAccountName=own";
        const accounts = await Promise.all(
          [[hook], [hook, ...existing], [hook, ...existing, own]].map(async (values) =>
            shown(podSpecOf(objectOf(await withSet(...values), "Job"))?.["serviceAccountName"]),
          ),
        );
        return mustBe("null, existing, own", accounts.join(", "));
      },
    },
    {
      title: "hooks leave nothing behind once they have succeeded",
      run: async () => {
        const hooks = await withSet("hooks.topics.enabled=true", "hooks.check.enabled=true");
        const policies = hooks.flatMap(({ kind, content }) => {
          const annotations = mapOf(at(content, "metadata", "annotations"));
          const policy = annotations["helm.sh/hook-delete-policy"];
          return policy === undefined ? [] : [`${kind} ${shown(policy)}`];
        });
        const wrong = policies.filter((one) => !one.endsWith("hook-creation,hook-succeeded"));
        if (wrong.length > 0) throw new Error(wrong.join());
        return `${policies.length} objects`;
      },
    },
    {
      title: "the notes warn of more processes than the limit is for",
      run: async () => {
        const warning = /up\s+to (\d+) run at one time/;
        const told = await Promise.all(
          SCOPES.map(async (values) => {
            const args = values.flatMap((one) => ["--set", one]);
            return warning.exec(await helm.notes([...THREE_VALUES, ...args]))?.[1] ?? "none";
          }),
        );
        return mustBe("none, 3, 2, none, 8", told.join(", "));
      },
    },
  ];
}

/** Helm's longest name has 53 characters; dots and digits may stand where DNS labels have none. */
const RELEASES = [
  ...["reruns", "my.release", "my-release", "1abc"],
  ...[`${"a".repeat(52)}b`, `${"a".repeat(52)}c`, `${"a-".repeat(26)}d`],
];

const NAME = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** A Job's Pods have 6 characters more, of which a label may have 63. */
const LONGEST_NAME = 57;

const CONNECTION = { name: "wedata", kind: "tencent-wedata", region: "ap-singapore" };

const BLANK = [
  ...["commonLabels", "podLabels", "podAnnotations", "secretMounts", "imagePullSecrets"],
  ...[
    "extraEnv",
    "extraVolumes",
    "extraVolumeMounts",
    "nodeSelector",
    "affinity",
    "updateStrategy",
  ],
  ...["topologySpreadConstraints", "resources", "extraObjects", "service.annotations"],
  ...["metrics.podMonitor.labels", "networkPolicy.ingress.from", "networkPolicy.kafka.ports"],
  ...["autoscaling.triggerMetadata", "autoscaling.authenticationRef", "config.kafka.topics"],
  ...["image.tag", "image.digest", "serviceAccount.name", "hooks.serviceAccountName"],
  ...["metrics.podMonitor.scrapeTimeout", "priorityClassName", "nameOverride", "fullnameOverride"],
  ...["config.endpoints", "config.throttle", "config.http"],
];

/** Values of `throttle.scope` with what decides how many processes there are. */
const SCOPES = [
  ["replicaCount=5"],
  ["config.throttle.scope=instance"],
  ["config.throttle.scope=instance", "replicaCount=1"],
  ["config.throttle.scope=instance", "replicaCount=1", "updateStrategy.type=Recreate"],
  ["config.throttle.scope=${env:SCOPE}", "autoscaling.enabled=true", "autoscaling.partitions=7"],
];

function mustBe(wanted: string, found: string): string {
  if (found !== wanted) throw new Error(`${found}, not ${wanted}`);
  return wanted;
}
