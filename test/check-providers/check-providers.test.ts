import { describe, expect, it } from "vitest";
import { checkProviders, type Result } from "../../dev/check-providers/check-providers.ts";
import type { Open } from "../../dev/check-providers/play.ts";
import { isClean, renderReport, rowOf, summaryOf } from "../../dev/check-providers/report.ts";
import { SCENARIOS } from "../../dev/check-providers/scenarios/all.ts";
import { SUBJECTS } from "../../dev/check-providers/subject.ts";
import { type OperationName, PROVIDER_KIND_OF } from "../../src/domain/operation.ts";
import type { Provider } from "../../src/domain/provider.ts";
import { openProvider } from "../../src/providers/open-provider.ts";

const trace = { providerRequestId: null, providerErrorCode: null };
const verdictsOf = (results: readonly Result[]) => results.map((one) => one.judgement.verdict);

/** The real adapters, but for what is laid over them. */
function openWith(overlay: (real: Provider) => Partial<Provider>): Open {
  return async (config) => {
    const opened = await openProvider(config);
    const { provider: real } = opened;
    const provider: Provider = {
      kind: real.kind,
      operations: real.operations,
      reads: real.reads,
      accessRead: real.accessRead,
      rerun: async (call, terms) => real.rerun(call, terms),
      follow: async (following, turns) => real.follow(following, turns),
      objection: (operation) => real.objection(operation),
      leavesTraces: (call) => real.leavesTraces(call),
      readBefore: async (call, turns) => real.readBefore(call, turns),
      judge: async (doubt, turns) => real.judge(doubt, turns),
      checkAccess: async (terms) => real.checkAccess(terms),
      ...overlay(real),
    };
    return { ...opened, provider, close: () => opened.close() };
  };
}

describe("the scenarios of check:providers", () => {
  it("are about all five operations, each call being of its subject's targets", () => {
    expect(SUBJECTS.map(({ operation }) => operation).toSorted()).toStrictEqual(
      (Object.keys(PROVIDER_KIND_OF) as OperationName[]).toSorted(),
    );
    expect(SUBJECTS.map(({ call, targets }) => call(targets(4)).operation.kind)).toStrictEqual(
      SUBJECTS.map(({ operation }) => operation),
    );
  });

  it.each(SUBJECTS)("are at least 40 for $operation, with names of their own", (subject) => {
    const own = SCENARIOS.filter(({ happensTo }) => happensTo?.(subject) ?? true);

    expect(own.length).toBeGreaterThanOrEqual(40);
    expect(new Set(own.map(({ name }) => name)).size).toBe(own.length);
  });
});

describe("check:providers", () => {
  it("finds no lie in the adapters over real sockets", async () => {
    const only =
      / (a success|a (reset|close|hang)(, executed)?$|the cloud's own|a port where|a name|a wrong secret|a job that (succeeds|fails), until submitted|judged: .*looked at late)/;
    const results = await checkProviders({ only });

    expect(results.filter(({ judgement }) => judgement.verdict !== "ok").map(rowOf)).toStrictEqual(
      [],
    );
    expect(isClean(results)).toBe(true);
    expect(new Set(results.map(({ subject }) => subject.operation)).size).toBe(5);
    expect(new Set(results.map(({ played }) => played?.told.end.kind))).toStrictEqual(
      new Set(["accepted", "uncertain", "throttled", "unavailable", "credentials"]),
    );
  }, 60_000);

  it("reports an adapter that takes a reset for a connection that never was", async () => {
    const open = openWith((real) => ({
      rerun: async (call, terms) => {
        const end = await real.rerun(call, terms);
        return end.kind === "uncertain"
          ? { kind: "unavailable", message: "nothing was sent", ...trace }
          : end;
      },
    }));
    const results = await checkProviders({ only: /DataWorks.* a reset(, executed)?$/, open });

    expect(verdictsOf(results)).toStrictEqual(["LIE", "LIE"]);
    expect(isClean(results)).toBe(false);
    expect(summaryOf(results)).toStrictEqual([
      "alibaba (@alicloud/openapi-client): 2 rows (2 scenarios, 1 operations), 0 ok, 2 lies",
    ]);
    expect(renderReport(results)).toContain(
      "LIE  DataWorksRerunTaskInstances: a reset, executed\n" +
        "      unavailable says that nothing was written, but the call arrived\n" +
        "      unavailable says that it did not run, but it was executed\n",
    );
  });

  it("reports an adapter that calls twice to be sure", async () => {
    const open = openWith((real) => ({
      rerun: async (call, terms) => {
        await real.rerun(call, terms);
        return real.rerun(call, terms);
      },
    }));
    const results = await checkProviders({ only: /WorkflowRun a success$/, open });

    expect(results.map(rowOf)).toMatchObject([
      { judged: "LIE", why: ["the call arrived 2 times"] },
    ]);
  });

  it("reports an adapter that hides behind doubts", async () => {
    const open = openWith(() => ({
      rerun: async () => ({ kind: "uncertain", message: "who knows", ...trace }),
    }));
    const results = await checkProviders({ only: /Dms.* a port where nobody listens$/, open });

    expect(results.map(rowOf)).toMatchObject([
      { judged: "VAGUE", why: ["uncertain, though unavailable could be known"] },
    ]);
    expect(isClean(results)).toBe(false);
  });

  it("reports an adapter that believes every job", async () => {
    const open = openWith(() => ({
      follow: async ({ call }) => ({
        kind: "ended",
        by: "job",
        targets: call.targets.map((target) => ({ target, status: "SUCCEEDED", message: null })),
      }),
    }));
    const only = /TencentRerunTaskInstances a job that (fails|succeeds), until submitted/;

    expect(verdictsOf(await checkProviders({ only, open }))).toStrictEqual(["ok", "LIE"]);
  });

  it("reports an adapter that takes silence for proof", async () => {
    const open = openWith(() => ({
      judge: async ({ targets }) =>
        targets.map((target) => ({ target, finding: "did-not-run", why: "it is quiet" })),
    }));
    const only = /ScheduleInstances judged: (not )?executed, looked at (soon|late)/;

    expect(verdictsOf(await checkProviders({ only, open }))).toStrictEqual([
      ...["LIE", "LIE", "LIE", "ok"],
    ]);
  });

  it("reports an adapter that throws, and a fault that met nothing", async () => {
    const broken = openWith(() => ({ rerun: async () => Promise.reject(new Error("a bug")) }));
    const idle = openWith(() => ({
      rerun: async () => ({ kind: "quota", message: "", ...trace }),
    }));
    const only = /Dms.* a close$/;

    expect((await checkProviders({ only, open: broken })).map(rowOf)).toMatchObject([
      { judged: "BROKEN", consequence: "-", why: ["it threw: a bug"] },
    ]);
    expect((await checkProviders({ only, open: idle })).map(rowOf)).toMatchObject([
      { judged: "BROKEN", why: [expect.stringContaining("no call met") as string] },
    ]);
  });

  it("ends a scenario that does not end by itself when it is told to", async () => {
    const stop = new AbortController();
    const open = openWith((real) => ({
      rerun: async (call, terms) => {
        stop.abort(new Error("stopped"));
        return real.rerun(call, terms);
      },
    }));
    const results = await checkProviders({ only: /Dms.* a hang$/, open, signal: stop.signal });

    expect(results.map(rowOf)).toMatchObject([{ judged: "BROKEN" }]);
  });

  it("plays nothing when nothing matches", async () => {
    expect(await checkProviders({ only: /no such scenario/ })).toStrictEqual([]);
  });
});
