import type { Config, LogConfig, ProviderConfig, ThrottleScope } from "./config.ts";
import { type ConfigProblem, type ConfigWarning, Findings, showFound } from "./config-problem.ts";
import { isMissing, type Place } from "./config-value.ts";
import { readClaims, readDedupe, warnOfLateCalls } from "./read-claims.ts";
import { readAllowedEndpoints } from "./read-endpoint.ts";
import { GUARD_KEYS, NO_GUARDS, readGuards } from "./read-guards.ts";
import { KAFKA_KEYS, readKafka } from "./read-kafka.ts";
import type { ReadingContext } from "./read-pem.ts";
import { readProvider } from "./read-provider.ts";
import { warnOfVainRetries } from "./read-uncertain.ts";
import { readSchemaRegistry, REGISTRY_KEYS } from "./read-schema-registry.ts";
import { resolveReferences, type Surroundings } from "./references.ts";
import { Section } from "./section.ts";
import { readYamlTree } from "./yaml-tree.ts";

/** A config that can be used, or everything that is wrong with it. */
export type ParsedConfig =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigWarning[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

const ROOT_KEYS = [
  "kafka",
  "schemaRegistry",
  "providers",
  "guards",
  "dedupe",
  "claims",
  "limits",
  "throttle",
  "intake",
  "endpoints",
  "http",
  "drainTimeout",
  "log",
] as const;

/** Reads have a fifth of `callsPerDay`, rounded down: with less there is none. */
const CALLS_FOR_A_READ = 5;
const NO_READS =
  "leaves no reads a day, of which reads have a fifth: jobs and runs cannot be followed and end UNKNOWN/TRACKING_TIMED_OUT; 5 or more leave some";

/**
 * Reads a whole config file. Pure: the environment, the files and the time come from `surroundings`.
 *
 * All problems are reported at once, except that a file which is not YAML has no others. Neither
 * secrets nor what came through a reference is ever quoted in a problem.
 */
export function parseConfig(yamlText: string, surroundings: Surroundings): ParsedConfig {
  const findings = new Findings();
  const tree = readYamlTree(yamlText, findings);
  if (tree === undefined) return { ok: false, problems: findings.problems };
  const value = resolveReferences(tree, surroundings, findings);
  const root = new Section({ path: "", value }, ROOT_KEYS, findings);
  const config = readRoot(root, { surroundings, findings });
  const { problems, warnings } = findings;
  return problems.length === 0 ? { ok: true, config, warnings } : { ok: false, problems };
}

function readRoot(root: Section, context: ReadingContext): Config {
  const limits = root.section("limits", ["targetsPerRequest"]);
  const endpoints = readAllowedEndpoints(root, context.findings);
  const intake = root.section("intake", ["maxWaiting"]);
  const drainTimeoutMs = root.duration("drainTimeout", {
    default: 25_000,
    min: 100,
    max: 3_600_000,
  });
  const config = {
    kafka: readKafka(root.section("kafka", KAFKA_KEYS), context),
    schemaRegistry: readSchemaRegistry(root.section("schemaRegistry", REGISTRY_KEYS), context),
    providers: readProviders(root, drainTimeoutMs, endpoints, context),
    endpoints,
    dedupe: readDedupe(root),
    claims: readClaims(root),
    limits: {
      targetsPerRequest: limits.integer("targetsPerRequest", { default: 200, min: 1, max: 10_000 }),
    },
    throttle: { scope: readScope(root) },
    intake: {
      maxWaiting: intake.integer("maxWaiting", { default: 200_000, min: 1, max: 10_000_000 }),
    },
    http: readHttp(root.section("http", ["host", "port", "stallAfter"])),
    drainTimeoutMs,
    log: readLog(root.section("log", ["level", "format"])),
  };
  warnOfLateCalls(root, config, context.findings);
  return config;
}

function readProviders(
  root: Section,
  drainTimeoutMs: number,
  allowed: Config["endpoints"],
  context: ReadingContext,
): readonly ProviderConfig[] {
  const isDrainRight = context.findings.areClean(["drainTimeout"]);
  const drain = isDrainRight
    ? { ms: drainTimeoutMs, shown: root.shown("drainTimeout") }
    : undefined;
  const expected = "a list of at least one provider connection";
  const places = root.items("providers", expected);
  const { value } = root.place("providers");
  const isEmpty = !root.has("providers") || value?.kind === "list";
  if (places.length === 0 && isEmpty && !isMissing(value)) root.refuse("providers", expected);
  const guards = readGuards(root.section("guards", GUARD_KEYS), NO_GUARDS);
  const providers = places.map((place) =>
    readProvider(place, { ...context, allowed, drain, guards }),
  );
  refuseTwins(places, context.findings);
  refuseWrongShares(places, providers, context.findings);
  warnOfNoReads(places, providers, context.findings);
  warnOfVainRetries(places, providers, context.findings);
  return providers;
}

/** Warns of days too short for a single read where something must be read to be followed. */
function warnOfNoReads(
  places: readonly Place[],
  providers: readonly ProviderConfig[],
  findings: Findings,
): void {
  places.forEach(({ path }, index) => {
    const owner = providers[index];
    const callsPerDay = owner?.rateLimit.callsPerDay ?? Infinity;
    if (owner === undefined || callsPerDay >= CALLS_FOR_A_READ) return;
    const all = providers.filter((one) => one === owner || one.rateLimit.shareWith === owner.name);
    if (!all.some(mustRead)) return;
    findings.warn(`${path}.rateLimit.callsPerDay`, NO_READS);
  });
}

/** WeData's answers name jobs and runs that go on behind them. */
function mustRead({ kind, track }: ProviderConfig): boolean {
  return kind === "tencent-wedata" || track.until === "finished";
}

/** A limit is shared with a connection of the same kind that has limits of its own. */
function refuseWrongShares(
  places: readonly Place[],
  providers: readonly ProviderConfig[],
  findings: Findings,
): void {
  places.forEach(({ path }, index) => {
    const sharePath = `${path}.rateLimit.shareWith`;
    const sharer = providers[index];
    const wanted = sharer?.rateLimit.shareWith ?? null;
    if (sharer === undefined || wanted === null) return;
    if (!findings.areClean([sharePath, `${path}.kind`, `${path}.name`])) return;
    const wrong = wrongShare(sharer, wanted, providers);
    const isThere = providers.some(({ name }) => name === wanted);
    const names = isThere ? "" : namesBeside(index, places, findings);
    if (wrong !== null) findings.add(sharePath, JSON.stringify(wanted), `${wrong}${names}`);
  });
}

function wrongShare(
  sharer: ProviderConfig,
  wanted: string,
  providers: readonly ProviderConfig[],
): string | null {
  const owner = providers.find(({ name }) => name === wanted);
  if (owner === sharer || sharer.name === wanted) return "another connection than itself";
  if (owner === undefined) return "the name of another connection";
  if (owner.kind !== sharer.kind) return `a connection of its own kind, ${sharer.kind}`;
  if (owner.rateLimit.shareWith === null) return null;
  return `a connection with limits of its own: ${wanted} shares those of ${owner.rateLimit.shareWith}`;
}

/** The other connections that there are, as far as the file itself says their names. */
function namesBeside(index: number, places: readonly Place[], findings: Findings): string {
  const others = places.filter((_, other) => other !== index);
  if (others.length === 0) return ", and there is none";
  const names = others.flatMap(({ path, value }) => {
    if (!findings.areClean([`${path}.name`])) return [];
    const name = value?.kind === "map" ? value.entries.get("name") : undefined;
    const isWritten = name?.kind === "scalar" && name.origin === "file";
    return isWritten && typeof name.value === "string" ? [name.value] : [];
  });
  return names.length === 0 ? "" : `: ${names.join(", ")}`;
}

/** Requests name their connection, so that a name must mean one. */
function refuseTwins(places: readonly Place[], findings: Findings): void {
  const firstPathOf = new Map<string, string>();
  for (const { path, value } of places) {
    const name = value?.kind === "map" ? value.entries.get("name") : undefined;
    if (name?.kind !== "scalar" || typeof name.value !== "string") continue;
    const namePath = `${path}.name`;
    const first = firstPathOf.get(name.value);
    if (first === undefined) firstPathOf.set(name.value, namePath);
    else {
      findings.add(namePath, showFound(namePath, name), `another name than ${first} has`);
    }
  }
}

function readScope(root: Section): ThrottleScope {
  const throttle = root.section("throttle", ["scope"]);
  return throttle.choice("scope", ["group", "instance"], "group") ?? "group";
}

function readHttp(http: Section): Config["http"] {
  return {
    host: http.text("host", {
      expected: "a host name or address to listen on",
      matches: /^[A-Za-z0-9.:_-]{1,255}$/,
      default: "0.0.0.0",
    }),
    port: http.integer("port", { default: 9464, min: 0, max: 65_535 }),
    stallAfterMs: http.duration("stallAfter", { default: 60_000, min: 1000, max: 3_600_000 }),
  };
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

function readLog(log: Section): LogConfig {
  return {
    level: log.choice("level", LEVELS, "info") ?? "info",
    format: log.choice("format", ["json", "pretty"], "json") ?? "json",
  };
}
