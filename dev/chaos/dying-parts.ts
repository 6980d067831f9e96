import type { Backbone, RequestFeed } from "../../src/backbone.ts";
import type { Gate, Provider } from "../../src/domain/provider.ts";
import type { JournalLog } from "../../src/journal/journal-log.ts";
import type { JournalRecordKind } from "../../src/journal/journal-record.ts";
import { decodeRecord } from "../../src/journal/record-codec.ts";
import { type OpenProvider, openProvider } from "../../src/providers/open-provider.ts";
import type { DeathPoint, Executioner } from "./death-points.ts";

type Reached = Pick<Executioner, "reached" | "entered">;

const AFTER_RECORD: Readonly<Partial<Record<JournalRecordKind, DeathPoint>>> = {
  CLAIM: "after-claim",
  ACCEPTED: "after-accepted",
  DONE: "after-done",
  RELEASE: "after-release",
  CLOSE: "after-close",
  PUBLISHED: "after-published",
};

/** Long enough for the request to arrive, and shorter than the simulator takes to answer. */
const INTO_THE_CALL_MS = 25;

/** The same backbone, in a process that may die at every promise it keeps. */
export function dyingBackbone(backbone: Backbone, outcomes: string, end: Reached): Backbone {
  const { publisher } = backbone;
  return {
    ...backbone,
    consumer: dyingFeed(backbone.consumer, end),
    journal: dyingJournal(backbone.journal, end),
    publisher: {
      publish: async (topic, record) => {
        const published = await publisher.publish(topic, record);
        if (topic === outcomes) end.reached("after-outcome");
        return published;
      },
      health: () => publisher.health(),
      stages: () => publisher.stages(),
      close: async () => publisher.close(),
    },
  };
}

function dyingJournal(journal: JournalLog, end: Reached): JournalLog {
  return {
    ranges: async () => journal.ranges(),
    recordsAt: async (offsets) => journal.recordsAt(offsets),
    follow: async (from, handlers) => journal.follow(from, handlers),
    health: () => journal.health(),
    close: async (timeoutMs) => journal.close(timeoutMs),
    append: async (partition, key, values) => {
      await journal.append(partition, key, values);
      for (const value of values) {
        const decoded = decodeRecord(value);
        const point = decoded.kind === "record" ? AFTER_RECORD[decoded.record.kind] : undefined;
        if (point !== undefined) end.reached(point);
      }
    },
  };
}

function dyingFeed(feed: RequestFeed, end: Reached): RequestFeed {
  return {
    died: feed.died,
    get lastFetchAt() {
      return feed.lastFetchAt;
    },
    start: (handlers) => feed.start(handlers),
    stop: async (timeoutMs) => feed.stop(timeoutMs),
    health: () => feed.health(),
    pause: (partition) => feed.pause(partition),
    resume: (partition) => feed.resume(partition),
    seek: (partition, offset) => feed.seek(partition, offset),
    commit: async (offsets) => {
      if (offsets.size > 0) end.reached("before-commit");
      await feed.commit(offsets);
    },
  };
}

/** Opens the real adapters, in a process that may die around every call. */
export function dyingProviders(end: Reached): typeof openProvider {
  return async (config, options): Promise<OpenProvider> => {
    const opened = await openProvider(config, options);
    return { ...opened, provider: dyingProvider(opened.provider, end) };
  };
}

function dyingProvider(provider: Provider, end: Reached): Provider {
  return {
    kind: provider.kind,
    operations: provider.operations,
    reads: provider.reads,
    accessRead: provider.accessRead,
    objection: (operation) => provider.objection(operation),
    leavesTraces: (call) => provider.leavesTraces(call),
    follow: async (following, turns) => provider.follow(following, turns),
    readBefore: async (call, turns) => provider.readBefore(call, turns),
    judge: async (doubt, turns) => provider.judge(doubt, turns),
    checkAccess: async (terms) => provider.checkAccess(terms),
    rerun: async (call, terms) => {
      end.reached("before-call");
      const ended = await provider.rerun(call, { ...terms, gate: fatalGate(terms.gate, end) });
      end.reached("after-response");
      return ended;
    },
  };
}

/** The request is written in the turn in which the gate's function returns. */
function fatalGate(gate: Gate, end: Reached): Gate {
  return {
    pass: async (signal) => {
      const leave = await gate.pass(signal);
      return () => {
        leave();
        end.entered("mid-call", INTO_THE_CALL_MS);
      };
    },
  };
}
