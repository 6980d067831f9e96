import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import type { Fault } from "../../dev/simulator/fault.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import { ABSENCE_PROVES_AFTER_MS, type Evidence } from "../../src/domain/evidence.ts";
import type { Following, Progress } from "../../src/domain/following.ts";
import type { Provider, RerunCall } from "../../src/domain/provider.ts";
import { AlibabaDataWorks } from "../../src/providers/alibaba-dataworks/adapter.ts";
import { AlibabaDms } from "../../src/providers/alibaba-dms/adapter.ts";
import { aDataWorksRerun } from "../support/a-received-request.ts";
import { neverAborted, openGate } from "../support/provider-config.ts";
import { aDmsCall } from "./alibaba-dms/a-dms-rerun.ts";
import { type AlibabaConnection, atOnce, connectTo, writtenDown } from "./alibaba-connection.ts";

const ID = "9223372036854775807";
const LONG_AGO = ABSENCE_PROVES_AFTER_MS;
const terms = { gate: openGate, signal: neverAborted };
const dataworksCall: RerunCall = {
  ...{ claimId: "c", operation: aDataWorksRerun({ instanceIds: [ID] }), targets: [ID] },
};

let simulator: Simulator;
let admin: SimulatorAdmin;
let connection: AlibabaConnection;
beforeAll(async () => {
  simulator = await startSimulator({
    credentials: [{ cloud: "alibaba", id: "test-id", secret: "test-secret" }],
    flows: [{ flowId: "7000", instanceIds: [ID] }],
    instanceRunMs: 20,
  });
  admin = new SimulatorAdmin(simulator.adminUrl);
});
afterAll(async () => simulator.close());
beforeEach(async () => {
  await admin.reset();
  connection = await connectTo(Number(new URL(simulator.alibabaUrl).port));
});
afterEach(() => connection.close());

/** What is told of a call that ended in this fault, and whether it really ran. */
const judgedAfter = async (
  provider: Provider,
  call: RerunCall,
  faults: readonly Fault[],
  meanwhile: () => Promise<void> = async () => undefined,
) => {
  const before: Evidence = writtenDown(await provider.readBefore(call, atOnce));
  for (const fault of faults) await admin.inject(fault);
  const end = await provider.rerun(call, terms);
  await meanwhile();
  const doubt = { call, targets: call.targets, before, writtenAgoMs: 0 };
  const [early] = await provider.judge(doubt, atOnce);
  const [late] = await provider.judge({ ...doubt, writtenAgoMs: LONG_AGO }, atOnce);
  const arrivals = await admin.arrivals();
  const executed = arrivals.find(({ effect }) => effect === "rerun")?.executed;
  return { end: end.kind, executed, early: early?.finding, late: late?.finding, why: late?.why };
};

const FAULTS: readonly (readonly [string, Fault, boolean])[] = [
  ["a reset before", { kind: "reset", executed: false }, false],
  ["a reset after", { kind: "reset", executed: true }, true],
  ["a close before", { kind: "close", executed: false }, false],
  ["a close after", { kind: "close", executed: true }, true],
  ["a 500 before", { kind: "server-error", status: 500, executed: false }, false],
  ["a 500 after", { kind: "server-error", status: 500, executed: true }, true],
  ["garbage before", { kind: "garbage", body: "{", executed: false }, false],
  ["garbage after", { kind: "garbage", body: "{", executed: true }, true],
  ["a cut answer", { kind: "cut-body", end: "fin" }, true],
].map(([name, fault, ran]) => [
  name,
  { ...(fault as Fault), filter: { effect: "rerun" } },
  ran,
]) as (readonly [string, Fault, boolean])[];

describe("what DataWorks' evidence says and what really happened", () => {
  const dataworks = () => new AlibabaDataWorks(connection);

  it.each(FAULTS)("is the same after %s executing", async (_name, fault, executed) => {
    expect(await judgedAfter(dataworks(), dataworksCall, [fault])).toMatchObject({
      ...{ end: "uncertain", executed },
      early: executed ? "ran" : "cannot-tell",
      late: executed ? "ran" : "did-not-run",
    });
  });

  it("is no certainty about who it was when somebody else ran it", async () => {
    const fault: Fault = { kind: "close", executed: false, filter: { effect: "rerun" } };
    const byHand = async () =>
      admin.rerunByHand({ cloud: "alibaba", product: "dataworks", target: ID });

    expect(await judgedAfter(dataworks(), dataworksCall, [fault], byHand)).toMatchObject({
      ...{ executed: false, late: "ran" },
      why: expect.stringContaining("likely, not certain") as string,
    });
  });
});

describe("what DMS' evidence says and what really happened", () => {
  const dms = () => new AlibabaDms(connection);
  const call = aDmsCall({ dagInstanceId: ID });

  it.each(FAULTS)("never contradicts it after %s executing", async (_name, fault, executed) => {
    const finding = executed ? "ran" : "cannot-tell";

    expect(await judgedAfter(dms(), call, [fault])).toMatchObject({
      ...{ end: "uncertain", executed, early: finding, late: finding },
    });
  });

  it("cannot tell when DMS made a new instance of the rerun, and names it", async () => {
    const small = aDmsCall({ dagInstanceId: "47000" });
    await admin.seedFlow({ flowId: "7000", instanceIds: ["47000"] });
    const told = await judgedAfter(dms(), small, [
      { kind: "new-instance", filter: { effect: "rerun" } },
      { kind: "close", executed: true, filter: { effect: "rerun" } },
    ]);

    expect(told).toMatchObject({ executed: true, early: "cannot-tell", late: "cannot-tell" });
    expect(told.why).toContain("the manual instance 47001 started since");
  });
});

describe.each<[string, () => Provider, RerunCall]>([
  ["DataWorks", () => new AlibabaDataWorks(connection), dataworksCall],
  ["DMS", () => new AlibabaDms(connection), aDmsCall({ dagInstanceId: ID })],
])("following a rerun at %s to its end", (_name, open, call) => {
  const followed = async (withMark: boolean): Promise<Progress> => {
    const provider = open();
    const before = withMark ? await provider.readBefore(call, atOnce) : null;
    const calledAt = Date.now();
    const first: Following = {
      ...{ call, until: "finished", job: null, before, calledAt, ended: [], notes: {} },
    };
    await provider.rerun(call, terms);
    let progress: Progress = { kind: "open", following: first, told: "" };
    while (progress.kind === "open") {
      progress = await provider.follow(writtenDown(progress.following), atOnce);
    }
    return progress;
  };

  it.each([true, false])("tells that it succeeded (read before: %s)", async (withMark) => {
    expect(await followed(withMark)).toMatchObject({
      ...{ kind: "ended", by: "runs", targets: [{ target: ID, status: "SUCCEEDED" }] },
    });
  });

  it.each([true, false])("tells that it failed (read before: %s)", async (withMark) => {
    await admin.inject({ kind: "run-outcome", outcome: "failed" });

    expect(await followed(withMark)).toMatchObject({
      ...{ kind: "ended", by: "runs", targets: [{ target: ID, status: "FAILED" }] },
    });
  });

  it.each([true, false])(
    "does not take the old run's end for the new one's (read before: %s)",
    async (withMark) => {
      await admin.inject({ kind: "evidence-lag", ms: 60_000 });
      const provider = open();
      const before = withMark ? await provider.readBefore(call, atOnce) : null;
      const calledAt = Date.now();
      await provider.rerun(call, terms);

      const progress = await provider.follow(
        { call, until: "finished", job: null, before, calledAt, ended: [], notes: {} },
        atOnce,
      );

      expect(progress).toMatchObject({ kind: "open", following: { ended: [] } });
    },
  );
});
