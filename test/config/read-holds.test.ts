import { describe, expect, it } from "vitest";
import { aConfig, configOf, onlyProblemOf, pathsOf } from "./parsing.ts";

function providerOf(provider: string) {
  return configOf(aConfig({ provider })).providers[0];
}

describe("breaker", () => {
  it.each([
    ["", { failures: 5, openForMs: 30_000 }],
    ["breaker: {}", { failures: 5, openForMs: 30_000 }],
    ["breaker: { failures: 2, openFor: 1m }", { failures: 2, openForMs: 60_000 }],
    ["breaker: null", null],
  ])("with %j is read as %j", (provider, breaker) => {
    expect(providerOf(provider)?.breaker).toStrictEqual(breaker);
  });

  it.each([
    ["breaker: { failures: 0 }", "providers[0].breaker.failures"],
    ["breaker: { openFor: 2h }", "providers[0].breaker.openFor"],
    ["breaker: { after: 5 }", "providers[0].breaker.after"],
    ["breaker: false", "providers[0].breaker"],
  ])("is refused with %s", (provider, path) => {
    expect(pathsOf(aConfig({ provider }))).toStrictEqual([path]);
  });
});

describe("holdWindows", () => {
  it.each(["", "holdWindows: []", "holdWindows: null"])("are none with %j", (provider) => {
    expect(providerOf(provider)?.holdWindows).toStrictEqual([]);
  });

  it("are read with their zone and reason, which have defaults", () => {
    const zone = "timezone: Asia/Shanghai, reason: release freeze";
    const provider = `holdWindows: [{ cron: "0 22 * * *", duration: 2h, ${zone} }, { cron: "*/30 8-9 * * MON-FRI", duration: 5m }]`;

    expect(providerOf(provider)?.holdWindows).toStrictEqual([
      {
        ...{ cron: "0 22 * * *", durationMs: 7_200_000 },
        ...{ timezone: "Asia/Shanghai", reason: "release freeze" },
      },
      {
        ...{ cron: "*/30 8-9 * * MON-FRI", durationMs: 300_000 },
        ...{ timezone: "UTC", reason: "hold window" },
      },
    ]);
  });

  it.each([
    ["{ duration: 2h }", "cron", /cron expression of five parts/],
    ['{ cron: "0 22 * * *" }', "duration", /a duration such as/],
    ['{ cron: "0 22 * * *", duration: 0s }', "duration", /a duration from 1s/],
    ['{ cron: "0 22 * *", duration: 2h }', "cron", /five parts/],
    ['{ cron: "0 0 22 * * *", duration: 2h }', "cron", /five parts/],
    ['{ cron: "0 25 * * *", duration: 2h }', "cron", /five parts/],
    ['{ cron: "0 0 31 2 *", duration: 2h }', "cron", /a day that comes/],
    ['{ cron: "0 22 * * *", duration: 2h, timezone: Mars/Base }', "timezone", /IANA/],
    ['{ cron: "0 22 * * *", duration: 24h }', "duration", /held for ever/],
    ['{ cron: "* * * * *", duration: 1m }', "duration", /held for ever/],
    ['{ cron: "0 22 * * *", duration: 2h, zone: UTC }', "zone", /only cron, duration/],
  ])("are refused with %s", (window, key, expected) => {
    const problem = onlyProblemOf(aConfig({ provider: `holdWindows: [${window}]` }));

    expect(problem.path).toBe(`providers[0].holdWindows[0].${key}`);
    expect(problem.expected).toMatch(expected);
  });

  /** Before a leap year's day, within summer, shortly before and after clocks go back. */
  const TIMES = ["2028-02-28T12:00:00Z", "2026-07-01T00:00:00Z", "2026-10-24T12:00:00Z"]
    .concat("2026-11-02T12:00:00Z")
    .map((time) => Date.parse(time));

  it.each([
    ['{ cron: "0 0 * * *", duration: 24h, timezone: America/New_York }', "[0].duration"],
    ['{ cron: "0 0 * * *", duration: 24h, timezone: Africa/Casablanca }', "[0].duration"],
    ['{ cron: "0 0 * * MON", duration: 168h, timezone: Asia/Shanghai }', "[0].duration"],
    ['{ cron: "0 0 * * MON", duration: 168h, timezone: Europe/Berlin }', "[0].duration"],
    ['{ cron: "* * * * *", duration: 1m, timezone: Europe/Berlin }', "[0].duration"],
    ['{ cron: "0 0 * * *", duration: 12h }, { cron: "0 12 * * *", duration: 12h }', ""],
    ['{ cron: "*/2 * * * *", duration: 1m }, { cron: "1-59/2 * * * *", duration: 1m }', ""],
    ['{ cron: "0 0 * * 1-5", duration: 24h }, { cron: "0 0 * * 6,0", duration: 24h }', ""],
  ])("are refused at any time where they leave none: %s", (windows, path) => {
    const yaml = aConfig({ provider: `holdWindows: [${windows}]` });
    for (const epoch of TIMES) {
      const problem = onlyProblemOf(yaml, { epoch });

      expect(problem.path).toBe(`providers[0].holdWindows${path}`);
      expect(problem.expected).toMatch(/held for ever/);
    }
  });

  it.each([
    '{ cron: "* * * * MON-FRI", duration: 1m }',
    '{ cron: "*/5 * 1-20 * *", duration: 5m }',
    '{ cron: "0 * 1-20 * *", duration: 1h }',
    '{ cron: "* * * 1-11 *", duration: 1m, timezone: Europe/Berlin }',
    '{ cron: "0 0 * * *", duration: 12h }, { cron: "0 12 * * *", duration: 11h }',
    '{ cron: "0 0 * * *", duration: 12h }, { cron: "0 12 * * SUN", duration: 12h }',
    '{ cron: "0 0 * * MON", duration: 167h }',
  ])("are taken at any time where they leave some: %s", (windows) => {
    const yaml = aConfig({ provider: `holdWindows: [${windows}]` });
    const taken = TIMES.map((epoch) => configOf(yaml, { epoch }).providers[0]?.holdWindows.length);

    expect(new Set(taken)).toStrictEqual(new Set([windows.split("cron").length - 1]));
  });

  it("are not refused together when one of them is wrong in itself", () => {
    const wrong = '{ cron: "0 0 * * *", duration: 24h }, { cron: "0 12 * * *", duration: 12h }';
    const provider = `holdWindows: [${wrong}]`;

    expect(pathsOf(aConfig({ provider }))).toStrictEqual(["providers[0].holdWindows[0].duration"]);
  });

  it("may be as long as they like when they end at some time", () => {
    const minutes = "{ cron: \"* 3 * * *\", duration: 1m }, { cron: '0 0 * * SAT', duration: 48h }";

    expect(providerOf(`holdWindows: [${minutes}]`)?.holdWindows).toHaveLength(2);
  });

  it("are a list", () => {
    const provider = 'holdWindows: { cron: "0 22 * * *", duration: 2h }';

    expect(onlyProblemOf(aConfig({ provider })).path).toBe("providers[0].holdWindows");
  });

  it("may come through a reference that is not set, when secrets may be missing", () => {
    const provider = 'holdWindows: [{ cron: "${env:CRON}", duration: 2h }]';

    expect(
      configOf(aConfig({ provider }), { allowMissingSecrets: true }).providers[0]?.holdWindows,
    ).toHaveLength(1);
  });
});
