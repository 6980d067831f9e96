import type { AppendQueues } from "./append-queues.ts";
import type { ClaimDecided } from "./change.ts";
import type { Entry } from "./claim-entry.ts";
import type { ClaimRecord } from "./journal-record.ts";

export interface OwnClaimsParts {
  readonly queues: Pick<AppendQueues, "append" | "write">;
  /** This process, and no other before or after it. */
  readonly instance: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly onFailure: (error: unknown) => void;
}

/** Told what became of a claim that was asked for; null: that is not known in time. */
type Decide = (change: ClaimDecided | null) => void;

/**
 * The claims of this process, from the asking until it is said how their calls ended: until then the
 * process drives them. What is granted and not driven is given back at once.
 */
export class OwnClaims {
  readonly #parts: OwnClaimsParts;
  readonly #pending = new Map<string, Decide>();
  /** Claim id → the requests whose call this process drives. */
  readonly #driving = new Map<string, Set<string>>();

  constructor(parts: OwnClaimsParts) {
    this.#parts = parts;
  }

  /** How many claims this process holds or is about to. */
  get size(): number {
    return this.#driving.size;
  }

  /** Whether this process holds the claim and has not said how its call ended. */
  isDriven(claimId: string): boolean {
    return this.#driving.has(claimId);
  }

  /**
   * Writes a CLAIM and waits until it is decided; null when that is not known by `dropAt` (monotonic).
   * From the asking on the process drives what is granted of it.
   */
  async ask(record: ClaimRecord, dropAt: number): Promise<ClaimDecided | null> {
    const { queues, now } = this.#parts;
    const { claimId, requests, provider } = record;
    this.#driving.set(claimId, new Set(requests.map(({ requestId }) => requestId)));
    return new Promise((resolve) => {
      const timer = setTimeout(() => decide(null), Math.max(0, Math.ceil(dropAt - now())));
      const decide: Decide = (change) => {
        clearTimeout(timer);
        this.#pending.delete(claimId);
        const isInTime = change !== null && now() <= dropAt;
        if (isInTime) this.#keepGranted(record, change);
        else this.#giveUp(claimId, change);
        resolve(isInTime ? change : null);
      };
      this.#pending.set(claimId, decide);
      void queues.append(provider, record, dropAt);
    });
  }

  /** The journal shows what became of a CLAIM, whoever asked. */
  decided(change: ClaimDecided): void {
    if (change.instance !== this.#parts.instance) return;
    const decide = this.#pending.get(change.claimId);
    if (decide !== undefined) {
      decide(change);
      return;
    }
    // It was given up before it was seen, or refused before a late copy of the claim was granted:
    // nothing was called, and nobody drives it.
    const driven = this.#driving.get(change.claimId);
    const ghosts = change.granted.filter(({ request }) => driven?.has(request.requestId) !== true);
    this.#releaseGhosts(change.claimId, ghosts);
  }

  /** It was said how the call of these ended, or they are not to be called. */
  letGo(claimId: string, requestIds: readonly string[]): void {
    const driven = this.#driving.get(claimId);
    for (const id of requestIds) driven?.delete(id);
    if (driven?.size === 0) this.#driving.delete(claimId);
  }

  #keepGranted({ claimId, requests }: ClaimRecord, change: ClaimDecided): void {
    // At once: the next record may be a copy of the claim that is granted what this one was not.
    const granted = new Set(change.granted.map(({ request }) => request.requestId));
    const ids = requests.map(({ requestId }) => requestId);
    const left = ids.filter((id) => !granted.has(id));
    this.letGo(claimId, left);
  }

  /** From here on it is nobody's: its grant, seen now or later, is given back. */
  #giveUp(claimId: string, change: ClaimDecided | null): void {
    this.#driving.delete(claimId);
    this.#releaseGhosts(claimId, change?.granted ?? []);
  }

  #releaseGhosts(claimId: string, ghosts: readonly Entry[]): void {
    const [first] = ghosts;
    if (first === undefined) return;
    const { provider } = first;
    const requestIds = ghosts.map(({ request }) => request.requestId);
    const why = "the claim was seen after it had been given up";
    this.#parts.queues
      .write(provider, { kind: "RELEASE", provider, claimId, requestIds, called: false, why })
      .catch((error: unknown) => this.#parts.onFailure(error));
  }
}
