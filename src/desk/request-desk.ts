import { admit, type Connection, expiredVerdict } from "./admission/admit.ts";
import { concludeCall, type DecidedCall } from "./conclude-call.ts";
import {
  type CallHistory,
  NEVER_CALLED,
  type Outcome,
  plainVerdict,
  type Verdict,
} from "./domain/outcome.ts";
import type { TrackUntil } from "./domain/following.ts";
import { echoOf, type ReceivedRequest, type Source } from "./domain/rerun-request.ts";
import { type UnexecutedEnd, verdictOfExhausted } from "./domain/verdict.ts";
import type { Desk, Senseless } from "./inbound/desk.ts";
import type { Journal } from "./journal/journal.ts";
import type { Judge } from "./judging/judge.ts";
import type { Lane, LaneDesk, Worked } from "./lanes/lane.ts";
import type { TargetCalls } from "./target-calls.ts";
import type { CallTracker } from "./tracking/call-tracker.ts";

/** One provider connection as the desk sees it. */
export interface Counter extends Connection {
  readonly lane: Pick<Lane, "offer" | "forget" | "calling">;
  readonly judge: Pick<Judge, "judge">;
  readonly tracker: Pick<CallTracker, "follow">;
  readonly until: TrackUntil;
  /** Whose runs may still show. */
  readonly calls: Pick<TargetCalls, "concluded">;
}

export interface RequestDeskParts {
  readonly journal: Journal;
  /** Resolves when Kafka has acknowledged the outcome. */
  readonly publish: (outcome: Outcome) => Promise<void>;
  /** Told each record that needs no further attention. */
  readonly complete: (source: Source) => void;
  /**
   * Asked when a request comes back unexecuted: false when its partition went to somebody else, who
   * works it now; from then on nothing here knows the record.
   */
  readonly keeps: (source: Source) => boolean;
  readonly onDuplicate: (received: ReceivedRequest) => void;
  readonly onPublished: (outcome: Outcome) => void;
  /** Something threw that must not: the process cannot go on. */
  readonly onFailure: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly epoch: () => number;
}

/**
 * Takes each request from its reception to its outcome: admission, lane, judging and tracking, outbound.
 *
 * A record is complete when its final outcome is acknowledged, never before. Requests under way
 * here are few (called, judged, followed or being published); what waits, waits in the lanes.
 */
export class RequestDesk implements Desk, LaneDesk {
  readonly #parts: RequestDeskParts;
  readonly #counters = new Map<string, Counter>();
  readonly #working = new Set<Source>();
  #whenIdle: (() => void)[] = [];

  constructor(parts: RequestDeskParts) {
    this.#parts = parts;
  }

  /** Opens the counter of one provider connection; before the first request is received. */
  open(provider: string, counter: Counter): void {
    this.#counters.set(provider, counter);
  }

  receive(received: ReceivedRequest): ReturnType<Desk["receive"]> {
    const standing = this.#parts.journal.open(received);
    switch (standing.kind) {
      case "conflict":
        return standing;
      case "duplicate":
        this.#parts.onDuplicate(received);
        if (standing.settled) this.#parts.complete(received.source);
        return { kind: "taken" };
      case "new":
        this.#admit(received);
        return { kind: "taken" };
    }
  }

  reject(senseless: Senseless): void {
    const { echo, reason, source, receivedAt, trace } = senseless;
    this.#work(source, async () => {
      await this.#publish({
        ...plainVerdict("REJECTED", reason),
        ...NEVER_CALLED,
        echo,
        source,
        trace,
        receivedAt,
        completedAt: this.#parts.epoch(),
      });
      this.#parts.complete(source);
    });
  }

  forget(partition: number): ReadonlySet<bigint> {
    this.#parts.journal.forgetDuplicates(partition);
    const counters = [...this.#counters.values()];
    for (const { lane } of counters) {
      for (const received of lane.forget(partition)) {
        const successor = this.#parts.journal.forget(received);
        if (successor !== null) this.#admit(successor);
      }
    }
    const calling = counters.flatMap(({ lane }) => lane.calling.map(({ source }) => source));
    const goingOn = [...calling, ...this.#working].filter((one) => one.partition === partition);
    return new Set(goingOn.map(({ offset }) => offset));
  }

  expired({ received, history }: Worked): void {
    const { notAfter } = received.request;
    this.#work(received.source, async () => {
      const verdict = expiredVerdict(notAfter ?? this.#parts.epoch());
      await this.#conclude(received, verdict, history);
    });
  }

  exhausted({ received, history }: Worked, targets: readonly string[], end: UnexecutedEnd): void {
    this.#work(received.source, async () => {
      const verdict = verdictOfExhausted(end, targets, history.attempts);
      await this.#conclude(received, verdict, history);
    });
  }

  decided({ received, history }: Worked, decided: DecidedCall): void {
    const { claim } = decided;
    const { journal, epoch } = this.#parts;
    this.#work(received.source, async () => {
      const { judge, tracker, until, calls } = this.#counterOf(received.request.provider);
      const calledAt = history.calledAt ?? epoch();
      const { verdict, reconciled } = await concludeCall(decided, calledAt, {
        ...{ judge, tracker, until },
        onTaken: async (taken) => {
          await journal.accepted(claim, taken.following);
          const soFar = { ...history, reconciled: taken.reconciled };
          await this.#publish(this.#outcomeOf(received, taken.verdict, soFar));
        },
      });
      calls.concluded(claim.claimId);
      await journal.done(claim, received, verdict);
      await this.#finish(received, verdict, { ...history, reconciled });
    });
  }

  keeps(received: ReceivedRequest): boolean {
    if (this.#parts.keeps(received.source)) return true;
    const successor = this.#parts.journal.forget(received);
    if (successor !== null) this.#admit(successor);
    return false;
  }

  failed(error: unknown): void {
    this.#parts.onFailure(error);
  }

  /** Resolves when nothing is being judged, followed or published any more. */
  async idle(): Promise<void> {
    if (this.#working.size === 0) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #admit(received: ReceivedRequest): void {
    const { request } = received;
    const counter = this.#counters.get(request.provider);
    const configured = [...this.#counters.keys()];
    const epoch = this.#parts.epoch();
    const verdict = admit({ request, connection: counter, configured, epoch });
    if (verdict === null) {
      this.#counterOf(request.provider).lane.offer(received);
      return;
    }
    this.#work(received.source, async () => this.#conclude(received, verdict, NEVER_CALLED));
  }

  /** Admission lets nothing pass that names an unknown provider. */
  #counterOf(provider: string): Counter {
    const counter = this.#counters.get(provider);
    if (counter === undefined) throw new Error(`no counter is open for ${provider}`);
    return counter;
  }

  /** Ends a request that has no claim. */
  async #conclude(
    received: ReceivedRequest,
    verdict: Verdict,
    history: CallHistory,
  ): Promise<void> {
    await this.#parts.journal.close(received, verdict);
    await this.#finish(received, verdict, history);
  }

  async #finish(received: ReceivedRequest, verdict: Verdict, history: CallHistory): Promise<void> {
    await this.#publish(this.#outcomeOf(received, verdict, history));
    for (const source of this.#parts.journal.published(received)) this.#parts.complete(source);
  }

  async #publish(outcome: Outcome): Promise<void> {
    await this.#parts.publish(outcome);
    this.#parts.onPublished(outcome);
  }

  #outcomeOf(received: ReceivedRequest, verdict: Verdict, history: CallHistory): Outcome {
    const { request, source, trace, receivedAt } = received;
    const completedAt = this.#parts.epoch();
    return {
      ...verdict,
      ...history,
      echo: echoOf(request),
      source,
      trace,
      receivedAt,
      completedAt,
    };
  }

  #work(source: Source, work: () => Promise<void>): void {
    this.#working.add(source);
    work().then(
      () => {
        this.#working.delete(source);
        if (this.#working.size > 0) return;
        for (const resolve of this.#whenIdle.splice(0)) resolve();
      },
      (error: unknown) => this.#parts.onFailure(error),
    );
  }
}
