import { problemsOf, type Tree } from "./config-probe.ts";
import { code, row } from "./markdown.ts";

const PROVIDER = {
  name: "example",
  kind: "tencent-wedata",
  region: "ap-singapore",
  credentials: { type: "static", id: "id", secret: "secret" },
};

const ROLE = { type: "role", roleArn: "qcs::cam::uin/100000000001:roleName/reruns" };

type Keys = Readonly<Record<string, Tree>>;

/** Combinations that are refused, each right in its parts: of the whole file or of one provider. */
const WRONG: readonly { readonly shown: string; readonly config: Keys }[] = [
  refused("`kafka: { heartbeatInterval: 20s }`", { kafka: { heartbeatInterval: "20s" } }),
  refused("`kafka: { topics: { outcomes: rerun.requests } }`", {
    kafka: { topics: { outcomes: "rerun.requests" } },
  }),
  refused("`kafka: { topics: { deadLetters: rerun.outcomes } }`", {
    kafka: { topics: { deadLetters: "rerun.outcomes" } },
  }),
  refused("`kafka: { topics: { journal: rerun.dead-letters } }`", {
    kafka: { topics: { journal: "rerun.dead-letters" } },
  }),
  refused("`kafka: { topics: { checkpoints: rerun.journal } }`", {
    kafka: { topics: { checkpoints: "rerun.journal" } },
  }),
  refused("`kafka: { topics: { control: rerun.checkpoints } }`", {
    kafka: { topics: { control: "rerun.checkpoints" } },
  }),
  refused("`sasl: { mechanism: oauthbearer, username: … }`", {
    kafka: { sasl: { mechanism: "oauthbearer", token: "token", username: "user" } },
  }),
  refused("`schemaRegistry: { username: … }` without `password`", {
    schemaRegistry: { username: "user" },
  }),
  refused("`schemaRegistry: { url: http://…, caFile: … }`", {
    schemaRegistry: { url: "http://registry:8081", caFile: "ca.pem" },
  }),
  refused("`schemaRegistry: { url: http://user:password@… }`", {
    schemaRegistry: { url: "http://user:password@registry:8081" },
  }),
  ofProvider("`endpoint: http://wedata.tencentcloudapi.com`", {
    endpoint: "http://wedata.tencentcloudapi.com",
  }),
  ofProvider("`endpoint: wedata.example.com`", { endpoint: "wedata.example.com" }),
  ofProvider("`connectTimeout: 11s`", { connectTimeout: "11s" }),
  ofProvider("`callTimeout: 20s`", { callTimeout: "20s" }),
  ofProvider("`retry: { firstDelay: 1m }`", { retry: { firstDelay: "1m" } }),
  ofProvider('`holdWindows: [{ cron: "0 22 * * *", duration: 24h }]`', {
    holdWindows: [{ cron: "0 22 * * *", duration: "24h" }],
  }),
  ofProvider("`holdWindows` of 12h at `0 0 * * *` and at `0 12 * * *`", {
    holdWindows: ["0 0 * * *", "0 12 * * *"].map((cron) => ({ cron, duration: "12h" })),
  }),
  ofProvider("`uncertain: retry-if-absent`, `evidence: { before: never }`", {
    uncertain: "retry-if-absent",
    evidence: { before: "never" },
  }),
  ofProvider("`track: { interval: 20m }`", { track: { interval: "20m" } }),
  refused("two providers with one name", { providers: [PROVIDER, PROVIDER] }),
  ofProvider("`caFile: ca.pem` with `endpoint: http://localhost:8443`", {
    endpoint: "http://localhost:8443",
    caFile: "ca.pem",
  }),
  ofProvider("`credentials: { type: role, source: { type: role, … } }`", {
    credentials: { ...ROLE, source: { ...ROLE, source: PROVIDER.credentials } },
  }),
  ofProvider("`rateLimit: { callsPerSecond: 6, totalPerSecond: 5 }`", {
    rateLimit: { callsPerSecond: 6, totalPerSecond: 5 },
  }),
  ofProvider("`kind: alibaba-dataworks`, `rateLimit: { callsPerSecond: 6 }`", {
    kind: "alibaba-dataworks",
    rateLimit: { callsPerSecond: 6 },
  }),
  ofProvider("`rateLimit: { perOperation: { TencentRerunTaskInstances: 21 } }`", {
    rateLimit: { perOperation: { TencentRerunTaskInstances: 21 } },
  }),
  shares("`shareWith: example`, which is itself", "example"),
  shares("`shareWith: nobody`, which is not there", "nobody"),
  shares("`shareWith: sharer`, which shares itself", "sharer", {
    ...PROVIDER,
    name: "sharer",
    rateLimit: { shareWith: "other" },
  }),
  shares("`shareWith: dms`, a connection of another kind", "dms", {
    ...PROVIDER,
    name: "dms",
    kind: "alibaba-dms",
  }),
  ofProvider("`rateLimit: { shareWith: other, readsPerSecond: 5 }`", {
    rateLimit: { shareWith: "other", readsPerSecond: 5 },
  }),
];

/** One line of a table per combination; throws when the parser accepts one of them. */
export function relationRows(): readonly string[] {
  return WRONG.map(({ shown, config }) => {
    const [problem] = problemsOf({ providers: [PROVIDER], ...config });
    if (problem === undefined) throw new Error(`nothing is wrong with ${shown}`);
    return row([code(patternOf(problem.path)), shown, problem.expected]);
  });
}

function refused(shown: string, config: Keys): { readonly shown: string; readonly config: Keys } {
  return { shown, config };
}

function ofProvider(shown: string, keys: Keys) {
  return refused(shown, { providers: [{ ...PROVIDER, ...keys }] });
}

/** A first provider that wants to share limits, beside `another` and one that has its own. */
function shares(shown: string, shareWith: string, ...another: readonly Keys[]) {
  const other = { ...PROVIDER, name: "other" };
  return refused(shown, {
    providers: [{ ...PROVIDER, rateLimit: { shareWith } }, ...another, other],
  });
}

/** Spells a concrete path like the tables do: `providers[3].kind` becomes `providers[].kind`. */
function patternOf(path: string): string {
  return path.replaceAll(/\[\d+\]/g, "[]");
}
