/** One metric of the contract: its name, what it says, its labels and, of a histogram, its buckets. */
export interface MetricRow {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

/** Every metric of this version; docs/metrics.md is generated from here. */
export const METRICS = {
  requestsReceived: {
    kind: "counter",
    name: "rerun_requests_received_total",
    help: "Decodable requests taken from Kafka.",
    labels: ["provider", "operation"],
  },
  requestsDuplicate: {
    kind: "counter",
    name: "rerun_requests_duplicate_total",
    help: "Records with a known requestId and the same content, skipped.",
    labels: ["provider"],
  },
  outcomes: {
    kind: "counter",
    name: "rerun_outcomes_total",
    help: "Published outcomes, ACCEPTED included; reason is none for those without.",
    labels: ["provider", "operation", "status", "reason"],
  },
  requestDuration: {
    kind: "histogram",
    name: "rerun_request_duration_seconds",
    help: "From the request's requestedAt to its final outcome.",
    labels: ["provider", "status"],
    buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 21_600, 86_400],
  },
  deadLetters: {
    kind: "counter",
    name: "rerun_dead_letters_total",
    help: "Records put into the dead-letter topic.",
    labels: ["reason"],
  },
  providerCalls: {
    kind: "counter",
    name: "rerun_provider_calls_total",
    help: "Calls and reads that ended, by what their end means; operation is a read's API action.",
    labels: ["provider", "operation", "result"],
  },
  providerCallDuration: {
    kind: "histogram",
    name: "rerun_provider_call_duration_seconds",
    help: "Time of one call (not of reads), connecting included, waiting for its turn not.",
    labels: ["provider", "operation"],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60],
  },
  callStartsMaxPerSecond: {
    kind: "gauge",
    name: "rerun_call_starts_max_per_second",
    help: "Highest number of calls (not reads) that began in any sliding second since the start.",
    labels: ["provider"],
  },
  callsPerSecondLimit: {
    kind: "gauge",
    name: "rerun_calls_per_second_limit",
    help: "Calls in a second that are allowed now: as configured, or less by an order or by throttling.",
    labels: ["provider"],
  },
  slots: {
    kind: "counter",
    name: "rerun_slots_total",
    help: "Shares of the group's rate limit, by what became of them; late ones had a call that came too late, wasted ones had none.",
    labels: ["provider", "end"],
  },
  slotRestarts: {
    kind: "counter",
    name: "rerun_slot_restarts_total",
    help: "Times at which the group's rate limit began anew: a clock was set, or the topic's leader changed.",
    labels: [],
  },
  slotClockWidth: {
    kind: "gauge",
    name: "rerun_slot_clock_width_seconds",
    help: "How uncertain the brokers' time is here; slots are as much narrower. 0 while nothing is known.",
    labels: [],
  },
  throttleWait: {
    kind: "histogram",
    name: "rerun_throttle_wait_seconds",
    help: "How long calls waited for their turn within the rate limit.",
    labels: ["provider"],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  },
  coalescedRequests: {
    kind: "histogram",
    name: "rerun_coalesced_requests",
    help: "Requests that shared one call.",
    labels: ["provider", "operation"],
    buckets: [1, 2, 3, 5, 10, 20, 50, 100, 200],
  },
  laneQueueDepth: {
    kind: "gauge",
    name: "rerun_lane_queue_depth",
    help: "Requests waiting in the lane, in memory.",
    labels: ["provider", "priority"],
  },
  laneWaitingOutside: {
    kind: "gauge",
    name: "rerun_lane_waiting_outside_of_memory",
    help: "Requests of the lane that are kept as places in the topic only, until there is room in memory.",
    labels: ["provider"],
  },
  laneInFlight: {
    kind: "gauge",
    name: "rerun_lane_in_flight",
    help: "Calls that are going on.",
    labels: ["provider"],
  },
  laneHeld: {
    kind: "gauge",
    name: "rerun_lane_held",
    help: "1 while the lane is held for this reason.",
    labels: ["provider", "why"],
  },
  breakerState: {
    kind: "gauge",
    name: "rerun_breaker_state",
    help: "0: calls go; 1: a single call finds out whether the provider is back; 2: none goes.",
    labels: ["provider"],
  },
  trackedJobs: {
    kind: "gauge",
    name: "rerun_tracked_jobs",
    help: "Calls that the provider took and whose jobs or runs are followed to their end.",
    labels: ["provider"],
  },
  reconciliations: {
    kind: "counter",
    name: "rerun_reconciliations_total",
    help: "Targets without a clear answer, by what readings of the provider's state showed.",
    labels: ["provider", "verdict"],
  },
  claims: {
    kind: "counter",
    name: "rerun_claims_total",
    help: "Claims asked for, by whether they were granted and, if not, why.",
    labels: ["result"],
  },
  claimDuration: {
    kind: "histogram",
    name: "rerun_claim_duration_seconds",
    help: "From asking for a claim to knowing whether it is ours.",
    labels: [],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3],
  },
  journalIgnored: {
    kind: "counter",
    name: "rerun_journal_ignored_total",
    help: "Requests in journal records that had no effect: late or doubled copies, lost races.",
    labels: ["record"],
  },
  journalOpenRequests: {
    kind: "gauge",
    name: "rerun_journal_open_requests",
    help: "Requests that were claimed or closed and whose final outcome is not known to be out.",
    labels: [],
  },
  journalFinishedRequests: {
    kind: "gauge",
    name: "rerun_journal_finished_requests",
    help: "Finished requests that are remembered, so that repeats are skipped.",
    labels: [],
  },
  guardTargets: {
    kind: "gauge",
    name: "rerun_guard_targets",
    help: "Targets whose reruns budgets and cool-downs remember; one that is remembered from several stretches of the journal counts in each.",
    labels: [],
  },
  journalUnreadRecords: {
    kind: "gauge",
    name: "rerun_journal_unread_records",
    help: "Records of the journal that are to be read before anything can be claimed.",
    labels: [],
  },
  completeAgain: {
    kind: "counter",
    name: "rerun_requests_complete_again_total",
    help: "Records that were delivered again although the checkpoint knows them as complete.",
    labels: [],
  },
  consumerLag: {
    kind: "gauge",
    name: "rerun_consumer_lag",
    help: "Records between the offset that may be committed and the end of the partition.",
    labels: ["topic", "partition"],
  },
  uncommittedRecords: {
    kind: "gauge",
    name: "rerun_uncommitted_records",
    help: "Consumed records of the partition whose offset is not committed yet.",
    labels: ["partition"],
  },
  buildInfo: {
    kind: "gauge",
    name: "rerun_build_info",
    help: "Always 1; the version is the label.",
    labels: ["version"],
  },
} as const satisfies Readonly<Record<string, MetricRow>>;
