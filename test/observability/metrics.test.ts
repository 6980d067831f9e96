import { describe, expect, it } from "vitest";
import { CALL_END_KINDS } from "../../src/domain/call-end.ts";
import {
  createMetrics,
  type Metrics,
  type PublishedOutcome,
} from "../../src/observability/metrics.ts";
import { METRICS } from "../../src/observability/metrics-table.ts";

function someMetrics(): Metrics {
  return createMetrics({
    version: "1.2.3",
    providers: [
      {
        name: "wedata",
        kind: "tencent-wedata",
        operations: ["TencentRerunTaskInstances"],
        reads: ["GetOpsAsyncJob"],
      },
      {
        name: "dataworks",
        kind: "alibaba-dataworks",
        operations: ["DataWorksRerunTaskInstances"],
        reads: [],
      },
    ],
  });
}

/** The series of one metric with their values, as the scrape says. */
async function seriesOf(metrics: Metrics, name: string): Promise<Record<string, number>> {
  const { body } = await metrics.text();
  const lines = body
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(name.length, at), Number(line.slice(at + 1))];
    }),
  );
}

function anOutcome(overrides: Partial<PublishedOutcome> = {}): PublishedOutcome {
  return {
    echo: {
      requestId: "r1",
      provider: "wedata",
      operationName: "TencentRerunTaskInstances",
      requestedAt: 1000,
      requestedBy: "tests",
      correlationId: null,
      labels: {},
      replayOf: null,
    },
    status: "SUCCEEDED",
    reason: null,
    completedAt: 3500,
    ...overrides,
  };
}

describe("every metric of the contract", () => {
  it.each([
    "rerun_requests_received_total{provider,operation}",
    "rerun_outcomes_total{provider,operation,status,reason}",
    "rerun_dead_letters_total{reason}",
    "rerun_provider_calls_total{provider,operation,result}",
    "rerun_provider_call_duration_seconds{provider,operation}",
    "rerun_throttle_wait_seconds{provider}",
    "rerun_request_duration_seconds{provider,status}",
    "rerun_coalesced_requests{provider,operation}",
    "rerun_lane_queue_depth{provider,priority}",
    "rerun_lane_waiting_outside_of_memory{provider}",
    "rerun_lane_in_flight{provider}",
    "rerun_call_starts_max_per_second{provider}",
    "rerun_claims_total{result}",
    "rerun_claim_duration_seconds{}",
    "rerun_consumer_lag{topic,partition}",
    "rerun_uncommitted_records{partition}",
    "rerun_requests_duplicate_total{provider}",
    "rerun_lane_held{provider,why}",
    "rerun_tracked_jobs{provider}",
    "rerun_journal_ignored_total{record}",
    "rerun_journal_open_requests{}",
    "rerun_journal_finished_requests{}",
    "rerun_journal_unread_records{}",
    "rerun_requests_complete_again_total{}",
    "rerun_build_info{version}",
  ])("%s is there", (spelling) => {
    const spellings = Object.values(METRICS).map(({ name, labels }) => `${name}{${labels.join()}}`);
    expect(spellings).toContain(spelling);
  });

  it("comes with the process's and the event loop's", async () => {
    const { body, contentType } = await someMetrics().text();
    expect(body).toContain("process_cpu_seconds_total");
    expect(body).toContain("nodejs_eventloop_lag_seconds");
    expect(contentType).toMatch(/^text\/plain/);
  });
});

describe("known series", () => {
  it("begin at zero, whatever their kind", async () => {
    const { body } = await someMetrics().text();
    const ours = body.split("\n").filter((line) => /^rerun_(?!build_info)/.test(line));
    expect(ours.length).toBeGreaterThan(200);
    expect(ours.filter((line) => !line.endsWith(" 0"))).toEqual([]);
    for (const { name } of Object.values(METRICS)) {
      expect(body).toContain(`# TYPE ${name} `);
    }
  });

  it("of outcomes are every status with each of its reasons", async () => {
    const series = await seriesOf(someMetrics(), "rerun_outcomes_total");
    const keys = Object.keys(series);
    const of = (provider: string, operation: string) =>
      keys.filter((key) => key.includes(`provider="${provider}",operation="${operation}"`));
    expect(of("wedata", "TencentRerunTaskInstances")).toHaveLength(22);
    expect(of("wedata", "TencentRerunScheduleInstances")).toHaveLength(22);
    expect(of("wedata", "DataWorksRerunTaskInstances")).toEqual([
      '{provider="wedata",operation="DataWorksRerunTaskInstances",status="REJECTED",reason="WRONG_PROVIDER_KIND"}',
    ]);
    expect(of("unknown", "DmsRerunTaskFlowInstance")).toHaveLength(1);
  });

  it("of calls are the adapter's operations and reads with every end", async () => {
    const series = await seriesOf(someMetrics(), "rerun_provider_calls_total");
    const expected = ["TencentRerunTaskInstances", "GetOpsAsyncJob"].flatMap((operation) =>
      CALL_END_KINDS.map(
        (result) => `{provider="wedata",operation="${operation}",result="${result}"}`,
      ),
    );
    expect(Object.keys(series).filter((key) => key.includes("wedata"))).toEqual(expected);
  });

  it("of one service are not those of another", async () => {
    const first = someMetrics();
    first.deadLettered("empty");
    const second = await seriesOf(someMetrics(), "rerun_dead_letters_total");
    expect(second['{reason="empty"}']).toBe(0);
  });
});

describe("what happens is counted", () => {
  it("requests, duplicates, dead letters, claims", async () => {
    const metrics = someMetrics();
    metrics.requestReceived("wedata", "TencentRerunTaskInstances");
    metrics.requestDuplicate("wedata");
    metrics.deadLettered("empty");
    metrics.claimEnded("granted", 4);
    expect(await seriesOf(metrics, "rerun_requests_received_total")).toMatchObject({
      '{provider="wedata",operation="TencentRerunTaskInstances"}': 1,
    });
    expect(await seriesOf(metrics, "rerun_requests_duplicate_total")).toMatchObject({
      '{provider="wedata"}': 1,
      '{provider="dataworks"}': 0,
    });
    expect(await seriesOf(metrics, "rerun_dead_letters_total")).toMatchObject({
      '{reason="empty"}': 1,
    });
    expect(await seriesOf(metrics, "rerun_claims_total")).toEqual({
      ...{ '{result="granted"}': 1, '{result="taken"}': 0, '{result="finished"}': 0 },
      ...{ '{result="conflict"}': 0, '{result="fenced"}': 0, '{result="lapsed"}': 0 },
      ...{ '{result="target-held"}': 0, '{result="target-moved"}': 0 },
      ...{ '{result="guarded"}': 0, '{result="unguarded"}': 0 },
    });
    expect(await seriesOf(metrics, "rerun_claim_duration_seconds_sum")).toEqual({ "": 0.004 });
  });

  it("what had no effect in the journal, by its record, and what came again complete", async () => {
    const metrics = someMetrics();
    metrics.journalIgnored("CLAIM");
    metrics.journalIgnored("CLAIM");
    metrics.journalIgnored("DONE");
    metrics.completeAgain(7);
    metrics.completeAgain(3);
    expect(await seriesOf(metrics, "rerun_journal_ignored_total")).toMatchObject({
      ...{ '{record="CLAIM"}': 2, '{record="DONE"}': 1, '{record="RELEASE"}': 0 },
    });
    expect(await seriesOf(metrics, "rerun_requests_complete_again_total")).toEqual({ "": 10 });
  });

  it("a final outcome with the time since the request", async () => {
    const metrics = someMetrics();
    metrics.outcomePublished(anOutcome());
    expect(await seriesOf(metrics, "rerun_outcomes_total")).toMatchObject({
      '{provider="wedata",operation="TencentRerunTaskInstances",status="SUCCEEDED",reason="none"}': 1,
    });
    expect(await seriesOf(metrics, "rerun_request_duration_seconds_sum")).toMatchObject({
      '{provider="wedata",status="SUCCEEDED"}': 2.5,
    });
  });

  it("an outcome's reason", async () => {
    const metrics = someMetrics();
    const reason = { code: "NOT_PERMITTED", message: "no" } as const;
    metrics.outcomePublished(anOutcome({ status: "REJECTED", reason }));
    expect(await seriesOf(metrics, "rerun_outcomes_total")).toMatchObject({
      '{provider="wedata",operation="TencentRerunTaskInstances",status="REJECTED",reason="NOT_PERMITTED"}': 1,
    });
  });

  it("ACCEPTED as an outcome but not as an end", async () => {
    const metrics = someMetrics();
    metrics.outcomePublished(anOutcome({ status: "ACCEPTED" }));
    expect(await seriesOf(metrics, "rerun_outcomes_total")).toMatchObject({
      '{provider="wedata",operation="TencentRerunTaskInstances",status="ACCEPTED",reason="none"}': 1,
    });
    const durations = await seriesOf(metrics, "rerun_request_duration_seconds_count");
    expect(Object.values(durations).every((count) => count === 0)).toBe(true);
    expect(Object.keys(durations)).not.toContain('{provider="wedata",status="ACCEPTED"}');
  });

  it("a request from the future as one that took no time", async () => {
    const metrics = someMetrics();
    metrics.outcomePublished(anOutcome({ completedAt: 0 }));
    expect(await seriesOf(metrics, "rerun_request_duration_seconds_sum")).toMatchObject({
      '{provider="wedata",status="SUCCEEDED"}': 0,
    });
  });

  it("a call with its end, its time and how many shared it", async () => {
    const metrics = someMetrics();
    metrics.callEnded({
      provider: "wedata",
      operation: "TencentRerunTaskInstances",
      result: "throttled",
      durationMs: 250,
      requests: 3,
    });
    const labels = 'provider="wedata",operation="TencentRerunTaskInstances"';
    expect(await seriesOf(metrics, "rerun_provider_calls_total")).toMatchObject({
      [`{${labels},result="throttled"}`]: 1,
    });
    expect(await seriesOf(metrics, "rerun_provider_call_duration_seconds_sum")).toMatchObject({
      [`{${labels}}`]: 0.25,
    });
    expect(await seriesOf(metrics, "rerun_coalesced_requests_sum")).toMatchObject({
      [`{${labels}}`]: 3,
    });
  });

  it("a read by its API action, without touching what is measured of calls", async () => {
    const metrics = someMetrics();
    metrics.readEnded("wedata", "GetOpsAsyncJob", "unavailable");
    metrics.throttleWaited("wedata", 50);
    expect(await seriesOf(metrics, "rerun_provider_calls_total")).toMatchObject({
      '{provider="wedata",operation="GetOpsAsyncJob",result="unavailable"}': 1,
    });
    const { body } = await metrics.text();
    expect(body).not.toMatch(/duration_seconds.*GetOpsAsyncJob/);
    expect(await seriesOf(metrics, "rerun_throttle_wait_seconds_sum")).toMatchObject({
      '{provider="wedata"}': 0.05,
    });
  });

  it("call starts within any sliding second, per provider", async () => {
    const metrics = someMetrics();
    for (const instant of [0, 100, 999, 1000, 5000]) metrics.callStarted("wedata", instant);
    metrics.callStarted("dataworks", 0);
    metrics.callStarted("nobody", 0);
    expect(await seriesOf(metrics, "rerun_call_starts_max_per_second")).toEqual({
      '{provider="wedata"}': 3,
      '{provider="dataworks"}': 1,
    });
  });

  it("under the build's version", async () => {
    expect(await seriesOf(someMetrics(), "rerun_build_info")).toEqual({ '{version="1.2.3"}': 1 });
  });
});

describe("names that requests make up", () => {
  it("create no series", async () => {
    const metrics = someMetrics();
    const before = (await metrics.text()).body.match(/^rerun_/gm)?.length;
    for (const made of ["evil-1", "evil-2", "constructor", "__proto__"]) {
      metrics.requestReceived(made, made);
      metrics.requestReceived("wedata", "TencentRerunTaskInstances");
      const reason = { code: "UNKNOWN_PROVIDER", message: "" } as const;
      const { echo } = anOutcome();
      metrics.outcomePublished(
        anOutcome({
          echo: { ...echo, provider: made, operationName: made },
          status: "REJECTED",
          reason,
        }),
      );
    }
    const { body } = await metrics.text();
    expect(body.match(/^rerun_/gm)?.length).toBe(before);
    expect(body).not.toMatch(/evil|constructor|__proto__/);
    expect(await seriesOf(metrics, "rerun_requests_received_total")).toMatchObject({
      '{provider="unknown",operation="unknown"}': 4,
    });
  });
});

describe("sampled gauges", () => {
  it("are asked for at every scrape", async () => {
    const metrics = someMetrics();
    let depth = 7;
    metrics.sample((gauges) => {
      gauges.laneQueueDepth("wedata", "HIGH", depth);
      gauges.laneWaitingOutside("wedata", depth * 1000);
      gauges.laneInFlight("wedata", 2);
      gauges.trackedJobs("dataworks", 3);
    });
    metrics.sample((gauges) => gauges.laneHeld("dataworks", "quota"));
    metrics.sample((gauges) => gauges.laneHeld("dataworks", "paused"));
    metrics.sample((gauges) => gauges.breakerState("wedata", "open"));
    metrics.sample((gauges) => gauges.journal({ open: 4, finished: 5, guarded: 7, unread: 6 }));
    expect(await seriesOf(metrics, "rerun_lane_queue_depth")).toMatchObject({
      '{provider="wedata",priority="HIGH"}': 7,
      '{provider="dataworks",priority="LOW"}': 0,
    });
    depth = 1;
    expect(await seriesOf(metrics, "rerun_lane_queue_depth")).toMatchObject({
      '{provider="wedata",priority="HIGH"}': 1,
    });
    expect(await seriesOf(metrics, "rerun_lane_waiting_outside_of_memory")).toEqual({
      '{provider="wedata"}': 1000,
      '{provider="dataworks"}': 0,
    });
    expect(await seriesOf(metrics, "rerun_lane_in_flight")).toMatchObject({
      '{provider="wedata"}': 2,
    });
    expect(await seriesOf(metrics, "rerun_tracked_jobs")).toMatchObject({
      '{provider="dataworks"}': 3,
    });
    expect(await seriesOf(metrics, "rerun_lane_held")).toMatchObject({
      '{provider="dataworks",why="quota"}': 1,
      '{provider="dataworks",why="paused"}': 1,
      '{provider="dataworks",why="credentials"}': 0,
    });
    expect(await seriesOf(metrics, "rerun_breaker_state")).toEqual({
      '{provider="wedata"}': 2,
      '{provider="dataworks"}': 0,
    });
    expect([
      await seriesOf(metrics, "rerun_journal_open_requests"),
      await seriesOf(metrics, "rerun_journal_finished_requests"),
      await seriesOf(metrics, "rerun_journal_unread_records"),
    ]).toEqual([{ "": 4 }, { "": 5 }, { "": 6 }]);
  });

  it("go back to zero, and partitions that moved away vanish", async () => {
    const metrics = someMetrics();
    let isOurs = true;
    metrics.sample((gauges) => {
      if (!isOurs) return;
      gauges.laneHeld("wedata", "credentials");
      gauges.consumerLag("rerun.requests", 3, 12);
      gauges.uncommittedRecords(3, 4);
      gauges.journal({ open: 4, finished: 5, guarded: 7, unread: 6 });
    });
    expect(await seriesOf(metrics, "rerun_consumer_lag")).toEqual({
      '{topic="rerun.requests",partition="3"}': 12,
    });
    expect(await seriesOf(metrics, "rerun_uncommitted_records")).toEqual({ '{partition="3"}': 4 });
    isOurs = false;
    expect(await seriesOf(metrics, "rerun_consumer_lag")).toEqual({});
    expect(await seriesOf(metrics, "rerun_uncommitted_records")).toEqual({});
    expect(await seriesOf(metrics, "rerun_journal_unread_records")).toEqual({ "": 0 });
    expect(await seriesOf(metrics, "rerun_lane_held")).toMatchObject({
      '{provider="wedata",why="credentials"}': 0,
    });
  });

  it("that cannot be had fail the scrape", async () => {
    const metrics = someMetrics();
    metrics.sample(() => {
      throw new Error("no lanes");
    });
    await expect(metrics.text()).rejects.toThrow("no lanes");
  });
});
