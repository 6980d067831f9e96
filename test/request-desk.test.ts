import { beforeEach, describe, expect, it } from "vitest";
import { setImmediate as turn } from "node:timers/promises";
import type { DecidedCall } from "../src/conclude-call.ts";
import type { CallEnd } from "../src/domain/call-end.ts";
import type { Following } from "../src/domain/following.ts";
import type { Outcome, Reason, Verdict } from "../src/domain/outcome.ts";
import { echoOf, type ReceivedRequest } from "../src/domain/rerun-request.ts";
import type { DecidedEnd, UnexecutedEnd } from "../src/domain/verdict.ts";
import { MemoryJournal } from "../src/journal/memory-journal.ts";
import type { Claim } from "../src/journal/journal.ts";
import { RequestDesk, type RequestDeskParts } from "../src/request-desk.ts";
import type { TrackEnd } from "../src/tracking/call-tracker.ts";
import { aReceived, aTencentRerun } from "./support/a-received-request.ts";
import { anEnd } from "./support/call-ends.ts";

const EPOCH = 1_700_000_002_000;

/** A lane that keeps what it is offered until the test takes it. */
class FakeLane {
  readonly offered: ReceivedRequest[] = [];
  calling: ReceivedRequest[] = [];

  offer(received: ReceivedRequest): void {
    this.offered.push(received);
  }

  forget(partition: number): readonly ReceivedRequest[] {
    const forgotten = this.offered.filter(({ source }) => source.partition === partition);
    for (const one of forgotten) this.offered.splice(this.offered.indexOf(one), 1);
    return forgotten;
  }
}

class FakeTracker {
  readonly followed: Following[] = [];
  end: (end: TrackEnd) => void = () => undefined;

  async follow(following: Following): Promise<TrackEnd> {
    this.followed.push(following);
    return new Promise((resolve) => (this.end = resolve));
  }
}

class WritingJournal extends MemoryJournal {
  readonly written: string[] = [];

  override async accepted(): Promise<void> {
    this.written.push("accepted");
    return super.accepted();
  }

  override async done(
    _claim?: Claim,
    _request?: ReceivedRequest,
    verdict?: Verdict,
  ): Promise<void> {
    this.written.push(`done ${verdict?.status ?? ""}`);
    return super.done();
  }

  override async close(_request?: ReceivedRequest, verdict?: Verdict): Promise<void> {
    this.written.push(`close ${verdict?.status ?? ""}`);
    return super.close();
  }
}

function aDesk(overrides: Partial<RequestDeskParts> = {}) {
  const fakes = {
    journal: new WritingJournal(),
    lane: new FakeLane(),
    wedataLane: new FakeLane(),
    tracker: new FakeTracker(),
    outcomes: [] as Outcome[],
    completed: [] as string[],
    duplicates: [] as bigint[],
    failures: [] as unknown[],
    lost: new Set<bigint>(),
  };
  const desk = new RequestDesk({
    journal: fakes.journal,
    publish: async (outcome) => {
      fakes.outcomes.push(outcome);
      fakes.journal.written.push(`publish ${outcome.status}`);
    },
    complete: ({ partition, offset }) => void fakes.completed.push(`${partition}/${offset}`),
    keeps: ({ offset }) => !fakes.lost.has(offset),
    onDuplicate: ({ source }) => void fakes.duplicates.push(source.offset),
    onPublished: ({ status }) => void fakes.journal.written.push(`published ${status}`),
    onFailure: (error) => void fakes.failures.push(error),
    epoch: () => EPOCH,
    ...overrides,
  });
  const following = {
    tracker: fakes.tracker,
    until: "submitted",
    calls: { concluded: () => undefined },
    objection: () => null,
    judge: {
      judge: async ({ targets }: { readonly targets: readonly string[] }) =>
        targets.map((target) => ({ target, finding: "cannot-tell", why: "not read" }) as const),
    },
  } as const;
  desk.open("dataworks-sh", {
    ...{ kind: "alibaba-dataworks", operations: ["DataWorksRerunTaskInstances"] },
    ...{ lane: fakes.lane, ...following },
  });
  desk.open("wedata-intl", {
    ...{ kind: "tencent-wedata", operations: ["TencentRerunTaskInstances"] },
    ...{ lane: fakes.wedataLane, ...following },
  });
  return { desk, ...fakes };
}

const claim: Claim = { claimId: "claim-1", granted: [] };
const workedOf = (received: ReceivedRequest, attempts = 1) => ({
  received,
  history: { attempts, calledAt: EPOCH - 500, coalesced: 1, reconciled: false },
});
const targets = ["1234"];
// Only the ends that are decided, or not executed, are handed in below.
const decided = (end: CallEnd, received = first, of: readonly string[] = targets): DecidedCall => ({
  claim,
  call: { claimId: claim.claimId, operation: received.request.operation, targets: of },
  before: null,
  end: end as DecidedEnd,
});
const unexecuted = (end: CallEnd) => end as UnexecutedEnd;
const wedata = { provider: "wedata-intl", operation: aTencentRerun() } as const;

const first = aReceived({ offset: 1 }, { requestId: "r" });
const again = aReceived({ offset: 2, partition: 1 }, { requestId: "r", priority: "HIGH" });

let parts: ReturnType<typeof aDesk>;
beforeEach(() => {
  parts = aDesk();
});

describe("a request desk", () => {
  it("sends a request to its lane, and completes its record when the final outcome is acknowledged", async () => {
    const { desk, lane, journal, outcomes, completed } = parts;
    expect(desk.receive(first)).toStrictEqual({ kind: "taken" });
    expect(lane.offered).toStrictEqual([first]);

    desk.decided(workedOf(first, 2), decided(anEnd.accepted("1234")));
    await turn();

    expect(outcomes).toStrictEqual([
      {
        status: "SUCCEEDED",
        reason: null,
        targets: [{ target: "1234", status: "SUCCEEDED", message: null }],
        providerRequestId: "call-1",
        asyncJobId: null,
        providerErrorCode: null,
        ...{ attempts: 2, calledAt: EPOCH - 500, coalesced: 1, reconciled: false },
        echo: echoOf(first.request),
        source: first.source,
        trace: null,
        receivedAt: first.receivedAt,
        completedAt: EPOCH,
      },
    ]);
    expect(journal.written).toStrictEqual([
      ...["done SUCCEEDED", "publish SUCCEEDED", "published SUCCEEDED"],
    ]);
    expect(completed).toStrictEqual(["0/1"]);
  });

  it("does not complete a record before Kafka has its outcome", async () => {
    let acknowledge: () => void = () => undefined;
    const { desk, completed } = aDesk({
      publish: async () => new Promise<void>((resolve) => (acknowledge = resolve)),
    });
    desk.receive(first);
    desk.decided(workedOf(first), decided(anEnd.refused()));
    await turn();
    expect(completed).toStrictEqual([]);

    acknowledge();
    await turn();
    expect(completed).toStrictEqual(["0/1"]);
  });

  it.each<[string, Parameters<typeof aReceived>[1], string]>([
    ["an unknown connection", { provider: "nobody" }, "REJECTED UNKNOWN_PROVIDER"],
    ["the wrong cloud", { operation: aTencentRerun() }, "REJECTED WRONG_PROVIDER_KIND"],
    ["a dry run", { dryRun: true }, "DRY_RUN -"],
    ["one that is too late", { notAfter: EPOCH - 1 }, "EXPIRED NOT_AFTER_PASSED"],
  ])(
    "ends a request that is not to be called without its lane: %s",
    async (_name, request, end) => {
      const { desk, lane, wedataLane, outcomes, completed, journal } = parts;
      desk.receive(aReceived({ offset: 1 }, request));
      await turn();

      expect([...lane.offered, ...wedataLane.offered]).toStrictEqual([]);
      expect(
        outcomes.map(({ status, reason }) => `${status} ${reason?.code ?? "-"}`),
      ).toStrictEqual([end]);
      expect(outcomes).toMatchObject([{ attempts: 0, calledAt: null, coalesced: 1 }]);
      expect(journal.written[0]).toBe(`close ${end.split(" ")[0]}`);
      expect(completed).toStrictEqual(["0/1"]);
    },
  );

  it("ends a senseless record as REJECTED", async () => {
    const { desk, outcomes, completed } = parts;
    const reason: Reason = { code: "INVALID_REQUEST", message: "no targets" };
    desk.reject({
      echo: echoOf(first.request),
      reason,
      source: first.source,
      receivedAt: 5,
      trace: null,
    });
    await turn();

    expect(outcomes).toMatchObject([{ status: "REJECTED", reason, receivedAt: 5, attempts: 0 }]);
    expect(completed).toStrictEqual(["0/1"]);
  });

  it("ends what expired in its lane, with the calls that were made", async () => {
    const { desk, outcomes, completed } = parts;
    const received = aReceived({ offset: 1 }, { notAfter: EPOCH });
    desk.receive(received);
    desk.expired(workedOf(received, 2));
    await turn();

    expect(outcomes).toMatchObject([
      { status: "EXPIRED", reason: { code: "NOT_AFTER_PASSED" }, targets: [], attempts: 2 },
    ]);
    expect(completed).toStrictEqual(["0/1"]);
  });

  it("ends what was tried in vain as FAILED", async () => {
    const { desk, outcomes, journal } = parts;
    desk.receive(first);
    desk.exhausted(workedOf(first, 5), targets, unexecuted(anEnd.unavailable()));
    await turn();

    expect(outcomes).toMatchObject([
      { status: "FAILED", reason: { code: "RETRIES_EXHAUSTED" }, attempts: 5 },
    ]);
    expect(journal.written[0]).toBe("close FAILED");
  });
});

describe("a request whose call started a job", () => {
  const received = aReceived({ offset: 1 }, wedata);
  const keys = received.request.operation.kind === "TencentRerunTaskInstances" ? ["a"] : [];
  const start = () => {
    parts.desk.receive(received);
    parts.desk.decided(workedOf(received), decided(anEnd.started("job-1"), received, keys));
  };

  it("is ACCEPTED at once, followed, and then final; complete only then", async () => {
    const { tracker, outcomes, completed, journal } = parts;
    start();
    await turn();
    expect(outcomes).toMatchObject([{ status: "ACCEPTED", targets: [], asyncJobId: "job-1" }]);
    expect(tracker.followed).toMatchObject([
      { job: { jobId: "job-1" }, call: { claimId: "claim-1", targets: keys } },
    ]);
    expect(completed).toStrictEqual([]);

    const targets = [{ target: "a", status: "SUCCEEDED", message: null }] as const;
    tracker.end({ kind: "ended", by: "job", targets });
    await turn();
    expect(outcomes).toMatchObject([
      { status: "ACCEPTED" },
      { status: "SUCCEEDED", asyncJobId: "job-1" },
    ]);
    expect(completed).toStrictEqual(["0/1"]);
    expect(journal.written).toStrictEqual([
      ...["accepted", "publish ACCEPTED", "published ACCEPTED"],
      ...["done SUCCEEDED", "publish SUCCEEDED", "published SUCCEEDED"],
    ]);
  });

  it("tells its end only after ACCEPTED is acknowledged, however fast the job is", async () => {
    const told: string[] = [];
    const acknowledge: (() => void)[] = [];
    parts = aDesk({
      publish: async ({ status }) => {
        told.push(status);
        await new Promise<void>((resolve) => acknowledge.push(resolve));
      },
    });
    start();
    await turn();
    parts.tracker.end({
      kind: "ended",
      by: "job",
      targets: [{ target: "a", status: "FAILED", message: null }],
    });
    await turn();
    expect(told).toStrictEqual(["ACCEPTED"]);

    acknowledge[0]?.();
    await turn();
    expect(told).toStrictEqual(["ACCEPTED", "FAILED"]);
    expect(parts.completed).toStrictEqual([]);
    acknowledge[1]?.();
    await turn();
    expect(parts.completed).toStrictEqual(["0/1"]);
  });

  it("is UNKNOWN when its job was not followed to its end", async () => {
    const { tracker, outcomes } = parts;
    start();
    await turn();
    const targets = [{ target: "a", status: "UNKNOWN", message: null }] as const;
    tracker.end({ kind: "lost", message: "too long", targets });
    await turn();

    expect(outcomes.at(-1)).toMatchObject({
      status: "UNKNOWN",
      reason: { code: "TRACKING_TIMED_OUT", message: "too long" },
      targets: [{ target: "a", status: "UNKNOWN" }],
    });
  });

  it("reports at once that its ACCEPTED could not be published, and not when the job ends", async () => {
    const bug = new Error("not encodable");
    parts = aDesk({ publish: async () => Promise.reject(bug) });
    start();
    await turn();

    expect(parts.failures).toStrictEqual([bug]);
    parts.tracker.end({ kind: "lost", message: "too long", targets: [] });
    await turn();
    expect([parts.failures, parts.completed]).toStrictEqual([[bug], []]);
  });
});

describe("a publish that rejects", () => {
  it.each<[string, (desk: RequestDesk) => void]>([
    ["of a decided request", (desk) => desk.decided(workedOf(first), decided(anEnd.uncertain()))],
    ["of an expired one", (desk) => desk.expired(workedOf(first))],
    [
      "of an exhausted one",
      (desk) => desk.exhausted(workedOf(first), targets, unexecuted(anEnd.throttled())),
    ],
    ["of a dry run", (desk) => void desk.receive(aReceived({ offset: 9 }, { dryRun: true }))],
    [
      "of a senseless one",
      (desk) =>
        desk.reject({
          ...{ echo: echoOf(first.request), reason: { code: "INVALID_REQUEST", message: "" } },
          ...{ source: first.source, receivedAt: 5, trace: null },
        }),
    ],
  ])("is reported and completes nothing: %s", async (_name, work) => {
    const bug = new Error("not encodable");
    const { desk, failures, completed } = aDesk({ publish: async () => Promise.reject(bug) });
    desk.receive(first);
    work(desk);
    await turn();

    expect([failures, completed]).toStrictEqual([[bug], []]);
  });
});

describe("a request that was asked for before", () => {
  it("waits for the original and completes with it, without an outcome of its own", async () => {
    const { desk, lane, outcomes, completed, duplicates } = parts;
    desk.receive(first);

    expect(desk.receive(again)).toStrictEqual({ kind: "taken" });
    expect([lane.offered, duplicates, completed]).toStrictEqual([[first], [2n], []]);
    desk.decided(workedOf(first), decided(anEnd.accepted("1234")));
    await turn();

    expect(outcomes).toHaveLength(1);
    expect(completed).toStrictEqual(["0/1", "1/2"]);
  });

  it("completes at once when the original's outcome is out", async () => {
    const { desk, outcomes, completed, duplicates } = parts;
    desk.receive(first);
    desk.decided(workedOf(first), decided(anEnd.refused()));
    await turn();
    desk.receive(again);

    expect(completed).toStrictEqual(["0/1", "1/2"]);
    expect([outcomes.length, duplicates]).toStrictEqual([1, [2n]]);
  });

  it("is a conflict when it asks for something else, and is not taken", () => {
    const { desk, lane, completed } = parts;
    desk.receive(first);
    const other = aReceived({ offset: 3 }, { requestId: "r", dryRun: true });

    expect(desk.receive(other)).toMatchObject({ kind: "conflict" });
    expect([lane.offered, completed]).toStrictEqual([[first], []]);
  });
});

describe("a partition that goes to somebody else", () => {
  it("takes what waits with it, and leaves what goes on", async () => {
    const { desk, lane, wedataLane, tracker, completed } = parts;
    const [waiting, called, tracked, elsewhere] = [
      aReceived({ offset: 1 }),
      aReceived({ offset: 2 }),
      aReceived({ offset: 3 }, wedata),
      aReceived({ offset: 4, partition: 1 }),
    ];
    for (const one of [waiting, called, tracked, elsewhere]) desk.receive(one);
    lane.offered.splice(lane.offered.indexOf(called), 1);
    lane.calling = [called];
    wedataLane.offered.length = 0;
    desk.decided(workedOf(tracked), decided(anEnd.started("job-1"), tracked, ["a"]));
    await turn();

    expect(desk.forget(0)).toStrictEqual(new Set([2n, 3n]));
    expect(lane.offered).toStrictEqual([elsewhere]);
    expect(desk.receive(waiting)).toStrictEqual({ kind: "taken" });
    expect(lane.offered).toStrictEqual([elsewhere, waiting]);
    tracker.end({ kind: "lost", message: "", targets: [] });
    await turn();
    expect(completed).toStrictEqual(["0/3"]);
  });

  it("lets a waiting duplicate from another partition take the place of the original", async () => {
    const { desk, lane, outcomes, completed } = parts;
    desk.receive(first);
    desk.receive(again);

    expect(desk.forget(0)).toStrictEqual(new Set());
    expect(lane.offered).toStrictEqual([again]);
    desk.decided(workedOf(again), decided(anEnd.accepted("1234")));
    await turn();
    expect(outcomes).toMatchObject([{ source: again.source }]);
    expect(completed).toStrictEqual(["1/2"]);
  });

  it("takes its waiting duplicates with it: they complete nothing any more", async () => {
    const { desk, completed } = parts;
    desk.receive(first);
    desk.receive(again);
    desk.forget(1);
    desk.decided(workedOf(first), decided(anEnd.accepted("1234")));
    await turn();

    expect(completed).toStrictEqual(["0/1"]);
  });

  it("does not promote a duplicate of the same partition", () => {
    const { desk, lane } = parts;
    desk.receive(first);
    desk.receive(aReceived({ offset: 5 }, { requestId: "r" }));

    expect(desk.forget(0)).toStrictEqual(new Set());
    expect(lane.offered).toStrictEqual([]);
  });

  it("judges a promoted duplicate anew: by now it may be too late", async () => {
    let epoch = EPOCH;
    const { desk, lane, outcomes } = aDesk({ epoch: () => epoch });
    const notAfter = EPOCH + 1000;
    desk.receive(aReceived({ offset: 1 }, { requestId: "r", notAfter }));
    desk.receive(aReceived({ offset: 2, partition: 1 }, { requestId: "r", notAfter }));
    epoch = EPOCH + 2000;
    desk.forget(0);
    await turn();

    expect(lane.offered).toStrictEqual([]);
    expect(outcomes).toMatchObject([{ status: "EXPIRED", source: { partition: 1, offset: 2n } }]);
  });

  it("is asked about when a call comes back unexecuted, and then forgets it for its duplicate", () => {
    const { desk, lane, lost } = parts;
    desk.receive(first);
    desk.receive(again);
    lane.offered.length = 0;
    expect(desk.keeps(first)).toBe(true);

    lost.add(1n);
    expect(desk.keeps(first)).toBe(false);
    expect(lane.offered).toStrictEqual([again]);
    expect(desk.keeps(again)).toBe(true);
  });

  it("names what is only being published", async () => {
    const { desk } = aDesk({ publish: async () => new Promise<void>(() => undefined) });
    desk.receive(aReceived({ offset: 7 }, { dryRun: true }));
    await turn();

    expect(desk.forget(0)).toStrictEqual(new Set([7n]));
  });
});

describe("a desk that is to be left", () => {
  it("is idle when nothing is tracked or published", async () => {
    const { desk } = parts;
    desk.receive(first);

    await expect(desk.idle()).resolves.toBeUndefined();
  });

  it("is not idle before the last outcome is acknowledged", async () => {
    const acknowledge: (() => void)[] = [];
    const { desk } = aDesk({
      publish: async () => new Promise<void>((resolve) => acknowledge.push(resolve)),
    });
    for (const offset of [1, 2]) desk.receive(aReceived({ offset }, { dryRun: true }));
    await turn();
    let idle = 0;
    void desk.idle().then(() => (idle += 1));

    acknowledge[0]?.();
    await turn();
    expect(idle).toBe(0);
    void desk.idle().then(() => (idle += 1));
    acknowledge[1]?.();
    await turn();
    expect(idle).toBe(2);
  });
});

describe("a lane's surprise", () => {
  it("is passed on", () => {
    const bug = new Error("a bug");
    parts.desk.failed(bug);

    expect(parts.failures).toStrictEqual([bug]);
  });
});
