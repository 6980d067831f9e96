import { expect, it } from "vitest";
import type { Fault } from "../../dev/simulator/fault.ts";
import { Secret } from "../../src/domain/secret.ts";
import { refusedPort } from "../support/tcp-server.ts";
import { neverAborted, openGate } from "../support/provider-config.ts";
import type { ProviderTraits } from "./provider-traits.ts";
import { keysWith, type Rig } from "./rig.ts";

/** Answers of HTTP that leave open what happened, and whether the cloud did the work. */
const UNCLEAR: readonly (readonly [string, Fault, boolean])[] = [
  ["a 500 in JSON", { kind: "server-error", status: 500, executed: true }, true],
  ["a 503 in JSON", { kind: "server-error", status: 503, executed: false }, false],
  ["a 502 in HTML", { kind: "html", status: 502, executed: true }, true],
  ["a 429 in HTML", { kind: "html", status: 429, executed: false }, false],
  ["a 200 in HTML", { kind: "html", status: 200, executed: true }, true],
  ["an unknown code", { kind: "error", code: "Some.NewCode", executed: true }, true],
  ["garbage", { kind: "garbage", body: "{", executed: true }, true],
  ["no body", { kind: "garbage", body: "", executed: true }, true],
  ["null", { kind: "garbage", body: "null", executed: true }, true],
  ["an empty object", { kind: "garbage", body: "{}", executed: true }, true],
  ["an empty array", { kind: "garbage", body: "[]", executed: true }, true],
  ["an empty response", { kind: "garbage", body: '{"Response":{}}', executed: true }, true],
];

/** What answers mean; they are the same over TLS, so that plain HTTP is enough. */
export function describeAnswers({ traits, admin, open, rerun, reruns }: Rig): void {
  it("sends the security token along", async () => {
    const credentials = {
      ...keysWith("test-secret"),
      id: new Secret("token-id"),
      token: new Secret("test-token"),
    };

    expect(await rerun(await open(false, { credentials }))).toMatchObject({ kind: "accepted" });
  });

  it.each<[keyof ProviderTraits["codes"], object]>([
    ["refused", { kind: "refused", notPermitted: false }],
    ["notPermitted", { kind: "refused", notPermitted: true }],
    ["quota", { kind: "quota" }],
    ["uncertain", { kind: "uncertain" }],
  ])("tells a code that means %s, with the provider's ids and words", async (meaning, end) => {
    const code = traits.codes[meaning];
    await admin().inject({ kind: "error", code, message: "some words" });

    const told = await rerun(await open());

    expect(told).toMatchObject({
      ...end,
      providerErrorCode: code,
      message: `${code}: some words`,
    });
    expect(told.providerRequestId).toBe((await reruns())[0]?.requestId);
  });

  it("tells credentials that the provider does not take, and asks their source again", async () => {
    const { id, secret, token } = keysWith("test-secret");
    const credentials = { ...keysWith("rotated"), reread: () => ({ id, secret, token }) };
    const connection = await open(false, { credentials });

    expect(await rerun(connection)).toMatchObject({ kind: "credentials" });
    expect(await rerun(connection)).toMatchObject({ kind: "accepted" });
    expect(await reruns()).toMatchObject([{ executed: false }, { executed: true }]);
  });

  it("tells that it was throttled", async () => {
    await admin().inject({ kind: "throttle" });

    expect(await rerun(await open())).toMatchObject({ kind: "throttled", retryAfterMs: null });
    expect(await reruns()).toMatchObject([{ executed: false }]);
  });

  it.each(UNCLEAR)("is uncertain: %s", async (_fault, fault, executed) => {
    await admin().inject(fault);

    expect(await rerun(await open())).toMatchObject({ kind: "uncertain" });
    expect(await reruns()).toMatchObject([{ executed, answer: fault.kind }]);
  });

  it("says of no target that it ran when the provider refuses them all", async () => {
    const { targets, startsJob } = traits;
    await admin().inject({ kind: "partial-success", targets: [...targets] });

    const end = await rerun(await open(), { of: targets });
    const statuses = end.kind === "accepted" ? end.targets.map(({ status }) => status) : [];

    expect(end).toMatchObject({ kind: "accepted" });
    expect(statuses).toHaveLength(startsJob ? 0 : targets.length);
    expect(statuses).not.toContain("SUCCEEDED");
    expect(await reruns()).toMatchObject([{ ranTargets: [] }]);
  });

  it("tells by a harmless read whether the provider can be asked", async () => {
    const terms = { gate: openGate, signal: neverAborted };
    const [well, refused, stranger] = [
      await open(),
      await open(false, {}, await refusedPort()),
      await open(false, { credentials: keysWith("no") }),
    ];

    expect(await well.provider.checkAccess(terms)).toBeNull();
    expect(await refused.provider.checkAccess(terms)).toMatchObject({
      message: expect.stringContaining("ECONNREFUSED") as string,
      isAnswered: false,
    });
    expect(await stranger.provider.checkAccess(terms)).toMatchObject({
      message: expect.stringMatching(/[Ss]ignature/) as string,
      isAnswered: true,
    });
    expect(well.provider.reads).toContain(well.provider.accessRead);
    expect((await admin().arrivals()).map(({ effect }) => effect)).toStrictEqual(["read", "read"]);
  });
}
