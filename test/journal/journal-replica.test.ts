import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Change } from "../../src/journal/change.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { JournalReplica, type ReplicaListener } from "../../src/journal/journal-replica.ts";
import { ALog } from "./a-log.ts";
import { aClaim, aDone, anAccepted, aRelease, PROVIDER } from "./records.ts";

/** For a machine that has other work as well. */
const BUSY = { timeout: 30_000 };

const STALE_AFTER_MS = 1_200;

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));

/** Notes what a replica tells. */
class Listener implements ReplicaListener {
  readonly told: string[] = [];
  onChange: (change: Change) => void = () => undefined;

  changed(change: Change, partition: number): void {
    this.told.push(`${change.kind} in ${partition}`);
    this.onChange(change);
  }

  opened(): void {
    this.told.push("opened");
  }
}

interface Bench {
  readonly log: ALog;
  readonly replica: JournalReplica;
  readonly listener: Listener;
  readonly failures: unknown[];
}

function aReplica(states: readonly ClaimStates[] = [new ClaimStates(0)]): Bench {
  const failures: unknown[] = [];
  const replica = new JournalReplica({
    ...{ states, now: () => performance.now() },
    onFailure: (error) => failures.push(error),
  });
  const listener = new Listener();
  replica.listen(listener);
  return { log: new ALog(states.length), replica, listener, failures };
}

/** Reads the log from where the states are, and to the end that it has now. */
async function follow({ log, replica }: Bench): Promise<void> {
  const ranges = await log.ranges();
  replica.startedWith(new Map(ranges.map(({ high }, partition) => [partition, high])));
  const from = replica.partitions.map(({ position }, index) => [index, position] as const);
  await log.follow(new Map(from), replica);
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe("a replica of the journal", () => {
  it("is open when it was read to where the journal ended at the start, and is still read", async () => {
    const bench = aReplica([new ClaimStates(0), new ClaimStates(1)]);
    const { log, replica, listener } = bench;
    log.write(aClaim("1"), 1);
    log.isRead = false;
    expect([replica.isCaughtUp, replica.missingCount, replica.isOpen]).toStrictEqual([
      ...[false, null, false],
    ]);

    await follow(bench);
    await pass(300);
    expect([replica.isCaughtUp, replica.missingCount, replica.isOpen]).toStrictEqual([
      ...[false, 1n, false],
    ]);

    log.isRead = true;
    await pass(250);
    expect([replica.isCaughtUp, replica.missingCount, replica.isOpen]).toStrictEqual([
      ...[true, 0n, true],
    ]);
    expect(listener.told).toStrictEqual(["claimed in 1", "opened"]);
  });

  it("is not open by what it was given before a read has come back", async () => {
    const bench = aReplica();
    await follow(bench);

    expect([bench.replica.isCaughtUp, bench.replica.isOpen]).toStrictEqual([true, false]);
    expect(bench.listener.told).toStrictEqual([]);
  });

  it("stays caught up when the journal grows, and tells that it opened once", async () => {
    const bench = aReplica();
    await follow(bench);
    await pass(250);
    bench.log.write(aClaim("1"));
    await pass(2_000);

    expect([bench.replica.isOpen, bench.replica.health()]).toStrictEqual([true, null]);
    expect(bench.listener.told).toStrictEqual(["opened", "claimed in 0"]);
  });

  it("is not open while no read comes back, and tells when it is open again", async () => {
    const bench = aReplica();
    const { log, replica, listener } = bench;
    await follow(bench);
    await pass(250);
    log.isRead = false;
    await pass(STALE_AFTER_MS);
    expect(replica.isOpen).toBe(true);
    await pass(1);
    expect([replica.isOpen, replica.isCaughtUp]).toStrictEqual([false, true]);
    expect(replica.health()).toBe("the journal cannot be read at present");

    log.isRead = true;
    await pass(250);
    expect([replica.isOpen, replica.health()]).toStrictEqual([true, null]);
    expect(listener.told).toStrictEqual(["opened", "opened"]);
  });

  it("tells that it is open again when records came before the read was known to be whole", async () => {
    const bench = aReplica();
    const { log, replica, listener } = bench;
    await follow(bench);
    await pass(250);
    log.isRead = false;
    await pass(STALE_AFTER_MS + 1);
    replica.onRecords(0, [{ offset: 0n, appendedAt: 1, value: null }]);
    expect(replica.isOpen).toBe(false);
    replica.onFetched();

    expect(listener.told).toStrictEqual(["opened", "opened"]);
  });

  it("says why claims cannot be won", async () => {
    const bench = aReplica();
    const { log, replica } = bench;
    log.isRead = false;
    for (let count = 0; count < 3; count += 1) log.write(null);
    expect(replica.health()).toBe("the journal is not read yet");

    await follow(bench);
    expect(replica.health()).toBe("the journal is being read: 3 records to go");
    log.isRead = true;
    await pass(250);
    expect(replica.health()).toBeNull();
  });

  it("hands on every change in the order of the log", async () => {
    const bench = aReplica([new ClaimStates(0), new ClaimStates(1)]);
    await follow(bench);
    bench.log.write(aClaim("1"), 1);
    bench.log.write(aRelease("1"), 1);
    bench.log.write(aRelease("1"), 0);

    expect(bench.listener.told).toStrictEqual([
      ...["claimed in 1", "released in 1", "freed in 1", "ignored in 0"],
    ]);
    expect(bench.replica.partitions.map(({ position }) => position)).toStrictEqual([1n, 2n]);
  });

  it("goes over what nobody can read, and counts it", async () => {
    const bench = aReplica();
    await follow(bench);
    bench.log.write(null);
    bench.log.write(Buffer.from("?"));
    bench.log.write(aClaim("1"));

    expect(bench.replica.unreadableCount).toBe(2);
    expect(bench.replica.of(PROVIDER).position).toBe(3n);
    expect(bench.failures).toStrictEqual([]);
  });

  it("is never open again once it has seen a record of other rules, and reads on", async () => {
    const bench = aReplica();
    const { log, replica } = bench;
    await follow(bench);
    await pass(250);
    log.write(Buffer.from('{"v":7,"kind":"CLAIM"}'));
    log.write(aClaim("1"));
    expect([replica.isOpen, replica.unreadableCount]).toStrictEqual([false, 0]);

    await pass(5_000);
    expect(replica.isOpen).toBe(false);
    expect(replica.health()).toBe(
      "the journal holds records of protocol version 7: upgrade this instance",
    );
    expect(replica.of(PROVIDER).openCount).toBe(1);
    expect(bench.failures).toStrictEqual([]);
  });

  it("has to begin anew when records are gone", async () => {
    const bench = aReplica([new ClaimStates(0), new ClaimStates(1)]);
    const { log, replica } = bench;
    await follow(bench);
    await pass(250);
    replica.onGap(1, 5n, 9n);
    log.write(aClaim("1"));
    await pass(250);

    expect(bench.failures).toStrictEqual([
      new Error("journal partition 1: offset 5 was due and 9 came: records were lost"),
    ]);
    expect([replica.isOpen, replica.of(PROVIDER).position]).toStrictEqual([false, 0n]);
    expect(replica.health()).toBe("the journal lost records; the process has to start anew");
  });

  it.each([0n, 2n])("takes a record at %s where 1 is due for a failure, once", async (offset) => {
    const bench = aReplica();
    await follow(bench);
    bench.log.write(null);
    const records = [1n, 2n].map((one) => ({
      offset: offset + one - 1n,
      appendedAt: 1,
      value: null,
    }));
    bench.replica.onRecords(0, records);
    bench.replica.onRecords(0, [{ offset: 1n, appendedAt: 1, value: null }]);
    await pass(250);

    expect(bench.failures).toHaveLength(1);
    expect(bench.replica.isOpen).toBe(false);
    expect(bench.replica.of(PROVIDER).position).toBe(1n);
  });

  it("takes a listener that throws for a failure", async () => {
    const bench = aReplica();
    await follow(bench);
    bench.listener.onChange = () => {
      throw new Error("a bug");
    };
    bench.log.write(aClaim("1"));
    bench.log.write(aRelease("1"));

    expect(bench.failures).toStrictEqual([new Error("a bug")]);
    expect(bench.listener.told).toStrictEqual(["claimed in 0"]);
  });
});

describe("how long the journal is read without a break", () => {
  it("is counted from the first read that came back", async () => {
    const bench = aReplica();
    expect(bench.replica.liveSince).toBe(Infinity);
    await follow(bench);
    await pass(250);
    const since = performance.now();
    await pass(60_000);

    expect(bench.replica.liveSince).toBe(since);
  });

  it("is counted anew after a break, and endless during it", async () => {
    const bench = aReplica();
    await follow(bench);
    await pass(1_000);
    bench.log.isRead = false;
    await pass(STALE_AFTER_MS + 250);
    expect(bench.replica.liveSince).toBe(Infinity);

    bench.log.isRead = true;
    bench.log.fetch();
    expect(bench.replica.liveSince).toBe(performance.now());
  });

  it("is counted on over a pause that is shorter than that", async () => {
    const bench = aReplica();
    await follow(bench);
    await pass(250);
    const since = performance.now();
    bench.log.isRead = false;
    await pass(STALE_AFTER_MS - 250);
    bench.log.isRead = true;
    await pass(250);

    expect(bench.replica.liveSince).toBe(since);
  });

  it("breaks with a freeze, in which no timer could run", async () => {
    const bench = aReplica();
    await follow(bench);
    await pass(250);
    bench.log.isRead = false;
    await pass(STALE_AFTER_MS + 1);
    bench.log.isRead = true;
    bench.log.fetch();

    expect(bench.replica.liveSince).toBe(performance.now());
  });
});

describe("when a grant was seen", () => {
  it("is when it was read, not when it was written", async () => {
    const bench = aReplica();
    const { log, replica } = bench;
    await follow(bench);
    log.isRead = false;
    log.write(aClaim("1"));
    await pass(900);
    expect(replica.seenAt("1")).toBe(Infinity);

    log.isRead = true;
    log.fetch();
    const seen = performance.now();
    await pass(5_000);
    expect(replica.seenAt("1")).toBe(seen);
  });

  it("is the beginning of the process for what the checkpoint tells", async () => {
    const states = new ClaimStates(0);
    states.apply(aClaim("1"), { offset: 0n, appendedAt: 1 });
    await pass(100);
    const began = performance.now();
    const { replica } = aReplica([states]);
    await pass(100);

    expect(replica.seenAt("1")).toBe(began);
  });

  it("is never for what was refused", async () => {
    const bench = aReplica();
    await follow(bench);
    bench.log.write(aClaim("1", [{ attempt: 2 }]));

    expect(bench.replica.seenAt("1")).toBe(Infinity);
  });

  it("is remembered for all open claims and, in the end, for no other", BUSY, async () => {
    const bench = aReplica();
    const { log, replica } = bench;
    await follow(bench);
    log.write(aClaim("accepted", [{ requestId: "a" }]));
    log.write(anAccepted("accepted", ["a"]));
    log.write(aClaim("open", [{ requestId: "b" }]));
    const ids = Array.from({ length: 1_100 }, (_, one) => `r${one}`);
    for (const id of ids) {
      log.write(aClaim(`claim of ${id}`, [{ requestId: id }]));
      log.write(aDone(`claim of ${id}`, [id]));
    }
    const remembered = ids.filter((id) => replica.seenAt(`claim of ${id}`) !== Infinity);

    expect(remembered.length).toBeLessThanOrEqual(1_024);
    expect([replica.seenAt("accepted"), replica.seenAt("open")]).not.toContain(Infinity);
  });
});

describe("the states of a connection", () => {
  it("are those of its partition", () => {
    const states = Array.from({ length: 8 }, (_, one) => new ClaimStates(one));
    const { replica } = aReplica(states);

    expect([replica.partitionOf("foobar"), replica.partitionOf("a")]).toStrictEqual([0, 4]);
    expect([replica.of("foobar"), replica.of("a")]).toStrictEqual([states[0], states[4]]);
  });
});
