import { createHash } from "node:crypto";

import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import type { RerunOutcome, RerunRequest } from "../../src/avro/wire-types.ts";
import { fetchMetrics, type MetricsPage, sumOf } from "../support/metrics-page.ts";
import { configOf, dataworksAt, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt, rerunsOf } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { aWireRequest, forDataworks, forWedata, instanceKey } from "../support/wire-requests.ts";

/** A WeData connection that gives up soon. */
const IMPATIENT = "wedata-impatient";
/** A WeData connection to a port where nobody listens. */
const AWAY = "wedata-away";
const PAST = { requestedAt: Date.now() - 20_000, notAfter: Date.now() - 10_000 };
const TRACE = {
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  tracestate: "rojo=00f067aa0ba902b7",
};

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let service: ServiceProcess;
/** Taken before anything was sent. */
let metricsAtStart: MetricsPage;

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-outcomes",
    }),
    processes.simulator(),
  ]);
  const { tencentUrl, alibabaUrl } = simulator;
  const twice = { maxAttempts: 2, firstDelay: "20ms", maxDelay: "100ms" };
  service = await processes.readyService(
    configOf(
      topics.place,
      [
        wedataAt(tencentUrl),
        wedataAt(tencentUrl, {
          name: IMPATIENT,
          retry: twice,
          track: { interval: "100ms", timeout: "400ms" },
        }),
        wedataAt("http://127.0.0.1:9", { name: AWAY, retry: twice }),
        dataworksAt(alibabaUrl),
      ],
      { limits: { targetsPerRequest: 3 } },
    ),
  );
  metricsAtStart = await fetchMetrics(service);
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

/** By hand, as the contract says it: not by the function under test. */
function outcomeIdOf({ provider, requestId, source }: RerunOutcome, end: "accepted" | "final") {
  const { topic, partition, offset } = source;
  const parts = [provider, requestId, topic, String(partition), String(offset), end];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

describe("a request for WeData", () => {
  it("is accepted, followed and SUCCEEDED, with everything that the contract names", async () => {
    const request = forWedata("wedata-happy", ["happy-1", "happy-2"], {
      correlationId: "ticket-7",
      labels: { team: "payments" },
      replayOf: "an-older-one",
      reason: "the nightly load failed",
      priority: "HIGH",
    });
    await topics.send(request, { partition: 1, key: "any key", headers: TRACE });
    const final = await topics.final(request.requestId);
    const [accepted, ...others] = topics.of(request.requestId);
    const [call, ...otherCalls] = await rerunsOf(simulator, instanceKey("happy-1"));

    expect(otherCalls).toEqual([]);
    expect(call).toMatchObject({
      cloud: "tencent",
      targets: [instanceKey("happy-1"), instanceKey("happy-2")],
      executed: true,
    });
    const source = {
      topic: topics.place.topics.requests,
      partition: 1,
      offset: expect.any(BigInt) as bigint,
    };
    const echoed = {
      requestId: request.requestId,
      provider: "wedata",
      operation: "TencentRerunTaskInstances",
      requestedBy: "service-test",
      correlationId: "ticket-7",
      labels: { team: "payments" },
      replayOf: "an-older-one",
      source,
      requestedAt: request.requestedAt,
    };
    const worked = {
      reason: null,
      attempts: 1,
      reconciled: false,
      coalesced: 1,
      providerRequestId: call!.requestId,
      asyncJobId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      providerErrorCode: null,
      receivedAt: expect.any(Number) as number,
      calledAt: expect.any(Number) as number,
      completedAt: expect.any(Number) as number,
      dispatcher: expect.stringMatching(/^[0-9a-f-]{36} \d+\.\d+\.\d+$/) as string,
    };
    expect(accepted!.outcome).toEqual({
      ...{ ...echoed, ...worked, status: "ACCEPTED", final: false, targets: [] },
      outcomeId: outcomeIdOf(final, "accepted"),
    });
    const targets = ["happy-1", "happy-2"].map((word) => ({
      target: instanceKey(word),
      status: "SUCCEEDED",
      message: null,
    }));
    expect(others.map(({ outcome }) => outcome)).toEqual([
      {
        ...{ ...echoed, ...worked, status: "SUCCEEDED", final: true, targets },
        outcomeId: outcomeIdOf(final, "final"),
      },
    ]);
    expect(final.asyncJobId).toBe(accepted!.outcome.asyncJobId);
    expect(final.receivedAt).toBeGreaterThanOrEqual(request.requestedAt);
    expect(final.calledAt).toBeGreaterThanOrEqual(final.receivedAt);
    expect(final.completedAt).toBeGreaterThanOrEqual(final.calledAt!);
  });

  it("has its id as the outcomes' key, and its trace in their headers", async () => {
    await topics.send(forWedata("wedata-headers"), { headers: TRACE });
    await topics.final("wedata-headers");
    const records = topics.of("wedata-headers").map(({ record }) => record);
    const headers = { "rerun-request-id": "wedata-headers", ...TRACE };
    expect(records.map(({ key }) => String(key))).toEqual(["wedata-headers", "wedata-headers"]);
    expect(records.map((record) => textHeaders(record.headers))).toEqual([
      { ...headers, "rerun-status": "ACCEPTED" },
      { ...headers, "rerun-status": "SUCCEEDED" },
    ]);
  });
});

describe("a request for DataWorks", () => {
  it("goes straight to SUCCEEDED, its ids past 2^53 unchanged", async () => {
    const ids = [9_007_199_254_740_993n, 4711n];
    await topics.send(forDataworks("dataworks-happy", ids));
    const final = await topics.final("dataworks-happy");
    const [call, ...others] = await rerunsOf(simulator, "9007199254740993");
    expect(others).toEqual([]);
    expect(call).toMatchObject({ cloud: "alibaba", targets: ["9007199254740993", "4711"] });
    expect(topics.of("dataworks-happy").map(({ outcome }) => outcome)).toEqual([final]);
    expect(final).toMatchObject({
      outcomeId: outcomeIdOf(final, "final"),
      operation: "DataWorksRerunTaskInstances",
      status: "SUCCEEDED",
      final: true,
      reason: null,
      targets: [
        { target: "9007199254740993", status: "SUCCEEDED" },
        { target: "4711", status: "SUCCEEDED" },
      ],
      attempts: 1,
      providerRequestId: call!.requestId,
      asyncJobId: null,
    });
  });
});

describe("a request that is not called", () => {
  const dms = { "rerun.v1.DmsRerunTaskFlowInstance": nullable({ dagId: 1n, dagInstanceId: 2n }) };
  it.each<[string, RerunRequest, string, string | null]>([
    ["a dry run", forWedata("dry-run", ["x"], { dryRun: true }), "DRY_RUN", null],
    [
      "a provider that nobody configured",
      forWedata("stranger", ["x"], { provider: "nobodys" }),
      "REJECTED",
      "UNKNOWN_PROVIDER",
    ],
    [
      "a provider of another kind",
      forWedata("wrong-kind", ["x"], { provider: "dataworks" }),
      "REJECTED",
      "WRONG_PROVIDER_KIND",
    ],
    [
      "an operation of another cloud",
      aWireRequest("dms", dms, { provider: "wedata" }),
      "REJECTED",
      "WRONG_PROVIDER_KIND",
    ],
    [
      "a notBefore beyond the retention of the requests topic",
      forWedata("not-before", ["x"], { notBefore: Date.now() + 3_650 * 86_400_000 }),
      "REJECTED",
      "INVALID_REQUEST",
    ],
    ["a notAfter that passed", forWedata("late", ["x"], PAST), "EXPIRED", "NOT_AFTER_PASSED"],
    ["too many targets", forDataworks("many", [1n, 2n, 3n, 4n]), "REJECTED", "INVALID_REQUEST"],
    ["no targets", forDataworks("none", []), "REJECTED", "INVALID_REQUEST"],
    ["a bad requestId", forWedata("no blanks allowed", ["x"]), "REJECTED", "INVALID_REQUEST"],
  ])("%s: gets its outcome without a call", async (_, request, status, code) => {
    const before = (await callsAt(simulator)).length;
    await topics.send(request);
    const outcome = await topics.final(request.requestId);
    expect({ status: outcome.status, code: outcome.reason?.code ?? null }).toEqual({
      status,
      code,
    });
    expect(outcome).toMatchObject({ targets: [], attempts: 0, calledAt: null });
    expect(topics.of(request.requestId)).toHaveLength(1);
    expect(await callsAt(simulator)).toHaveLength(before);
  });
});

describe("a call that does not go well", () => {
  it("is repeated while it surely was not executed, and each try counts", async () => {
    await simulator.admin.inject({
      kind: "throttle",
      count: 2,
      filter: { target: "throttled-twice" },
    });
    await topics.send(forWedata("throttled-twice"));
    expect(await topics.final("throttled-twice")).toMatchObject({
      status: "SUCCEEDED",
      attempts: 3,
    });
    const calls = await rerunsOf(simulator, instanceKey("throttled-twice"));
    expect(calls.map(({ answer }) => answer)).toEqual(["throttle", "throttle", "success"]);
  });

  it("is given up after retry.maxAttempts", async () => {
    await simulator.admin.inject({ kind: "throttle", filter: { target: "always-throttled" } });
    await topics.send(forWedata("always-throttled", undefined, { provider: IMPATIENT }));
    const target = instanceKey("always-throttled");
    expect(await topics.final("always-throttled")).toMatchObject({
      status: "FAILED",
      reason: { code: "RETRIES_EXHAUSTED" },
      targets: [{ target, status: "FAILED" }],
      attempts: 2,
    });
    expect(await rerunsOf(simulator, target)).toHaveLength(2);
  });

  it("counts connections that were refused", async () => {
    await topics.send(forWedata("nobody-there", undefined, { provider: AWAY }));
    expect(await topics.final("nobody-there")).toMatchObject({
      status: "FAILED",
      reason: {
        code: "RETRIES_EXHAUSTED",
        message: expect.stringContaining("ECONNREFUSED") as string,
      },
      attempts: 2,
    });
  });

  it.each([
    ["reset after executing", { kind: "reset", executed: true }],
    ["reset before executing", { kind: "reset", executed: false }],
    ["an answer cut in the middle", { kind: "cut-body", end: "fin" }],
    ["a load balancer's page", { kind: "html", status: 502, executed: true }],
    ["a redirect", { kind: "redirect", status: 307, location: "http://127.0.0.1:1/" }],
  ] as const)("is UNKNOWN and never repeated: %s", async (words, fault) => {
    const name = words.replaceAll(/\W/g, "-");
    await simulator.admin.inject({ ...fault, filter: { target: name } });
    await topics.send(forWedata(name));
    expect(await topics.final(name)).toMatchObject({
      status: "UNKNOWN",
      reason: { code: "CALL_UNCERTAIN" },
      targets: [{ target: instanceKey(name), status: "UNKNOWN" }],
      attempts: 1,
    });
    expect(topics.of(name)).toHaveLength(1);
    expect(await rerunsOf(simulator, instanceKey(name))).toHaveLength(1);
  });

  it.each([
    ["InvalidParameterValue", "REFUSED_BY_PROVIDER"],
    ["UnauthorizedOperation", "NOT_PERMITTED"],
  ])("is REJECTED when the provider says %s", async (code, reason) => {
    const name = `refused-${code}`;
    await simulator.admin.inject({ kind: "error", code, filter: { target: name } });
    await topics.send(forWedata(name));
    const target = instanceKey(name);
    expect(await topics.final(name)).toMatchObject({
      status: "REJECTED",
      reason: { code: reason, message: expect.stringContaining(code) as string },
      targets: [{ target, status: "FAILED" }],
      attempts: 1,
      providerErrorCode: code,
    });
    expect(await rerunsOf(simulator, target)).toHaveLength(1);
  });

  it("tells for each instance of DataWorks whether it was run", async () => {
    await simulator.admin.inject({ kind: "partial-success", targets: ["771002"] });
    await topics.send(forDataworks("partly", [771001n, 771002n]));
    expect(await topics.final("partly")).toMatchObject({
      status: "PARTIALLY_SUCCEEDED",
      reason: { code: "TARGETS_FAILED" },
      targets: [
        { target: "771001", status: "SUCCEEDED" },
        { target: "771002", status: "FAILED", message: "The instance cannot be rerun." },
      ],
    });
  });

  it("is FAILED when no instance of DataWorks was run", async () => {
    await simulator.admin.inject({ kind: "partial-success", targets: ["772001"] });
    await topics.send(forDataworks("none-ran", [772001n]));
    expect(await topics.final("none-ran")).toMatchObject({
      status: "FAILED",
      reason: { code: "TARGETS_FAILED" },
    });
  });

  it.each([
    ["FAIL", "wedata", "FAILED", "JOB_FAILED", "FAILED"],
    ["NEVER", IMPATIENT, "UNKNOWN", "TRACKING_TIMED_OUT", "UNKNOWN"],
  ] as const)(
    "follows a job that ends %s",
    async (outcome, provider, status, code, targetStatus) => {
      const name = `job-${outcome}`;
      await simulator.admin.inject({ kind: "job-outcome", outcome, filter: { target: name } });
      await topics.send(forWedata(name, undefined, { provider }));
      const final = await topics.final(name);
      const target = instanceKey(name);
      expect(final).toMatchObject({
        status,
        reason: { code },
        targets: [{ target, status: targetStatus }],
      });
      expect(topics.of(name).map((one) => one.outcome.status)).toEqual(["ACCEPTED", status]);
      expect(await rerunsOf(simulator, target)).toHaveLength(1);
    },
  );
});

describe("a request that comes again with the same content", () => {
  it("is called once and has one final outcome, whatever partition it comes in", async () => {
    const counted = async () =>
      sumOf(await fetchMetrics(service), "rerun_requests_duplicate_total");
    const before = await counted();
    const request = forWedata("twin");
    await simulator.admin.inject({
      kind: "latency",
      ...{ minMs: 500, maxMs: 500 },
      filter: { target: "twin" },
    });
    await topics.send(request, { partition: 0 });
    await topics.send(
      { ...request, priority: "HIGH", labels: { another: "label" } },
      { partition: 0 },
    );
    await topics.send({ ...request, requestedBy: "somebody else" }, { partition: 1 });
    await topics.final("twin");
    // Once more, now that it is settled.
    await topics.send(request, { partition: 2 });
    await waitFor("three duplicates are counted", async () => (await counted()) === before + 3);
    await topics.allCommitted();
    expect(await rerunsOf(simulator, instanceKey("twin"))).toHaveLength(1);
    const outcomes = topics.of("twin").map(({ outcome }) => outcome);
    expect(outcomes.map(({ status }) => status)).toEqual(["ACCEPTED", "SUCCEEDED"]);
    expect(outcomes[1]).toMatchObject({ labels: {}, requestedBy: "service-test" });
  });

  it("is no repetition for another provider connection", async () => {
    await topics.send(forWedata("same-name"));
    await topics.send(forDataworks("same-name", [773001n]));
    const finals = () => topics.of("same-name").filter(({ outcome }) => outcome.final);
    await waitFor("both have a final outcome", () => finals().length === 2);
    const statuses = finals().map(({ outcome }) => outcome.status);
    expect(statuses).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  });
});

describe("/metrics", () => {
  const NAMES = {
    rerun_requests_received_total: "counter",
    rerun_outcomes_total: "counter",
    rerun_dead_letters_total: "counter",
    rerun_provider_calls_total: "counter",
    rerun_provider_call_duration_seconds: "histogram",
    rerun_throttle_wait_seconds: "histogram",
    rerun_request_duration_seconds: "histogram",
    rerun_reconciliations_total: "counter",
    rerun_coalesced_requests: "histogram",
    rerun_lane_queue_depth: "gauge",
    rerun_lane_waiting_outside_of_memory: "gauge",
    rerun_lane_in_flight: "gauge",
    rerun_call_starts_max_per_second: "gauge",
    rerun_claims_total: "counter",
    rerun_claim_duration_seconds: "histogram",
    rerun_journal_ignored_total: "counter",
    rerun_journal_open_requests: "gauge",
    rerun_journal_finished_requests: "gauge",
    rerun_journal_unread_records: "gauge",
    rerun_guard_targets: "gauge",
    rerun_breaker_state: "gauge",
    rerun_calls_per_second_limit: "gauge",
    rerun_slots_total: "counter",
    rerun_slot_restarts_total: "counter",
    rerun_slot_clock_width_seconds: "gauge",
    rerun_requests_complete_again_total: "counter",
    rerun_consumer_lag: "gauge",
    rerun_uncommitted_records: "gauge",
    rerun_requests_duplicate_total: "counter",
    rerun_lane_held: "gauge",
    rerun_tracked_jobs: "gauge",
    rerun_build_info: "gauge",
  };
  /** Which partitions there are is known only once records came. */
  const PER_PARTITION = ["rerun_consumer_lag", "rerun_uncommitted_records"];

  it("names every metric of the contract from the start, at zero", () => {
    const { types, samples } = metricsAtStart;
    const own = [...types].filter(([name]) => name.startsWith("rerun_"));
    expect(Object.fromEntries(own)).toEqual(NAMES);
    const present = new Set(samples.map(({ name }) => name.replace(/_(bucket|sum|count)$/, "")));
    const absent = Object.keys(NAMES).filter((name) => !present.has(name));
    expect(absent.filter((name) => !PER_PARTITION.includes(name))).toEqual([]);
    // It tells the config until something lowers it.
    const counting = samples.filter(({ name }) => name !== "rerun_calls_per_second_limit");
    const begun = counting.filter(({ name, value }) => name.startsWith("rerun_") && value !== 0);
    expect(begun).toEqual([
      { name: "rerun_build_info", labels: { version: expect.any(String) as string }, value: 1 },
    ]);
    expect([...types.keys()]).toContain("process_cpu_seconds_total");
    expect([...types.keys()]).toContain("nodejs_eventloop_lag_seconds");
  });

  it("counted what stands in the topics, and brought up no series that it did not announce", async () => {
    await topics.allCommitted();
    const page = await fetchMetrics(service);
    const outcomes = topics.outcomes.map(({ outcome }) => outcome);
    expect(sumOf(page, "rerun_outcomes_total")).toBe(outcomes.length);
    expect(sumOf(page, "rerun_outcomes_total", { status: "ACCEPTED" })).toBe(
      outcomes.filter(({ final }) => !final).length,
    );
    expect(sumOf(page, "rerun_request_duration_seconds_count")).toBe(
      outcomes.filter(({ final }) => final).length,
    );
    const calls = await callsAt(simulator);
    const refused = 2; // never arrived
    expect(sumOf(page, "rerun_call_starts_max_per_second")).toBeGreaterThan(0);
    for (const operation of ["TencentRerunTaskInstances", "DataWorksRerunTaskInstances"]) {
      const action = operation.startsWith("Tencent")
        ? "RerunTaskInstancesAsync"
        : "RerunTaskInstances";
      const arrived = calls.filter((call) => call.action === action).length;
      const counted = sumOf(page, "rerun_provider_calls_total", { operation });
      expect(counted).toBe(operation.startsWith("Tencent") ? arrived + refused : arrived);
    }
    const spelled = ({ samples }: MetricsPage) =>
      samples
        .filter(({ name }) => name.startsWith("rerun_") && !PER_PARTITION.includes(name))
        .map(({ name, labels }) => `${name}${JSON.stringify(labels)}`);
    expect(spelled(page)).toEqual(spelled(metricsAtStart));
  });

  it("shows that all is done", async () => {
    const page = await fetchMetrics(service);
    const names = ["rerun_lane_queue_depth", "rerun_lane_in_flight", "rerun_tracked_jobs"];
    expect([...names, ...PER_PARTITION].map((name) => sumOf(page, name))).toEqual([0, 0, 0, 0, 0]);
  });
});

describe("SIGTERM", () => {
  it("ends a service that has nothing to do with 0", async () => {
    expect(await service.stop()).toBe(0);
  });
});

function nullable<T extends object>(fields: T): T & { dagVersion: null; tenantId: null } {
  return { ...fields, dagVersion: null, tenantId: null };
}
