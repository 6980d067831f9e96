import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { TopicNames } from "../../src/config/config.ts";
import { findingsOf } from "../../src/kafka/topic-findings.ts";
import { settingsToCreate } from "../../src/kafka/topic-settings.ts";
import type { TopicSpec } from "../../src/kafka/topic-specs.ts";
import { aSpec, DAY_MS, HOUR_MS } from "./a-topic-spec.ts";

type Settings = Readonly<Record<string, string>>;

/** What a broker makes of settings that nobody gave. */
const DEFAULTS = {
  "cleanup.policy": "delete",
  "max.message.bytes": "1048588",
  "message.timestamp.type": "CreateTime",
  "min.insync.replicas": "2",
  "retention.bytes": "-1",
  "retention.ms": String(7 * DAY_MS),
  "unclean.leader.election.enable": "false",
};

const WEEK = { "retention.ms": String(7 * DAY_MS) };

function knownWith(requests: Settings) {
  return new Map([["requests", new Map(Object.entries({ ...DEFAULTS, ...requests }))]]);
}

/** What a topic is like that we created beside requests of these settings, by `overrides`. */
function created(spec: TopicSpec, requests: Settings, overrides: Settings = {}): Settings {
  return { ...DEFAULTS, ...settingsToCreate(spec, knownWith(requests)), ...overrides };
}

function problemsOf(
  spec: TopicSpec,
  settings: Settings,
  { requests = {}, partitions = 1 }: { requests?: Settings | null; partitions?: number } = {},
): readonly string[] {
  const facts = { partitions, replication: 3, settings: new Map(Object.entries(settings)) };
  const known = requests === null ? new Map<string, never>() : knownWith(requests);
  return findingsOf(spec, facts, { brokers: 3, known }).problems;
}

/** The settings after the commands of all problems were run. */
function mended(settings: Settings, problems: readonly string[]): Settings {
  const after = new Map(Object.entries(settings));
  for (const problem of problems) {
    const [, key = "", value = ""] = /--add-config (\S+)=(\S+)`/.exec(problem) ?? [];
    after.set(key, value);
  }
  return Object.fromEntries(after);
}

describe("a topic that was created", () => {
  const roles = fc.constantFrom<keyof TopicNames>(
    ...(["requests", "outcomes", "deadLetters", "journal", "checkpoints"] as const),
  );
  const retention = fc.oneof(
    fc.nat(400 * DAY_MS).map(String),
    fc.constantFrom("-1", "9223372036854775807"),
  );
  const bytes = fc.integer({ min: 0, max: 100_000_000 }).map(String);
  const policy = fc.constantFrom("delete", "compact", "compact,delete");
  const window = fc.integer({ min: 1, max: 90 * 24 }).map((hours) => hours * HOUR_MS);
  const requestSettings = fc.record({
    "cleanup.policy": policy,
    "max.message.bytes": bytes,
    "retention.ms": retention,
  });

  it("is as it must be, whatever the requests topic is like", () => {
    fc.assert(
      fc.property(roles, window, requestSettings, (role, windowMs, requests) => {
        const spec = aSpec(role, windowMs);
        expect(problemsOf(spec, created(spec, requests), { requests })).toEqual([]);
      }),
    );
  });

  it("otherwise becomes so by the commands that are told", () => {
    const settings = fc.record({
      "cleanup.policy": policy,
      "max.message.bytes": bytes,
      "message.timestamp.type": fc.constantFrom("CreateTime", "LogAppendTime"),
      "retention.bytes": fc.constantFrom("-1", "1000000"),
      "retention.ms": retention,
    });
    fc.assert(
      fc.property(roles, window, requestSettings, settings, (role, windowMs, requests, own) => {
        const spec = aSpec(role, windowMs);
        const problems = problemsOf(spec, own, { requests });
        expect(problemsOf(spec, mended(own, problems), { requests })).toEqual([]);
      }),
    );
  });
});

describe("the journal", () => {
  const journal = aSpec("journal");

  it.each([
    ["cleanup.policy", "compact", "records with the same key are lost"],
    ["cleanup.policy", "compact,delete", "records with the same key are lost"],
    ["message.timestamp.type", "CreateTime", "clocks differ"],
    ["max.message.bytes", "1114123", "less than 1114124 (that of requests and 65536 more)"],
    ["retention.bytes", "1073741824", "deletes before retention.ms is over"],
    ["retention.ms", String(7 * DAY_MS - 1), "less than 604800000 (retention.ms of requests)"],
  ])("is refused with %s %s, with what to do", (key, value, why) => {
    const problems = problemsOf(journal, created(journal, WEEK, { [key]: value }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(`${key} is ${value}`);
    expect(problems[0]).toContain(why);
    expect(problems[0]).toContain(
      `\`kafka-configs --alter --entity-type topics --entity-name journal --add-config ${key}=`,
    );
  });

  it("may keep its records for exactly as long as the requests topic", () => {
    const exact = created(journal, WEEK, WEEK);
    expect(problemsOf(journal, exact, { requests: WEEK })).toEqual([]);
  });

  it("keeps its records for the dedupe window at least, when requests are kept for less", () => {
    const requests = { "retention.ms": String(HOUR_MS) };
    const settings = created(journal, requests, { "retention.ms": String(DAY_MS - 1) });
    expect(problemsOf(journal, settings, { requests })).toEqual([
      expect.stringMatching(/^retention\.ms is 86399999, less than 86400000 \(dedupe\.window\)/),
    ]);
  });

  it.each([{ "retention.ms": "-1" }, { "cleanup.policy": "compact" }])(
    "keeps its records for ever when the requests topic does: %o",
    (requests) => {
      expect(created(journal, requests)["retention.ms"]).toBe("-1");
      const [problem] = problemsOf(journal, created(journal, WEEK), { requests });
      expect(problem).toContain("while requests keeps its records for ever");
      expect(problem).toContain("--add-config retention.ms=-1`");
    },
  );

  it("is created with a day more than it needs", () => {
    expect(created(journal, WEEK)["retention.ms"]).toBe(String(8 * DAY_MS));
    expect(created(aSpec("journal", 30 * DAY_MS), WEEK)["retention.ms"]).toBe(String(31 * DAY_MS));
  });

  it("is held against the dedupe window alone while there is no requests topic", () => {
    const settings = created(journal, WEEK, { "retention.ms": String(DAY_MS) });
    expect(problemsOf(journal, settings, { requests: null })).toEqual([]);
  });

  it.each([1, 8, 50])("may have %i partitions", (partitions) => {
    expect(problemsOf(journal, created(journal, WEEK), { partitions })).toEqual([]);
  });
});

describe("the checkpoints", () => {
  const checkpoints = aSpec("checkpoints");

  it.each(["delete", "compact,delete"])("are refused with cleanup.policy %s", (policy) => {
    const settings = created(checkpoints, WEEK, { "cleanup.policy": policy });
    expect(problemsOf(checkpoints, settings)).toEqual([
      `cleanup.policy is ${policy}: what still counts is deleted; \`kafka-configs --alter --entity-type topics --entity-name checkpoints --add-config cleanup.policy=compact\` mends it`,
    ]);
  });

  it("have one partition", () => {
    const [problem] = problemsOf(checkpoints, created(checkpoints, WEEK), { partitions: 8 });
    expect(problem).toContain("8 partitions instead of 1");
    expect(problem).toContain("name a new topic in kafka.topics.checkpoints");
  });

  it("take summaries of a mebibyte", () => {
    const settings = created(checkpoints, WEEK, { "max.message.bytes": "1048575" });
    expect(problemsOf(checkpoints, settings)).toEqual([
      expect.stringMatching(
        /^max\.message\.bytes is 1048575, less than 1048576: a summary could not be written/,
      ),
    ]);
  });
});

describe("a topic that is created with its replication", () => {
  const inSync = (replication: number | null) =>
    settingsToCreate(aSpec("journal"), knownWith({}), replication)["min.insync.replicas"];

  it.each([
    [null, undefined],
    [1, undefined],
    [2, undefined],
    [3, "2"],
    [5, "2"],
  ])("of %s has min.insync.replicas %s", (replication, expected) => {
    expect(inSync(replication)).toBe(expected);
  });

  it("of 3 is at no risk, whatever the brokers do by themselves", () => {
    const defaults = { ...DEFAULTS, "min.insync.replicas": "1" };
    const settings = new Map(
      Object.entries({ ...defaults, ...settingsToCreate(aSpec("journal"), knownWith({}), 3) }),
    );
    const facts = { partitions: 1, replication: 3, settings };

    expect(
      findingsOf(aSpec("journal"), facts, { brokers: 3, known: knownWith({}) }).risks,
    ).toStrictEqual([]);
  });
});
