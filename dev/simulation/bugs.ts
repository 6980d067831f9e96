import { loadSchemas } from "../../src/avro/schemas.ts";
import { outcomeOf } from "../../src/desk/outcome-of.ts";
import type { Dispatcher } from "../../src/dispatcher.ts";
import { RequestPacker } from "../../src/inbound/pack-request.ts";
import { RequestParser } from "../../src/inbound/parse-request.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { digestOf, keyOf } from "../../src/journal/digest.ts";
import { FinishedRequests } from "../../src/journal/finished-requests.ts";
import { HeldTargets } from "../../src/journal/held-targets.ts";
import type { JournalRecord } from "../../src/journal/journal-record.ts";
import type { Clock } from "../../src/lanes/clock.ts";
import { TimedGate } from "../../src/lanes/timed-gate.ts";
import { SlotKeeper } from "../../src/slots/slot-keeper.ts";

/** A mistake that can be planted into the dispatcher, to see that it is found. */
export interface Bug {
  /** Changes what all processes share, such as prototypes; the returned function undoes it. */
  readonly install?: () => () => void;
  /** Changes one process's dispatcher, before it begins. */
  readonly plant?: (dispatcher: Dispatcher) => void;
  /** The clock that the process goes by. */
  readonly clock?: (clock: Clock) => Clock;
}

/** No mistake but those that nobody knows of. */
export const NO_BUG: Bug = {};

/** The rules of the journal, one broken by each; what is said is what the code does then. */
export const BUGS = {
  /** A late copy of a claim is granted again once its request is free. */
  "attempt-fence-off": {
    install: () => appliedAs((states, record) => withoutFence(states, record)),
  },

  /** PUBLISHED ends all requests of a claim, those included that somebody else has to publish. */
  "published-by-claim": { install: publishedByClaim },

  /** The offset of a duplicate is complete as soon as another record of its id is claimed. */
  "duplicates-skipped": {
    plant: ({ desk, intake, journal }) => {
      const receive = desk.receive.bind(desk);
      desk.receive = (received) => {
        const { request, source } = received;
        const { provider, requestId } = request;
        const standing = journal.standing(provider, requestId, digestOf(request), source);
        if (standing.kind !== "open") return receive(received);
        const { source: first } = standing.entry.request;
        if (first.partition === source.partition && first.offset === source.offset) {
          return receive(received);
        }
        intake.complete(source);
        return { kind: "taken" };
      };
    },
  },

  /** Whoever judges that a call did not run gives its request free, to be called again. */
  "judge-releases": {
    plant: ({ journal }) => {
      const done = journal.done.bind(journal);
      journal.done = async (claim, results) => {
        const isAbsent = [...results.values()].every(({ verdict }) => {
          return verdict.reason?.code === "NOT_EXECUTED";
        });
        if (!isAbsent || journal.isDriven(claim.claimId)) return done(claim, results);
        const right = { ...claim, writeBy: 0, settledBy: 0 };
        return journal.release(right, [...results.keys()], { called: true, why: "judged absent" });
      };
    },
  },

  /** An outcome is published as soon as its verdict is written, whoever wrote one before. */
  "published-before-read": {
    plant: ({ journal, replica, outbox }) => {
      const done = journal.done.bind(journal);
      journal.done = async (claim, results) => {
        for (const [requestId, told] of results) {
          const entry = replica.of(claim.provider).entry(keyOf(claim.provider, requestId));
          if (entry === undefined) continue;
          // What happens to a process that ends meanwhile is nobody's concern here.
          outbox.publish(outcomeOf(entry.request, told, unpack)).catch(() => undefined);
        }
        return done(claim, results);
      };
    },
  },

  /** What is finished is forgotten at the next border but one, however long it is to be known. */
  "window-ignored": {
    install: () => replaced(FinishedRequests.prototype, "needsWindow", () => () => undefined),
  },

  /** Deadlines and judges go by the wall clock. */
  "wall-clock": { clock: ({ epoch }) => ({ now: epoch, epoch }) },

  /** A judge does not wait until it has read again what was written while it read nothing. */
  "tail-gap-ignored": {
    plant: ({ replica }) => {
      Object.defineProperty(replica, "liveSince", { get: () => -Infinity });
    },
  },

  /** Nobody looks at the clock right before the first byte. */
  "write-check-off": {
    install: () =>
      replaced(TimedGate.prototype, "pass", (pass) => {
        return async function (this: TimedGate, signal: AbortSignal) {
          const leave = await pass.call(this, signal);
          return () => {
            try {
              leave();
            } catch {
              // It is too late, and nobody cares.
            }
          };
        };
      }),
  },

  /** A call is made for all that were asked for together, once one of them is granted. */
  "ungranted-called": {
    plant: ({ journal }) => {
      const claim = journal.claim.bind(journal);
      journal.claim = async (...asking) => {
        const claimed = await claim(...asking);
        if (claimed.granted.size === 0) return claimed;
        const all = [...claimed.refused.keys()].map((id) => [id, 0] as const);
        return { ...claimed, granted: new Map([...claimed.granted, ...all]), refused: new Map() };
      };
    },
  },

  /** Of requests that share a call each is told what became of another's targets. */
  "verdicts-mixed-up": {
    plant: ({ desk }) => {
      const decided = desk.decided.bind(desk);
      desk.decided = (called, ended) => {
        const turned = [...called.slice(1), ...called.slice(0, 1)];
        const mixed = called.map((one, i) => ({ ...one, targets: turned[i]?.targets ?? [] }));
        decided(mixed, ended);
      };
    },
  },

  /** Nobody waits for a slot of the group: each process keeps the limit for itself. */
  "slots-not-waited-for": {
    install: () =>
      replaced(SlotKeeper.prototype, "pass", () => {
        return async () => Promise.resolve({ isOpen: () => true, ended: () => undefined });
      }),
  },

  /** A slot may be used however late it is. */
  "slots-used-late": {
    install: () =>
      replaced(SlotKeeper.prototype, "pass", (pass) => {
        return async function (this: SlotKeeper, ...asking) {
          const slot = await pass.apply(this, asking);
          await new Promise((resolve) => setTimeout(resolve, 400 * Math.random()));
          return { ...slot, isOpen: () => true };
        };
      }),
  },

  /** Two claims may hold one target at a time. */
  "targets-shared": {
    install: () => replaced(HeldTargets.prototype, "objection", () => () => null),
  },
} as const satisfies Readonly<Record<string, Bug>>;

const packer = new RequestPacker(
  loadSchemas({ requests: "", outcomes: "" }).requests.text,
  new RequestParser({ targetsPerRequest: Infinity }),
);
const unpack = (packed: string) => packer.unpack(packed);

/** Records are applied as something else than they are. */
function appliedAs(
  change: (states: ClaimStates, record: JournalRecord) => JournalRecord,
): () => void {
  return replaced(ClaimStates.prototype, "apply", (apply) => {
    return function (this: ClaimStates, record, place) {
      return apply.call(this, record === null ? null : change(this, record), place);
    };
  });
}

function withoutFence(states: ClaimStates, record: JournalRecord): JournalRecord {
  if (record.kind !== "CLAIM") return record;
  const requests = record.requests.map((asked) => {
    const entry = states.entry(keyOf(record.provider, asked.requestId));
    return { ...asked, attempt: (entry?.grants ?? 0) + 1 };
  });
  return { ...record, requests };
}

function publishedByClaim(): () => void {
  const claims = new WeakMap<ClaimStates, Map<string, string>>();
  return appliedAs((states, record) => {
    const known = claims.get(states) ?? new Map<string, string>();
    claims.set(states, known);
    if (record.kind === "DONE") {
      for (const { requestId } of record.results) known.set(requestId, record.claimId);
    }
    if (record.kind !== "PUBLISHED" || record.which === "accepted") return record;
    const together = new Set(record.requestIds.map((id) => known.get(id)));
    const others = [...known].filter(([, claimId]) => together.has(claimId)).map(([id]) => id);
    return { ...record, requestIds: [...new Set([...record.requestIds, ...others])] };
  });
}

/** Puts another method into the place of one; the returned function puts it back. */
function replaced<T extends object, K extends keyof T>(
  where: T,
  name: K,
  by: (original: T[K]) => T[K],
): () => void {
  const original = where[name];
  where[name] = by(original);
  return () => void (where[name] = original);
}
