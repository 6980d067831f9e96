import { describe, expect, it } from "vitest";
import type { RateLimitConfig } from "../../src/config/config.ts";
import { aConfig, configOf, onlyProblemOf, pathsOf, warningsOf } from "./parsing.ts";

const CREDENTIALS = "credentials: { type: static, id: i, secret: s }";

/** A config with one connection of Tencent and this `rateLimit`. */
const tencent = (rateLimit: string) => aConfig({ provider: `rateLimit: { ${rateLimit} }` });

/** The same for DataWorks. */
const dataWorks = (rateLimit: string) =>
  `{ providers: [{ name: dw, kind: alibaba-dataworks, region: cn-shanghai, ${CREDENTIALS}, rateLimit: { ${rateLimit} } }] }`;

/** A config with connections that have these names, kinds and `rateLimit`s. */
function connections(...all: readonly (readonly [string, string, string])[]): string {
  const providers = all.map(
    ([name, kind, rateLimit]) =>
      `{ name: ${name}, kind: ${kind}, region: cn-shanghai, ${CREDENTIALS}, rateLimit: { ${rateLimit} } }`,
  );
  return `{ providers: [${providers.join(", ")}] }`;
}

const limitsOf = (yaml: string): RateLimitConfig | undefined =>
  configOf(yaml).providers[0]?.rateLimit;

describe("a connection's rateLimit", () => {
  it("is 20 calls a second and nothing else by default", () => {
    expect(limitsOf(tencent(""))).toStrictEqual({
      callsPerSecond: 20,
      perOperation: {},
      readsPerSecond: 20,
      totalPerSecond: null,
      callsPerDay: null,
      shareWith: null,
    });
  });

  it("counts calls and reads of DataWorks together by default, and calls give way to that", () => {
    expect(limitsOf(dataWorks(""))).toMatchObject({
      ...{ callsPerSecond: 5, readsPerSecond: 20, totalPerSecond: 5 },
    });
  });

  it("has no total where null says so", () => {
    const limits = limitsOf(dataWorks("totalPerSecond: null"));

    expect(limits).toMatchObject({ callsPerSecond: 20, totalPerSecond: null });
  });

  it("takes everything that it is given", () => {
    const text =
      "callsPerSecond: 15, perOperation: { TencentRerunTaskInstances: 15, TencentRerunTriggerWorkflowRun: 1 }, readsPerSecond: 7, totalPerSecond: 18, callsPerDay: 10000000";

    expect(limitsOf(tencent(text))).toStrictEqual({
      callsPerSecond: 15,
      perOperation: { TencentRerunTaskInstances: 15, TencentRerunTriggerWorkflowRun: 1 },
      readsPerSecond: 7,
      totalPerSecond: 18,
      callsPerDay: 10_000_000,
      shareWith: null,
    });
  });

  it.each([
    ["totalPerSecond: 0", "totalPerSecond"],
    ["totalPerSecond: 1001", "totalPerSecond"],
    ["totalPerSecond: many", "totalPerSecond"],
    ["callsPerDay: 0", "callsPerDay"],
    ["callsPerDay: 10000001", "callsPerDay"],
    ["callsPerDay: 1.5", "callsPerDay"],
    ["perOperation: 5", "perOperation"],
    ["perOperation: { TencentRerunTaskInstances: 0 }", "perOperation.TencentRerunTaskInstances"],
    ["perOperation: { TencentRerunTaskInstances: null }", "perOperation.TencentRerunTaskInstances"],
    [
      "perOperation: { DataWorksRerunTaskInstances: 1 }",
      "perOperation.DataWorksRerunTaskInstances",
    ],
    ["perOperation: { RerunTaskInstances: 1 }", "perOperation.RerunTaskInstances"],
    ["shareWith: 5", "shareWith"],
    ["shareWith: ''", "shareWith"],
  ])("cannot be %s", (text, key) => {
    expect(onlyProblemOf(tencent(text)).path).toBe(`providers[0].rateLimit.${key}`);
  });

  it("names the operations that there are", () => {
    const { expected } = onlyProblemOf(tencent("perOperation: { TencentRerunTaskInstance: 5 }"));

    expect(expected).toContain("did you mean TencentRerunTaskInstances?");
    expect(expected).not.toContain("DataWorks");
  });

  it("says once what is wrong when the kind is wrong itself", () => {
    const yaml = connections(["a", "aws", "perOperation: { DmsRerunTaskFlowInstance: 5 }"]);

    expect(pathsOf(yaml)).toStrictEqual(["providers[0].kind"]);
  });

  it.each([
    ["callsPerSecond: 6", "5 by default"],
    ["callsPerSecond: 6, totalPerSecond: 5", "5"],
  ])("cannot let more calls go than calls and reads together: %s", (text, shown) => {
    const problem = onlyProblemOf(dataWorks(text));

    expect(problem).toMatchObject({ path: "providers[0].rateLimit.callsPerSecond", found: "6" });
    expect(problem.expected).toContain(`no more than totalPerSecond (${shown})`);
  });

  it.each([
    ["callsPerSecond: 5, perOperation: { TencentRerunTaskInstances: 6 }", "5"],
    ["perOperation: { TencentRerunTaskInstances: 21 }", "20 by default"],
    ["totalPerSecond: 3, perOperation: { TencentRerunTaskInstances: 4 }", "3 by default"],
  ])("cannot let an operation go faster than all together: %s", (text, shown) => {
    const problem = onlyProblemOf(tencent(text));

    expect(problem.path).toBe("providers[0].rateLimit.perOperation.TencentRerunTaskInstances");
    expect(problem.expected).toContain(`no more than callsPerSecond (${shown})`);
  });
});

describe("a day of calls without room for a read", () => {
  const FINISHED = "track: { until: finished }";
  const day = (calls: number) => `rateLimit: { callsPerDay: ${calls} }`;
  const aDms = (keys: string) =>
    `{ providers: [{ name: a, kind: alibaba-dms, region: r, credentials: { type: env }, ${keys} }] }`;

  it.each([
    ["WeData", aConfig({ provider: day(4) })],
    ["what is followed to its end", aDms(`${day(4)}, ${FINISHED}`)],
    [
      "who shares the limits",
      `{ providers: [
        { name: a, kind: alibaba-dms, region: r, credentials: { type: env }, ${day(4)} },
        { name: b, kind: alibaba-dms, region: r, credentials: { type: env }, rateLimit: { shareWith: a }, ${FINISHED} },
      ] }`,
    ],
  ])("is warned of for %s", (_, yaml) => {
    const [warning, ...others] = warningsOf(yaml);

    expect(others).toStrictEqual([]);
    expect(warning?.path).toBe("providers[0].rateLimit.callsPerDay");
    expect(warning?.message).toContain("leaves no reads a day");
    expect(warning?.message).toContain("UNKNOWN/TRACKING_TIMED_OUT");
  });

  it.each([
    ["5 calls leave one", aConfig({ provider: day(5) })],
    ["5 calls leave one for what is followed", aDms(`${day(5)}, ${FINISHED}`)],
    ["nothing is followed", aDms(day(4))],
  ])("is not warned of where %s", (_, yaml) => {
    expect(warningsOf(yaml)).toStrictEqual([]);
  });

  it("is not made up for a number that is missing", () => {
    const yaml = aConfig({ provider: 'rateLimit: { callsPerDay: "${env:CALLS}" }' });

    const warnings = warningsOf(yaml, { allowMissingSecrets: true });

    expect(warnings.map(({ message }) => message)).toStrictEqual([
      "${env:CALLS} is not there; a placeholder stands for it",
    ]);
  });
});

describe("a total that is missing with its variable", () => {
  it("refuses no calls", () => {
    const text = 'callsPerSecond: 6, totalPerSecond: "${env:TOTAL}"';

    const config = configOf(dataWorks(text), { allowMissingSecrets: true });

    expect(config.providers[0]?.rateLimit.callsPerSecond).toBe(6);
  });
});

describe("a connection that shares its limits", () => {
  it("names another of its kind, in whatever order they stand", () => {
    const config = configOf(
      connections(
        ["b", "tencent-wedata", "shareWith: a"],
        ["a", "tencent-wedata", "callsPerSecond: 10"],
        ["c", "tencent-wedata", "shareWith: a"],
      ),
    );

    expect(config.providers.map(({ rateLimit }) => rateLimit.shareWith)).toStrictEqual([
      "a",
      null,
      "a",
    ]);
  });

  it.each([
    ["nobody", "the name of another connection: dw, c, d"],
    ["a", "another connection than itself"],
    ["dw", "a connection of its own kind, tencent-wedata"],
    ["c", "a connection with limits of its own: c shares those of d"],
  ])("cannot share with %s", (name, expected) => {
    const problem = onlyProblemOf(
      connections(
        ["a", "tencent-wedata", `shareWith: ${name}`],
        ["dw", "alibaba-dataworks", ""],
        ["c", "tencent-wedata", "shareWith: d"],
        ["d", "tencent-wedata", ""],
      ),
    );

    expect(problem).toStrictEqual({
      path: "providers[0].rateLimit.shareWith",
      found: JSON.stringify(name),
      expected,
    });
  });

  it("is told when there is no other", () => {
    const { expected } = onlyProblemOf(connections(["a", "tencent-wedata", "shareWith: b"]));

    expect(expected).toBe("the name of another connection, and there is none");
  });

  it("is told no name that came through a reference", () => {
    const yaml = connections(
      ["a", "tencent-wedata", "shareWith: nobody"],
      ['"${env:NAME}"', "tencent-wedata", ""],
      ["c", "tencent-wedata", ""],
    );

    const { expected } = onlyProblemOf(yaml, { env: { NAME: "hunter2" } });

    expect(expected).toBe("the name of another connection: c");
  });

  it("has no limits of its own beside it", () => {
    const own =
      "callsPerSecond: 1, perOperation: {}, readsPerSecond: 1, totalPerSecond: 1, callsPerDay: 1";
    const paths = pathsOf(
      connections(["a", "tencent-wedata", `shareWith: b, ${own}`], ["b", "tencent-wedata", ""]),
    );

    expect(paths).toStrictEqual(
      ["callsPerSecond", "perOperation", "readsPerSecond", "totalPerSecond", "callsPerDay"].map(
        (key) => `providers[0].rateLimit.${key}`,
      ),
    );
  });
});
