import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type IncomingMessage } from "node:http";
import { connect } from "node:tls";

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Fault } from "../../dev/simulator/fault.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import {
  alibabaKey,
  callAlibaba,
  rerunDataworks,
  tencentClient,
  tencentClient2021,
  tencentKey,
} from "./cloud-callers.ts";

let simulator: Simulator;
let admin: SimulatorAdmin;
beforeAll(async () => {
  simulator = await startSimulator({ credentials: [tencentKey, alibabaKey], jobDurationMs: 0 });
  admin = new SimulatorAdmin(simulator.adminUrl);
});
afterAll(async () => simulator.close());
beforeEach(async () => admin.reset());

type CloudCall = (
  targets?: readonly string[],
  tls?: boolean,
  timeoutS?: number,
) => Promise<unknown>;

const clouds: Record<"tencent" | "alibaba", CloudCall> = {
  tencent: async (
    targets: readonly string[] = ["a_1"],
    tls = false,
    reqTimeoutS = 5,
  ): Promise<unknown> =>
    tencentClient(simulator, { tls, reqTimeoutS }).RerunTaskInstancesAsync({
      ProjectId: "1",
      InstanceKeyList: [...targets],
    }),
  alibaba: async (targets: readonly string[] = ["12"], tls = false): Promise<unknown> =>
    rerunDataworks(simulator, targets, { tls }),
};

/** Makes the call and gives back how it failed; a call that did not fail fails the test. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => {
      throw new Error(`The call succeeded: ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}

interface Case {
  readonly fault: Fault;
  readonly tencent: object;
  readonly alibaba: object;
  readonly executed: boolean;
  /** Tencent's client waits for the rest of a cut body until its timeout. */
  readonly timeoutS?: number;
}

const message = (pattern: RegExp) => ({ message: expect.stringMatching(pattern) as string });
const notJson = message(/JSON/);
const cases: Record<string, Case> = {
  throttling: {
    fault: { kind: "throttle" },
    tencent: { code: "RequestLimitExceeded" },
    alibaba: { code: "Throttling.User", data: { statusCode: 429 } },
    executed: false,
  },
  "an error code": {
    fault: { kind: "error", code: "Some.Code", message: "some words" },
    tencent: { code: "Some.Code", message: "some words" },
    alibaba: { code: "Some.Code", data: { statusCode: 400, Message: "some words" } },
    executed: false,
  },
  "an error code after executing": {
    fault: { kind: "error", code: "InternalError", status: 200, executed: true },
    tencent: { code: "InternalError" },
    alibaba: {},
    executed: true,
  },
  "a server error": {
    fault: { kind: "server-error", status: 503 },
    tencent: { httpCode: 503 },
    alibaba: { code: "ServiceUnavailable", data: { statusCode: 503 } },
    executed: false,
  },
  "an HTML page": {
    fault: { kind: "html", status: 502 },
    tencent: { httpCode: 502 },
    alibaba: notJson,
    executed: false,
  },
  "garbage after executing": {
    fault: { kind: "garbage", body: "{", executed: true },
    tencent: notJson,
    alibaba: {},
    executed: true,
  },
  "a reset before executing": {
    fault: { kind: "reset", executed: false },
    tencent: message(/read ECONNRESET/),
    alibaba: { code: "ECONNRESET", syscall: "read" },
    executed: false,
  },
  "a reset after executing": {
    fault: { kind: "reset", executed: true },
    tencent: message(/read ECONNRESET/),
    alibaba: { code: "ECONNRESET", syscall: "read" },
    executed: true,
  },
  "a close without an answer": {
    fault: { kind: "close", executed: true },
    tencent: message(/socket hang up/),
    alibaba: message(/socket hang up/),
    executed: true,
  },
  "a body cut by the end of the connection": {
    fault: { kind: "cut-body", end: "fin" },
    tencent: message(/Premature close|Response timeout|Invalid response body/),
    alibaba: message(/aborted/),
    executed: true,
    timeoutS: 0.5,
  },
};

describe.each(Object.entries(cases))("%s", (_name, { fault, executed, ...expected }) => {
  // Alibaba's client, told to give back text, does not mind what a 200 says.
  const minding = (["tencent", "alibaba"] as const).filter(
    (cloud) => Object.keys(expected[cloud]).length > 0,
  );

  it.each(minding.flatMap((cloud) => [[cloud, false] as const, [cloud, true] as const]))(
    "meets %s's client (TLS: %s) as it would from the cloud, once",
    async (cloud, tls) => {
      const targets = ["1234"];
      await admin.inject({ ...fault, count: 1 });

      const failure = await failureOf(clouds[cloud](targets, tls, expected.timeoutS));
      await clouds[cloud](["5678"], tls);

      expect(failure).toMatchObject(expected[cloud]);
      expect(await admin.arrivals()).toMatchObject([
        { executed, answer: fault.kind, targets, ranTargets: executed ? targets : [] },
        { executed: true, answer: "success" },
      ]);
      expect(await admin.faults()).toMatchObject([{ hits: 1 }]);
    },
  );
});

describe("a fault", () => {
  it("answers 200 with whatever body is wanted", async () => {
    await admin.inject({ kind: "garbage", body: "" });

    expect(await clouds.alibaba()).toBe("");
    expect(await admin.arrivals()).toMatchObject([{ executed: false, answer: "garbage" }]);
  });

  it("tells Alibaba's callers how long to stay away", async () => {
    await admin.inject({ kind: "throttle", retryAfterMs: 7000 });
    let retryAfter: unknown;
    // The client hides the headers of an error; Node shows them to whoever asks.
    const look = (event: unknown) => {
      const { response } = event as { response: IncomingMessage };
      retryAfter ??= response.headers["x-acs-retry-after"];
    };
    subscribe("http.client.response.finish", look);

    await failureOf(clouds.alibaba());
    unsubscribe("http.client.response.finish", look);

    expect(retryAfter).toBe("7000");
  });

  it.each([302, 307] as const)(
    "redirects with %d, which Tencent's client follows",
    async (status) => {
      const other = await startSimulator({ credentials: [tencentKey] });
      await admin.inject({ kind: "redirect", status, location: `${other.tencentUrl}/` });

      await clouds.tencent().catch(() => undefined);
      const [arrival] = await new SimulatorAdmin(other.adminUrl).arrivals();
      await other.close();

      expect(arrival).toMatchObject({
        action: "RerunTaskInstancesAsync",
        executed: status === 307,
      });
      expect(await admin.arrivals()).toMatchObject([{ executed: false, answer: "redirect" }]);
    },
  );

  it.each([
    ["hang, executed", { kind: "hang", executed: true } as const],
    ["hang, not executed", { kind: "hang", executed: false } as const],
    ["cut-body, stalled", { kind: "cut-body", end: "stall" } as const],
  ])("never ends the answer (%s), while other calls go on", async (_name, fault) => {
    await admin.inject({ ...fault, count: 1 });
    const aborter = new AbortController();
    const request = { ProjectId: "1", InstanceKeyList: ["a_1"] };
    const options = { signal: aborter.signal };

    const hung = tencentClient(simulator).request("RerunTaskInstancesAsync", request, options);
    const failure = failureOf(hung);
    await vi.waitFor(async () =>
      expect(await admin.arrivals()).toMatchObject([{ answer: fault.kind }]),
    );
    await clouds.tencent();
    const beforeAbort = await Promise.race([failure, Promise.resolve("still waiting")]);
    aborter.abort();
    await failure;

    expect(beforeAbort).toBe("still waiting");
    expect(await admin.arrivals()).toMatchObject([
      { executed: fault.kind === "cut-body" || fault.executed },
      { executed: true, answer: "success" },
    ]);
  });

  it("delays the answer, not the work", async () => {
    await admin.inject({ kind: "latency", minMs: 50, maxMs: 100, count: 1 });

    const call = clouds.alibaba();
    await vi.waitFor(async () =>
      expect(await admin.arrivals()).toMatchObject([{ executed: true, answer: "pending" }]),
    );
    await call;

    expect(await admin.arrivals()).toMatchObject([{ executed: true, answer: "success" }]);
  });

  it.each(["tencent", "alibaba"] as const)("delays %s's handshakes", async (cloud) => {
    await admin.inject({ kind: "handshake-delay", minMs: 20, maxMs: 40, filter: { cloud } });

    await clouds[cloud](["1"], true);
    await clouds[cloud](["1"], false);

    expect(await admin.faults()).toMatchObject([{ hits: 1 }]);
    expect(await admin.arrivals()).toMatchObject([{ executed: true }, { executed: true }]);
  });

  it("keeps one handshake waiting while the next one passes", async () => {
    await admin.inject({ kind: "handshake-delay", minMs: 600_000, maxMs: 600_000, count: 1 });
    const { hostname, port } = new URL(simulator.alibabaTlsUrl);
    let isSecure = false;
    const options = { host: hostname, port: Number(port), ca: simulator.caPem };
    const waiting = connect(options, () => (isSecure = true));
    await vi.waitFor(async () => expect(await admin.faults()).toMatchObject([{ hits: 1 }]));

    await clouds.alibaba(["1"], true);
    waiting.destroy();

    expect(isSecure).toBe(false);
  });

  it.each([
    ["tencent", message(/read ECONNRESET/)],
    ["alibaba", { code: "ECONNRESET", syscall: "read" }],
  ] as const)("resets %s's handshake before anything arrives", async (cloud, expected) => {
    await admin.inject({ kind: "handshake-reset", filter: { cloud }, count: 1 });

    const failure = await failureOf(clouds[cloud](["1"], true));

    expect(failure).toMatchObject(expected);
    expect(await admin.arrivals()).toStrictEqual([]);
  });

  it.each(["tencent", "alibaba"] as const)(
    "closes %s's handshake before anything arrives",
    async (cloud) => {
      await admin.inject({ kind: "handshake-close", filter: { cloud }, count: 1 });

      const failure = await failureOf(clouds[cloud](["1"], true));

      expect(failure).toMatchObject(message(/before secure TLS connection was established/));
      expect(await admin.arrivals()).toStrictEqual([]);
    },
  );

  it.each([
    ["tencent", "untrusted", message(/self-signed certificate/)],
    ["alibaba", "untrusted", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }],
    ["tencent", "expired", message(/certificate has expired/)],
    ["alibaba", "expired", { code: "CERT_HAS_EXPIRED" }],
  ] as const)("shows %s's client an %s certificate", async (cloud, certificate, expected) => {
    await admin.inject({ kind: "handshake-certificate", certificate, filter: { cloud }, count: 1 });

    const failure = await failureOf(clouds[cloud](["1"], true));
    await clouds[cloud](["2"], true);

    expect(failure).toMatchObject(expected);
    expect(await admin.arrivals()).toMatchObject([{ executed: true }]);
  });

  it("reads a ClientHello and never answers it, while the next handshake passes", async () => {
    await admin.inject({ kind: "handshake-hang", count: 1 });
    const { hostname, port } = new URL(simulator.alibabaTlsUrl);
    const seen: string[] = [];
    const hung = connect({ host: hostname, port: Number(port), ca: simulator.caPem });
    for (const event of ["secureConnect", "end", "error", "close"]) {
      hung.once(event, () => seen.push(event));
    }
    await vi.waitFor(async () => expect(await admin.faults()).toMatchObject([{ hits: 1 }]));

    await clouds.alibaba(["1"], true);
    const seenWhileHung = [...seen];
    hung.destroy();

    expect(seenWhileHung).toStrictEqual([]);
    expect(await admin.arrivals()).toMatchObject([{ executed: true }]);
  });

  it("makes some targets fail, in each cloud's way", async () => {
    await admin.inject({ kind: "partial-success", targets: ["13", "b_1"] });
    const client = tencentClient(simulator);

    const dataworks = await rerunDataworks(simulator, ["12", "13"]);
    const InstanceKeyList = ["a_1", "b_1"];
    const { Data } = await client.RerunTaskInstancesAsync({ ProjectId: "1", InstanceKeyList });
    const job = await client.GetOpsAsyncJob({ ProjectId: "1", AsyncId: Data?.AsyncId ?? "" });

    expect(JSON.parse(dataworks)).toMatchObject({
      SuccessInfo: { "12": { Success: true }, "13": { Success: false } },
    });
    expect(job.Data?.Status).toBe("PART_SUCCESS");
    expect((await admin.summary()).targets).toStrictEqual([
      { cloud: "alibaba", product: "dataworks", target: "12", arrived: 1, executed: 1 },
      { cloud: "alibaba", product: "dataworks", target: "13", arrived: 1, executed: 0 },
      { cloud: "tencent", product: "wedata", target: "a_1", arrived: 1, executed: 1 },
      { cloud: "tencent", product: "wedata", target: "b_1", arrived: 1, executed: 0 },
    ]);
  });

  it.each([
    ["FAIL", "FAIL", [], { Finished: 2, Success: 0 }],
    ["PART_SUCCESS", "PART_SUCCESS", ["a_1"], { Finished: 2, Success: 1 }],
    ["NEVER", "RUNNING", ["a_1", "b_1"], { Finished: 0, Success: 0 }],
  ] as const)("lets a job end in %s", async (outcome, Status, ranTargets, counted) => {
    await admin.inject({ kind: "job-outcome", outcome, count: 1 });
    const client = tencentClient(simulator);

    const { Data } = await client.RerunTaskInstancesAsync({
      ProjectId: "1",
      InstanceKeyList: ["a_1", "b_1"],
    });
    const job = await client.GetOpsAsyncJob({ ProjectId: "1", AsyncId: Data?.AsyncId ?? "" });

    expect(job.Data).toMatchObject({
      Status,
      TotalSubProcessCount: 2,
      FinishedSubProcessCount: counted.Finished,
      SuccessSubProcessCount: counted.Success,
    });
    expect(await admin.arrivals()).toMatchObject([{ executed: true, ranTargets }, {}]);
  });

  it.each([
    [{ kind: "reset", executed: false } as const, undefined],
    [{ kind: "reset", executed: true } as const, "SignatureNonceUsed"],
    [{ kind: "throttle" } as const, "SignatureNonceUsed"],
  ])("leaves the nonce as the cloud would: %j", async (fault, code) => {
    const headers = { "x-acs-signature-nonce": "test-nonce" };
    await admin.inject({ ...fault, count: 1 });

    await failureOf(rerunDataworks(simulator, ["12"], { headers }));
    const again: unknown = await rerunDataworks(simulator, ["12"], { headers }).catch(
      (error: unknown) => error,
    );

    expect((again as { code?: string }).code).toBe(code);
  });

  it("leaves what a job-outcome says to jobs: the rerun of 2021 has none", async () => {
    await admin.inject({ kind: "job-outcome", outcome: "FAIL" });

    const { Data } = await tencentClient2021(simulator).RunRerunScheduleInstances({
      ProjectId: "1",
      Instances: [{ TaskId: "a", CurRunDate: "1" }],
      CheckFather: false,
      RerunType: "1",
      SkipEventListening: false,
      AsyncMode: true,
    });

    expect(Data?.Result).toBe(true);
    expect(await admin.faults()).toMatchObject([{ hits: 0 }]);
  });

  it("spares what concerns runs for a call that starts one", async () => {
    await admin.inject({ kind: "run-outcome", outcome: "failed", count: 1 });
    await admin.inject({ kind: "evidence-lag", ms: 1, count: 1 });
    await admin.inject({ kind: "throttle", count: 1 });

    await failureOf(clouds.alibaba());
    const hitsBefore = (await admin.faults()).map(({ hits }) => hits);
    await clouds.alibaba();
    const hitsAfter = (await admin.faults()).map(({ hits }) => hits);

    expect(hitsBefore).toStrictEqual([0, 0, 1]);
    expect(hitsAfter).toStrictEqual([1, 1, 1]);
  });

  it.each([
    ["run-outcome", { kind: "run-outcome", outcome: "exploded" }],
    ["evidence-lag", { kind: "evidence-lag", ms: -1 }],
    ["handshake-certificate", { kind: "handshake-certificate", certificate: "blank" }],
    ["handshake-hang", { kind: "handshake-hang", filter: { target: "1" } }],
    ["filter", { kind: "throttle", filter: { product: "emr" } }],
  ])("is refused with a wrong %s", async (_name, fault) => {
    await expect(admin.inject(fault as Fault)).rejects.toThrow("refused POST /faults");
  });

  it("meets one product and version of several", async () => {
    const filter = { product: "wedata", version: "2021-08-20" } as const;
    await admin.inject({ kind: "error", code: "Chosen", filter });
    const instance = { ProjectId: "1", InstanceKey: "a_1" };

    await tencentClient(simulator).GetTaskInstance(instance);
    const chosen = tencentClient2021(simulator).GetTaskInstance(instance);

    await expect(chosen).rejects.toMatchObject({ code: "Chosen" });
  });

  it("meets only the calls that its filter names", async () => {
    await admin.inject({
      kind: "error",
      code: "Chosen",
      filter: {
        cloud: "alibaba",
        action: "RerunTaskInstances",
        accessKeyId: "test-id",
        target: "23",
      },
    });

    await clouds.tencent(["1234"]);
    await clouds.alibaba(["15"]);
    await callAlibaba(simulator, {
      action: "GetTaskInstance",
      method: "GET",
      query: { Id: "1234" },
    });

    await expect(clouds.alibaba(["15", "1234"])).rejects.toMatchObject({ code: "Chosen" });
  });

  it("does not meet calls that the gateway refuses", async () => {
    await admin.inject({ kind: "throttle", count: 1 });

    await failureOf(clouds.alibaba([]));

    expect(await admin.arrivals()).toMatchObject([{ code: "InvalidParameter" }]);
    expect(await admin.faults()).toMatchObject([{ hits: 0 }]);
  });

  it("falls as often as its probability says", async () => {
    const dice = [0.29, 0.31, 0.1];
    const loaded = await startSimulator({
      credentials: [alibabaKey],
      random: () => dice.shift() ?? 1,
    });
    const loadedAdmin = new SimulatorAdmin(loaded.adminUrl);
    await loadedAdmin.inject({ kind: "throttle", probability: 0.3 });

    for (const id of ["1", "2", "3", "4"]) {
      await rerunDataworks(loaded, [id]).catch(() => undefined);
    }
    const answers = (await loadedAdmin.arrivals()).map(({ answer }) => answer);
    await loaded.close();

    expect(answers).toStrictEqual(["throttle", "success", "throttle", "success"]);
  });

  it("is gone when the faults are cleared, and what arrived is not", async () => {
    await admin.inject({ kind: "throttle" });
    await failureOf(clouds.alibaba());

    await admin.clear();
    await clouds.alibaba();

    expect(await admin.faults()).toStrictEqual([]);
    expect(await admin.arrivals()).toHaveLength(2);
  });

  it.each([
    ["an unknown kind", { kind: "flood" }],
    ["an unknown setting", { kind: "throttle", often: true }],
    ["a handshake's action", { kind: "handshake-reset", filter: { action: "GetTaskInstance" } }],
    ["a probability above one", { kind: "throttle", probability: 2 }],
  ])("is refused with %s", async (_name, fault) => {
    const injected = admin.inject(fault as Fault);

    await expect(injected).rejects.toThrow("The simulator refused POST /faults");
    expect(await admin.faults()).toStrictEqual([]);
  });
});
