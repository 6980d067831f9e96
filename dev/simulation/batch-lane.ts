import type { ProviderConfig } from "../../src/config/config.ts";
import type { RequestDesk } from "../../src/desk/request-desk.ts";
import type { Dispatcher } from "../../src/dispatcher.ts";
import type { CallEnd, TargetEnd } from "../../src/domain/call-end.ts";
import type { Evidence } from "../../src/domain/evidence.ts";
import type { CallHistory } from "../../src/domain/outcome.ts";
import type { Gate, Provider, ReadTurns } from "../../src/domain/provider.ts";
import type { RerunCall } from "../../src/domain/rerun-call.ts";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import { targetsOf } from "../../src/domain/targets.ts";
import type { Claim } from "../../src/journal/journal.ts";
import type { Clock } from "../../src/lanes/clock.ts";
import { TimedGate } from "../../src/lanes/timed-gate.ts";
import type { Random } from "./random.ts";

export interface BatchLaneParts {
  readonly config: ProviderConfig;
  readonly provider: Provider;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly abandon: AbortSignal;
}

interface Waiting {
  readonly received: ReceivedRequest;
  tries: number;
  dueAt: number;
}

/** A batch with the right to call it. */
interface Granted {
  readonly claim: Claim;
  readonly batch: readonly Waiting[];
  readonly before: Evidence | null;
  readonly calledAt: number;
}

const LOOK_EVERY_MS = 120;
const MOST = 3;

/**
 * A lane that claims and calls for up to three requests at once, those that share targets included.
 *
 * The product's own lane calls for one request at a time, while the journal has to hold for lists:
 * this one is crude, but what it asks of the journal and of the desk is what coalescing will ask.
 */
export class BatchLane {
  readonly #parts: BatchLaneParts;
  #waiting: Waiting[] = [];
  #isCalling = false;
  #isScheduled = false;

  constructor(parts: BatchLaneParts) {
    this.#parts = parts;
  }

  offer(received: ReceivedRequest, tries: number): void {
    this.#waiting.push({ received, tries, dueAt: 0 });
    this.#schedule();
  }

  forget(partition: number): readonly ReceivedRequest[] {
    const isLost = ({ received }: Waiting) => received.source.partition === partition;
    const lost = this.#waiting.filter(isLost);
    this.#waiting = this.#waiting.filter((one) => !isLost(one));
    return lost.map(({ received }) => received);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setTimeout(() => {
      this.#isScheduled = false;
      this.#look();
      this.#schedule();
    }, LOOK_EVERY_MS);
  }

  #look(): void {
    const { dispatcher, abandon } = this.#parts;
    if (this.#isCalling || abandon.aborted || !dispatcher.journal.isOpen) return;
    const batch = this.#batch();
    if (batch.length === 0) return;
    this.#isCalling = true;
    this.#waiting = this.#waiting.filter((one) => !batch.includes(one));
    this.#work(batch)
      .catch((error: unknown) => {
        if (!abandon.aborted) dispatcher.desk.failed(error);
      })
      .finally(() => (this.#isCalling = false));
  }

  /** What goes together now. Whoever is somebody else's goes back to the desk. */
  #batch(): readonly Waiting[] {
    const { config, dispatcher, clock, random } = this.#parts;
    const { journal, desk } = dispatcher;
    const batch: Waiting[] = [];
    const most = random.whole(1, MOST);
    for (const one of [...this.#waiting]) {
      const { requestId, operation, notAfter } = one.received.request;
      const isHeld = targetsOf(operation).some((target) => journal.isHeld(config.name, target));
      if (notAfter !== null && notAfter < clock.epoch()) {
        this.#leave(one, () => desk.expired(workedOf(one)));
      } else if (!journal.mayClaim(config.name, requestId)) {
        this.#leave(one, () => desk.elsewhere(workedOf(one)));
      } else if (batch.length < most && one.dueAt <= clock.now() && !isHeld) {
        batch.push(one);
      }
    }
    return batch;
  }

  #leave(one: Waiting, tell: () => void): void {
    this.#waiting = this.#waiting.filter((other) => other !== one);
    tell();
  }

  async #work(batch: readonly Waiting[]): Promise<void> {
    const { config, dispatcher } = this.#parts;
    const { journal, desk } = dispatcher;
    const evidenceAt = journal.position(config.name);
    const before = await this.#readBefore(batch);
    const asks = batch.map(({ received }) => {
      const targets = targetsOf(received.request.operation);
      return { received, targets, before, evidenceAt: before === null ? null : evidenceAt };
    });
    const claimed = await journal.claim(config.name, asks, config);
    const granted: Waiting[] = [];
    for (const one of batch) {
      const { requestId } = one.received.request;
      const why = claimed.refused.get(requestId) ?? "lapsed";
      const tries = claimed.granted.get(requestId);
      if (tries !== undefined) granted.push(Object.assign(one, { tries }));
      else if (["taken", "finished", "conflict"].includes(why)) desk.elsewhere(workedOf(one));
      else this.#putBack(one, 0);
    }
    const { claim } = claimed;
    const isSpent = ({ tries }: Waiting) => tries >= config.retry.maxAttempts;
    const spent = granted.filter(isSpent);
    if (spent.length > 0) await this.#letGo(claim, spent);
    const called = granted.filter((one) => !isSpent(one));
    if (called.length > 0) await this.#call(claim, called, before);
  }

  /** Others have made all their calls meanwhile. */
  async #letGo(claim: Claim, spent: readonly Waiting[]): Promise<void> {
    const { journal, desk } = this.#parts.dispatcher;
    const ids = spent.map(({ received }) => received.request.requestId);
    await journal.release(claim, ids, { called: false, why: "no call left" });
    for (const one of spent) desk.elsewhere(workedOf(one));
  }

  async #call(claim: Claim, batch: readonly Waiting[], before: Evidence | null): Promise<void> {
    const { clock, provider, abandon } = this.#parts;
    const timed = new TimedGate(await this.#gate(), claim.writeBy, clock.now);
    const calledAt = clock.epoch();
    const terms = { gate: timed, signal: abandon };
    const end = await provider.rerun(callOf(claim.claimId, batch), terms);
    const call = { claim, batch, before, calledAt };
    if (timed.isLate && end.kind === "unavailable") await this.#release(call, false, "late");
    else await this.#dispatch(call, end);
  }

  async #dispatch(granted: Granted, end: CallEnd): Promise<void> {
    const { desk } = this.#parts.dispatcher;
    const { claim, batch, before, calledAt } = granted;
    switch (end.kind) {
      case "accepted":
      case "refused":
      case "uncertain":
        for (const one of batch) {
          one.tries += 1;
          const call = callOf(claim.claimId, [one]);
          const own = end.kind === "accepted" ? withOnly(call.targets, end) : end;
          desk.decided(workedOf(one, calledAt, batch.length), { claim, call, end: own, before });
        }
        return;
      case "throttled":
      case "unavailable":
        await this.#release(granted, true, end.kind);
        return;
      case "quota":
      case "credentials":
        await this.#release(granted, false, end.kind);
        return;
    }
  }

  /** In one record, or in one for each request. */
  async #release({ claim, batch }: Granted, called: boolean, why: string): Promise<void> {
    const { dispatcher, random, config, clock } = this.#parts;
    const { journal, desk } = dispatcher;
    const ids = batch.map(({ received }) => received.request.requestId);
    const parts = random.chance(0.5) ? [ids] : ids.map((id) => [id]);
    await Promise.all(parts.map(async (part) => journal.release(claim, part, { called, why })));
    for (const one of batch) {
      if (called) one.tries += 1;
      if (called && one.tries >= config.retry.maxAttempts) {
        const end = { kind: "unavailable", message: why, ...UNTRACED } as const;
        desk.exhausted(workedOf(one), targetsOf(one.received.request.operation), end);
      } else {
        this.#putBack(one, clock.now() + random.between(0, config.retry.maxDelayMs));
      }
    }
  }

  #putBack(one: Waiting, dueAt: number): void {
    if (!this.#parts.dispatcher.desk.keeps(one.received)) return;
    this.#waiting.push(Object.assign(one, { dueAt }));
    this.#schedule();
  }

  async #readBefore(batch: readonly Waiting[]): Promise<Evidence | null> {
    const { provider, config } = this.#parts;
    if (config.evidence.before === "never") return null;
    return provider.readBefore(callOf("", batch), FREE_TURNS);
  }

  /** Sometimes the turn comes late, or too late. */
  async #gate(): Promise<Gate> {
    const { random } = this.#parts;
    await new Promise((resolve) => setTimeout(resolve, random.magnitude(1, 1000)));
    return { pass: async () => Promise.resolve(() => undefined) };
  }
}

const UNTRACED = { providerRequestId: null, providerErrorCode: null };

const FREE_TURNS: ReadTurns = {
  take: async (_action, read) => {
    const gate: Gate = { pass: async () => Promise.resolve(() => undefined) };
    return read({ gate, signal: new AbortController().signal });
  },
};

/** One call for all of them. */
function callOf(claimId: string, batch: readonly Waiting[]): RerunCall {
  const targets = batch.flatMap(({ received }) => targetsOf(received.request.operation));
  const instanceIds = [...new Set(targets)];
  const options = { comment: null, useLatestConfig: null };
  const operation = { kind: "DataWorksRerunTaskInstances", instanceIds, ...options } as const;
  return { claimId, operation, targets: instanceIds };
}

/** An answer as it is about some of its targets. */
function withOnly(
  own: readonly string[],
  end: Extract<CallEnd, { kind: "accepted" }>,
): Extract<CallEnd, { kind: "accepted" }> {
  if (end.job !== null) return end;
  return { ...end, targets: end.targets.filter(({ target }: TargetEnd) => own.includes(target)) };
}

function workedOf(
  { received, tries }: Waiting,
  calledAt: number | null = null,
  coalesced = 1,
): Parameters<RequestDesk["expired"]>[0] {
  const history: CallHistory = { attempts: tries, calledAt, coalesced, reconciled: false };
  return { received, history };
}
