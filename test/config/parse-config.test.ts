import { describe, expect, it } from "vitest";
import { renderProblems } from "../../src/config/config-problem.ts";
import { aConfig, configOf, onlyProblemOf, pathsOf, problemsOf, warningsOf } from "./parsing.ts";

describe("a config with nothing but a provider", () => {
  it("gets the contract's defaults", () => {
    expect(configOf(aConfig())).toMatchObject({
      kafka: {
        brokers: ["localhost:9092"],
        clientId: "rerun-dispatcher",
        groupId: "rerun-dispatcher",
        ssl: null,
        sasl: null,
        sessionTimeoutMs: 45_000,
        heartbeatIntervalMs: 3000,
        topics: {
          requests: "rerun.requests",
          outcomes: "rerun.outcomes",
          deadLetters: "rerun.dead-letters",
          journal: "rerun.journal",
          checkpoints: "rerun.checkpoints",
        },
      },
      schemaRegistry: {
        url: "http://localhost:8081",
        username: null,
        password: null,
        timeoutMs: 5000,
        ca: null,
      },
      providers: [
        {
          name: "wedata",
          endpoint: { protocol: "https", host: "wedata.intl.tencentcloudapi.com", port: null },
          ca: null,
          rateLimit: { callsPerSecond: 20, readsPerSecond: 20 },
          maxConcurrentCalls: 20,
          connectTimeoutMs: 5000,
          callTimeoutMs: 10_000,
          retry: { maxAttempts: 5, firstDelayMs: 500, maxDelayMs: 30_000 },
          uncertain: "report",
          track: { intervalMs: 2000, timeoutMs: 600_000 },
        },
      ],
      dedupe: { windowMs: 86_400_000 },
      claims: { callWithinMs: 3000, graceMs: 5000 },
      limits: { targetsPerRequest: 200 },
      intake: { maxWaiting: 200_000 },
      http: { host: "0.0.0.0", port: 9464, stallAfterMs: 60_000 },
      drainTimeoutMs: 25_000,
      log: { level: "info", format: "json" },
    });
  });

  it("is the same with empty sections", () => {
    const root =
      "kafka: null, schemaRegistry: {}, dedupe: {}, claims: null, limits: null, http: null, log: {}";
    expect(configOf(aConfig({ root }))).toEqual(configOf(aConfig()));
  });
});

describe("a config without providers", () => {
  it.each(["", "{}", "providers:", "providers: []", "# nothing"])("is refused: %j", (yaml) => {
    expect(onlyProblemOf(yaml)).toMatchObject({
      path: "providers",
      expected: "a list of at least one provider connection",
    });
  });

  it.each(["just text", "[1, 2]", "42"])("is refused: %j", (yaml) => {
    expect(pathsOf(yaml)).toEqual(["(the file)", "providers"]);
  });

  it("is refused when providers are no list", () => {
    expect(onlyProblemOf("providers: { name: a }").found).toBe("a mapping");
  });

  it("tells of each required key", () => {
    expect(pathsOf("providers: [{}, 3]")).toEqual([
      "providers[0].name",
      "providers[0].kind",
      "providers[0].region",
      "providers[0].credentials",
      "providers[1]",
      "providers[1].name",
      "providers[1].kind",
      "providers[1].region",
      "providers[1].credentials",
    ]);
  });
});

describe("all problems", () => {
  const yaml = `
kafka: { brokers: [nohost], broker: x }
drainTimeout: 5
providers:
  - { name: a b, kind: tencent-weda, region: r, credentials: { type: passport }, endpoint: http://a.com }
  - { name: c, kind: alibaba-dataworks, region: r, credentials: { type: static, id: "\${env:NO}", secret: s } }
`;

  it("are reported at once, with their paths", () => {
    expect(pathsOf(yaml).toSorted()).toEqual([
      "drainTimeout",
      "kafka.broker",
      "kafka.brokers[0]",
      "providers[0].credentials.type",
      "providers[0].endpoint",
      "providers[0].kind",
      "providers[0].name",
      "providers[1].credentials.id",
    ]);
  });

  it("are rendered one to a line: path, what was found, what is allowed", () => {
    const lines = renderProblems(problemsOf(yaml)).trimEnd().split("\n");
    expect(lines).toHaveLength(8);
    expect(lines).toContain(
      'providers[0].kind: found "tencent-weda"; expected one of tencent-wedata, alibaba-dataworks, alibaba-dms; did you mean tencent-wedata?',
    );
    expect(lines).toContain(
      "drainTimeout: found 5; expected a duration from 100ms to 1h, written like 250ms, 5s, 10m or 24h",
    );
  });
});

describe("an unknown key", () => {
  it.each([
    ["kafka2: {}", "kafka2", "did you mean kafka?"],
    ["draintimeout: 5s", "draintimeout", "did you mean drainTimeout?"],
    ["kafka: { group-id: x }", "kafka.group-id", "did you mean groupId?"],
    ["http: { prt: 1 }", "http.prt", "did you mean port?"],
    ["log: { zzzzz: 1 }", "log.zzzzz", "only level, format"],
    ["endpoints: { 'a.b': 1 }", 'endpoints["a.b"]', "only allow, allowAddresses"],
  ])("is a problem: %s", (root, path, expected) => {
    const problem = onlyProblemOf(aConfig({ root }));
    expect(problem).toMatchObject({ path, found: "an unknown key" });
    expect(problem.expected).toContain(expected);
  });

  it("of a provider is found too", () => {
    expect(onlyProblemOf(aConfig({ provider: "retry: { maxattempts: 3 }" }))).toMatchObject({
      path: "providers[0].retry.maxattempts",
    });
  });
});

describe("numbers", () => {
  it.each([
    ["providers[0].rateLimit.callsPerSecond", "rateLimit: { callsPerSecond: 0 }"],
    ["providers[0].rateLimit.callsPerSecond", "rateLimit: { callsPerSecond: 1001 }"],
    ["providers[0].rateLimit.callsPerSecond", "rateLimit: { callsPerSecond: 19.5 }"],
    ["providers[0].rateLimit.callsPerSecond", 'rateLimit: { callsPerSecond: "20" }'],
    ["providers[0].rateLimit.callsPerSecond", "rateLimit: { callsPerSecond: null }"],
    ["providers[0].rateLimit.readsPerSecond", "rateLimit: { readsPerSecond: .inf }"],
    ["providers[0].maxConcurrentCalls", "maxConcurrentCalls: -1"],
    ["providers[0].retry.maxAttempts", "retry: { maxAttempts: 0 }"],
    ["providers[0].callTimeout", "callTimeout: 10"],
    ["providers[0].callTimeout", "callTimeout: 0s"],
    ["providers[0].callTimeout", "callTimeout: [10s]"],
    ["providers[0].track.timeout", "track: { timeout: 400h }"],
    ["providers[0].uncertain", "uncertain: retry"],
  ])("outside of their range are a problem at %s: %s", (path, provider) => {
    expect(onlyProblemOf(aConfig({ provider })).path).toBe(path);
  });

  it.each([
    ["limits.targetsPerRequest", "limits: { targetsPerRequest: 0 }"],
    ["intake.maxWaiting", "intake: { maxWaiting: 1e9 }"],
    ["http.port", "http: { port: 65536 }"],
    ["http.stallAfter", "http: { stallAfter: 10ms }"],
    ["http.host", 'http: { host: "a b" }'],
    ["kafka.sessionTimeout", "kafka: { sessionTimeout: 5s }"],
    ["dedupe.window", "dedupe: { window: 59s }"],
    ["dedupe.window", "dedupe: { window: 2161h }"],
    ["dedupe.window", "dedupe: { window: null }"],
    ["claims.callWithin", "claims: { callWithin: 99ms }"],
    ["claims.callWithin", "claims: { callWithin: 61s }"],
    ["claims.grace", "claims: { grace: 301s }"],
    ["kafka.topics.journal", "kafka: { topics: { journal: null } }"],
    ["kafka.topics.checkpoints", "kafka: { topics: { checkpoints: a b } }"],
    ["log.level", "log: { level: verbose }"],
    ["log.format", "log: { format: text }"],
    ["endpoints.allow[1]", "endpoints: { allow: [example.com, com] }"],
    ["endpoints.allow", "endpoints: { allow: example.com }"],
  ])("and words outside of theirs are a problem at %s: %s", (path, root) => {
    expect(onlyProblemOf(aConfig({ root })).path).toBe(path);
  });
});

describe("the times of claims", () => {
  it("go from their one bound to the other", () => {
    const least = "dedupe: { window: 1m }, claims: { callWithin: 100ms, grace: 0s }";
    expect(configOf(aConfig({ root: least }))).toMatchObject({
      dedupe: { windowMs: 60_000 },
      claims: { callWithinMs: 100, graceMs: 0 },
    });
    const most = "dedupe: { window: 2160h }, claims: { callWithin: 60s, grace: 5m }";
    expect(configOf(aConfig({ root: most }))).toMatchObject({
      dedupe: { windowMs: 90 * 86_400_000 },
      claims: { callWithinMs: 60_000, graceMs: 300_000 },
    });
  });
});

describe("relations", () => {
  it.each([
    [
      "providers[0].callTimeout",
      aConfig({ provider: "callTimeout: 20s" }),
      "running calls must finish while the service drains",
    ],
    [
      "providers[0].callTimeout",
      aConfig({ root: "drainTimeout: 15s" }),
      'connectTimeout (5s by default) less than drainTimeout ("15s")',
    ],
    [
      "providers[0].connectTimeout",
      aConfig({ provider: "connectTimeout: 11s" }),
      "no more than callTimeout (10s by default)",
    ],
    [
      "providers[0].retry.firstDelay",
      aConfig({ provider: "retry: { firstDelay: 31s }" }),
      "no more than maxDelay (30s by default)",
    ],
    [
      "providers[0].track.interval",
      aConfig({ provider: "track: { interval: 2s, timeout: 1s }" }),
      'no more than timeout ("1s")',
    ],
    [
      "kafka.heartbeatInterval",
      aConfig({ root: "kafka: { sessionTimeout: 30s, heartbeatInterval: 10s }" }),
      'less than a third of sessionTimeout ("30s")',
    ],
    [
      "kafka.topics.outcomes",
      aConfig({ root: "kafka: { topics: { outcomes: rerun.requests } }" }),
      "another topic than requests",
    ],
    [
      "kafka.topics.deadLetters",
      aConfig({ root: "kafka: { topics: { deadLetters: rerun.outcomes } }" }),
      "another topic than requests and outcomes",
    ],
    [
      "kafka.topics.journal",
      aConfig({ root: "kafka: { topics: { requests: a, journal: a } }" }),
      "another topic than requests, outcomes and deadLetters",
    ],
    [
      "kafka.topics.checkpoints",
      aConfig({ root: "kafka: { topics: { checkpoints: rerun.journal } }" }),
      "another topic than requests, outcomes, deadLetters and journal",
    ],
    [
      "providers[0].uncertain",
      aConfig({ provider: "uncertain: retry-if-absent, evidence: { before: never }" }),
      "report, because evidence.before is never",
    ],
  ])("that do not hold are a problem at %s, with the reason", (path, yaml, reason) => {
    const problem = onlyProblemOf(yaml);
    expect(problem.path).toBe(path);
    expect(problem.expected).toContain(reason);
  });

  it.each([
    aConfig({ provider: "connectTimeout: 10s", root: "drainTimeout: 20001ms" }),
    aConfig({ root: "kafka: { sessionTimeout: 30s, heartbeatInterval: 9999ms }" }),
    aConfig({ root: "kafka: { sessionTimeout: 6s }" }),
    aConfig({ provider: "retry: { firstDelay: 30s }" }),
  ])("hold at their very edge: %s", (yaml) => {
    expect(configOf(yaml).providers).toHaveLength(1);
  });

  it("are not checked against what is wrong in itself", () => {
    expect(pathsOf(aConfig({ provider: "connectTimeout: 1", root: "drainTimeout: 1s" }))).toEqual([
      "providers[0].connectTimeout",
    ]);
    expect(pathsOf(aConfig({ provider: "callTimeout: 60s", root: "drainTimeout: 1" }))).toEqual([
      "drainTimeout",
    ]);
  });
});

describe("names of providers", () => {
  const provider = (name: string) =>
    `{ name: ${name}, kind: tencent-wedata, region: r, credentials: { type: static, id: i, secret: s } }`;

  it("are each used once", () => {
    const yaml = `providers: [${["a", "b", "a", "a"].map(provider).join(", ")}]`;
    expect(problemsOf(yaml)).toEqual([
      {
        path: "providers[2].name",
        found: '"a"',
        expected: "another name than providers[0].name has",
      },
      {
        path: "providers[3].name",
        found: '"a"',
        expected: "another name than providers[0].name has",
      },
    ]);
  });

  it.each(["''", '"a b"', "a/b", "x".repeat(65), "ä"])("cannot be %s", (name) => {
    expect(onlyProblemOf(`providers: [${provider(name)}]`).path).toBe("providers[0].name");
  });

  it("may have 64 characters", () => {
    expect(configOf(`providers: [${provider("A-z0._".padEnd(64, "x"))}]`).providers).toHaveLength(
      1,
    );
  });
});

describe("warnings", () => {
  it("tell of passwords that travel in the clear", () => {
    const root =
      "schemaRegistry: { url: http://registry:8081, username: u, password: p }, kafka: { sasl: { mechanism: plain, username: u, password: p } }";
    expect(warningsOf(aConfig({ root })).map(({ path }) => path)).toEqual([
      "kafka.sasl",
      "schemaRegistry.password",
    ]);
  });

  it("are none for an ordinary config", () => {
    expect(warningsOf(aConfig())).toEqual([]);
  });

  it("tell of runs that are to be followed while nothing is read before their calls", () => {
    const provider = "evidence: { before: never }, track: { until: finished }";
    expect(warningsOf(aConfig({ provider })).map(({ path }) => path)).toEqual([
      "providers[0].evidence.before",
    ]);
    expect(warningsOf(aConfig({ provider: "track: { until: finished }" }))).toEqual([]);
  });

  it("tell of calls that may outlive the drain when they were claimed right before it", () => {
    const [warning] = warningsOf(aConfig({ root: "drainTimeout: 18s" }));
    expect(warning?.path).toBe("claims.callWithin");
    expect(warning?.message).toContain('of wedata not less than drainTimeout ("18s")');
    expect(warningsOf(aConfig({ root: "drainTimeout: 18001ms" }))).toEqual([]);
    expect(warningsOf(aConfig({ root: "claims: { callWithin: 11s }" }))).toHaveLength(1);
  });
});

describe("retry-if-absent", () => {
  const provider = (name: string, keys: string) =>
    `{ name: ${name}, region: ap-singapore, uncertain: retry-if-absent, credentials: { type: static, id: i, secret: s }, ${keys} }`;
  const told = (...providers: string[]) =>
    warningsOf(`providers: [${providers.join(", ")}]`).map(
      ({ path, message }) => `${path}: ${message}`,
    );

  it("is taken where evidence can show that a call did not run", () => {
    expect(configOf(`providers: [${provider("a", "kind: tencent-wedata")}]`)).toMatchObject({
      providers: [{ uncertain: "retry-if-absent" }],
    });
    expect(told(provider("a", "kind: tencent-wedata"))).toEqual([]);
  });

  it("is told to be in vain at DMS, whose state never proves it", () => {
    expect(told(provider("a", "kind: alibaba-dms"))).toEqual([
      expect.stringMatching(/^providers\[0\]\.uncertain: .*no effect on alibaba-dms/),
    ]);
  });

  it("is told to be in vain where the day's calls leave no readings before calls", () => {
    const daily = "kind: tencent-wedata, rateLimit: { callsPerDay: 100 }";
    const sharing = "kind: tencent-wedata, rateLimit: { shareWith: a }";
    expect(told(provider("a", daily), provider("b", sharing))).toEqual([
      expect.stringMatching(/^providers\[0\]\.uncertain: .*no effect with callsPerDay/),
      expect.stringMatching(/^providers\[1\]\.uncertain: .*no effect with callsPerDay/),
    ]);
    expect(told(provider("a", `${daily}, evidence: { before: always }`))).toEqual([]);
    expect(told(provider("a", `${daily}, track: { until: finished }`))).toEqual([]);
  });
});
