import {
  at,
  type Json,
  type JsonMap,
  listOf,
  type Manifest,
  mapOf,
  podSpecOf,
  shown,
} from "./manifest.ts";

/** Volumes that the profile allows (kubernetes.io/docs/concepts/security/pod-security-standards). */
const VOLUMES = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

/**
 * What of an object breaks the Pod Security Standard `restricted`, and what this chart promises
 * beyond it: a numeric user above the range that hosts use, a root file system that nobody writes,
 * no token, memory limits.
 */
export function breachesOf(manifest: Manifest): readonly string[] {
  const pod = podSpecOf(manifest);
  if (pod === undefined) return [];
  const containers = ["containers", "initContainers", "ephemeralContainers"].flatMap((key) =>
    listOf(pod[key]).map(mapOf),
  );
  const breaches = [...ofPod(pod), ...containers.flatMap((one) => ofContainer(one, pod))];
  return breaches.map((breach) => `${manifest.kind} ${manifest.name}: ${breach}`);
}

function ofPod(pod: JsonMap): readonly string[] {
  const hostly = ["hostNetwork", "hostPID", "hostIPC"].filter((key) => pod[key] === true);
  const volumes = listOf(pod["volumes"]).flatMap((volume) => {
    const types = Object.keys(mapOf(volume)).filter((key) => key !== "name");
    return types.filter((type) => !VOLUMES.has(type)).map((type) => `a volume of type ${type}`);
  });
  return [
    ...hostly.map((key) => `${key} is on`),
    ...volumes,
    ...unless(pod["automountServiceAccountToken"] === false, "a token is mounted"),
    ...unless(listOf(at(pod, "securityContext", "sysctls")).length === 0, "sysctls are set"),
  ];
}

function ofContainer(container: JsonMap, pod: JsonMap): readonly string[] {
  const name = shown(container["name"]);
  const own = mapOf(container["securityContext"]);
  const inherited = mapOf(pod["securityContext"]);
  const either = (key: string): Json | undefined => own[key] ?? inherited[key];
  const user = either("runAsUser");
  const seccomp = shown(at(either("seccompProfile"), "type"));
  const added = listOf(at(own, "capabilities", "add"));
  const ports = listOf(container["ports"]).map(mapOf);
  return [
    ...unless(either("runAsNonRoot") === true, "runAsNonRoot is not true"),
    ...unless(typeof user === "number" && user >= 10_000, "runAsUser is not a number above 9999"),
    ...unless(["RuntimeDefault", "Localhost"].includes(seccomp), "no seccomp profile"),
    ...unless(own["allowPrivilegeEscalation"] === false, "privileges may be escalated"),
    ...unless(own["privileged"] !== true, "it is privileged"),
    ...unless(own["readOnlyRootFilesystem"] === true, "the root file system can be written"),
    ...unless(listOf(at(own, "capabilities", "drop")).includes("ALL"), "capabilities are kept"),
    ...unless(added.length === 0, "capabilities are added"),
    ...unless(own["procMount"] === undefined, "procMount is set"),
    ...unless(
      ports.every((port) => port["hostPort"] === undefined),
      "a port of the host",
    ),
    ...unless(at(container, "resources", "limits", "memory") !== undefined, "no limit of memory"),
  ].map((breach) => `container ${name}: ${breach}`);
}

function unless(isRight: boolean, breach: string): readonly string[] {
  return isRight ? [] : [breach];
}
