import { patternOf } from "../../src/config/not-built-yet.ts";
import { problemsOf, type Tree } from "./config-probe.ts";
import { code, row } from "./markdown.ts";

const PROVIDER = {
  name: "example",
  kind: "tencent-wedata",
  region: "ap-singapore",
  credentials: { type: "static", id: "id", secret: "secret" },
};

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
  ofProvider("`track: { interval: 20m }`", { track: { interval: "20m" } }),
  refused("two providers with one name", { providers: [PROVIDER, PROVIDER] }),
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
