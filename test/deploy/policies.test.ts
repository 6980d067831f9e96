import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import {
  type JsonMap,
  type Manifest,
  manifestsOf,
  podSpecOf,
} from "../../dev/check-deploy/manifest.ts";
import { openSecretsIn } from "../../dev/check-deploy/open-secrets.ts";
import { breachesOf } from "../../dev/check-deploy/restricted-profile.ts";
import {
  configTextOf,
  objectOf,
  probesOf,
  problemsWithConfig,
  timesOf,
} from "../../dev/check-deploy/rules.ts";
import type { Config, StaticCredentials } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";

const example = manifestsOf(
  readFileSync(new URL("../../docs/examples/rerun-dispatcher.yaml", import.meta.url), "utf8"),
);

const POD = { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } };
const OWN = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** A Pod that keeps to everything, but for what is put in the place of something. */
function aPod(change: { spec?: JsonMap; pod?: JsonMap; own?: JsonMap; container?: JsonMap } = {}) {
  const container = {
    name: "one",
    securityContext: { ...OWN, ...change.own },
    resources: { limits: { memory: "1Mi" } },
    ...change.container,
  };
  const spec = {
    automountServiceAccountToken: false,
    securityContext: { ...POD, ...change.pod },
    containers: [container],
    ...change.spec,
  };
  return { kind: "Pod", name: "pod", content: { spec } } satisfies Manifest;
}

describe("the rendered default manifest", () => {
  it("keeps to the profile restricted", () => {
    expect(example.flatMap(breachesOf)).toEqual([]);
  });

  it("shows no secret", () => {
    expect(example.flatMap(openSecretsIn)).toEqual([]);
  });

  it("has a config that the parser takes", () => {
    expect(problemsWithConfig(example)).toEqual([]);
  });

  it("reads its keys from where the Secret is mounted, again and again", () => {
    const folder = "/etc/rerun-dispatcher/providers/wedata";
    const files: Record<string, string> = { [`${folder}/id`]: "AKID", [`${folder}/secret`]: "old" };
    const readFile = (path: string) => files[path] ?? "";
    const parsed = parseConfig(configTextOf(example), { env: {}, readFile });
    const [provider] = (parsed as { readonly config: Config }).config.providers;
    const { reread } = provider?.credentials as StaticCredentials;
    files[`${folder}/secret`] = "new";

    expect(reread?.().secret.reveal()).toBe("new");
    const [container] = podSpecOf(objectOf(example, "Deployment"))?.["containers"] as [JsonMap];
    expect(container["volumeMounts"]).toContainEqual({
      name: expect.stringMatching(/^provider-/) as string,
      mountPath: folder,
      readOnly: true,
    });
  });

  it("gives a drain the time that it needs", () => {
    const { graceS, drainS } = timesOf(example);
    expect(graceS).toBeGreaterThan(drainS);
  });

  it("asks for life while it starts and runs, and for readiness apart", () => {
    expect(probesOf(example)).toEqual({
      startupProbe: "/livez",
      livenessProbe: "/livez",
      readinessProbe: "/readyz",
    });
  });

  it("is a working set, without the Pod of a test", () => {
    expect(example.map(({ kind }) => kind).toSorted()).toEqual([
      ...["ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget"],
      ...["Service", "ServiceAccount"],
    ]);
  });
});

describe("the check of the profile restricted", () => {
  it("has nothing against a Pod that keeps to it", () => {
    expect(breachesOf(aPod())).toEqual([]);
  });

  it.each([
    ["hostNetwork is on", aPod({ spec: { hostNetwork: true } })],
    ["hostPID is on", aPod({ spec: { hostPID: true } })],
    ["a volume of type hostPath", aPod({ spec: { volumes: [{ name: "a", hostPath: {} }] } })],
    ["a token is mounted", aPod({ spec: { automountServiceAccountToken: true } })],
    ["sysctls are set", aPod({ pod: { sysctls: [{ name: "a", value: "b" }] } })],
    ["runAsNonRoot is not true", aPod({ pod: { runAsNonRoot: false } })],
    ["runAsUser is not a number above 9999", aPod({ pod: { runAsUser: 1000 } })],
    ["runAsUser is not a number above 9999", aPod({ own: { runAsUser: 0 } })],
    ["no seccomp profile", aPod({ pod: { seccompProfile: { type: "Unconfined" } } })],
    ["privileges may be escalated", aPod({ own: { allowPrivilegeEscalation: true } })],
    ["it is privileged", aPod({ own: { privileged: true } })],
    ["the root file system can be written", aPod({ own: { readOnlyRootFilesystem: false } })],
    ["capabilities are kept", aPod({ own: { capabilities: {} } })],
    ["capabilities are added", aPod({ own: { capabilities: { drop: ["ALL"], add: ["A"] } } })],
    ["procMount is set", aPod({ own: { procMount: "Unmasked" } })],
    ["a port of the host", aPod({ container: { ports: [{ hostPort: 80 }] } })],
    ["no limit of memory", aPod({ container: { resources: {} } })],
  ])("finds it when %s", (breach, pod) => {
    expect(breachesOf(pod).join()).toContain(breach);
  });

  it("looks into the Pods of Jobs and at init containers", () => {
    const { spec } = aPod({ spec: { initContainers: [{ name: "first" }] } }).content;
    const job = { kind: "Job", name: "job", content: { spec: { template: { spec } } } };
    expect(breachesOf(job).join()).toContain(
      "Job job: container first: privileges may be escalated",
    );
  });
});

describe("the check for secrets in the open", () => {
  const aConfigMap = (file: string, text: string): Manifest => ({
    kind: "ConfigMap",
    name: "map",
    content: { data: { [file]: text } },
  });

  it.each([
    "providers: [{ credentials: { secret: hunter2 } }]",
    "kafka: { sasl: { password: 'x${env:A}' } }",
    "kafka: { sasl: { token: abc } }",
  ])("finds the literal in %s", (text) => {
    expect(openSecretsIn(aConfigMap("a.yaml", text))).toHaveLength(1);
  });

  it("finds a private key", () => {
    const text = "-----BEGIN PRIVATE KEY-----";
    expect(openSecretsIn(aConfigMap("client.pem", text))).toHaveLength(1);
  });

  it("lets references pass", () => {
    const text = "kafka: { sasl: { password: '${file:/a}' } }";
    expect(openSecretsIn(aConfigMap("a.yaml", text))).toEqual([]);
  });

  it("finds a variable with a value, not one from a Secret", () => {
    const env = [
      { name: "KAFKA_PASSWORD", value: "hunter2" },
      { name: "TC_SECRET", valueFrom: { secretKeyRef: { name: "a", key: "b" } } },
    ];
    const found = openSecretsIn(aPod({ container: { env } }));
    expect(found).toEqual(["Pod pod: .spec.containers[0].env[0] (KAFKA_PASSWORD)"]);
  });

  it("finds a Secret that the chart would make", () => {
    expect(openSecretsIn({ kind: "Secret", name: "s", content: {} })).toHaveLength(1);
  });
});
