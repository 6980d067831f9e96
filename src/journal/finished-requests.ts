import type { CompletedSources } from "./completed-sources.ts";
import {
  type FinishedRequest,
  type Known,
  SealedSegment,
  type SourceSpan,
} from "./sealed-segment.ts";

/** How the stretch that is sealed ends. */
export interface SealedAt {
  readonly journalPartition: number;
  readonly position: bigint;
  readonly logTime: number;
}

/** What is kept beside the segments when the state is written down. */
export interface OpenStretch {
  readonly requests: readonly FinishedRequest[];
  readonly windowMs: number;
}

/**
 * The finished requests of one journal partition: those since the last border one by one, older ones
 * in sealed segments.
 */
export class FinishedRequests {
  readonly #recent = new Map<string, FinishedRequest>();
  #segments: readonly SealedSegment[] = [];
  #windowMs = 0;

  /** How a request with this key is known; undefined: it is not. */
  find(request: FinishedRequest): Known | undefined {
    const recent = this.#recent.get(request.key);
    if (recent !== undefined) {
      const { digest, partition, offset } = recent;
      return {
        isSameContent: digest === request.digest,
        isSameSource: partition === request.partition && offset === request.offset,
      };
    }
    for (const segment of this.#segments) {
      const known = segment.find(request);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  /** Whether a request with this key is known. */
  has(key: string): boolean {
    return this.#recent.has(key) || this.#segments.some((segment) => segment.has(key));
  }

  add(request: FinishedRequest): void {
    this.#recent.set(request.key, request);
  }

  /** Somebody counts on finished requests being known this long. */
  needsWindow(windowMs: number): void {
    this.#windowMs = Math.max(this.#windowMs, windowMs);
  }

  /** How many finished since the last border. */
  get recentCount(): number {
    return this.#recent.size;
  }

  /** How many are known in all. */
  get size(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, this.#recent.size);
  }

  get segments(): readonly SealedSegment[] {
    return this.#segments;
  }

  /**
   * Seals what finished since the last border, and forgets the segments that nobody needs any more:
   * older than the largest window that is asked for, and their records complete in the requests
   * topic, so that none is delivered again.
   */
  seal({ journalPartition, position, logTime }: SealedAt, completed: CompletedSources): void {
    if (this.#recent.size > 0) {
      const requests = [...this.#recent.values()];
      const facts = {
        ...{ journalPartition, end: position, lastTime: logTime, windowMs: this.#windowMs },
        spans: spansOf(requests),
      };
      this.#segments = [...this.#segments, SealedSegment.seal(facts, requests)];
      this.#recent.clear();
      this.#windowMs = 0;
    }
    const windowMs = Math.max(this.#windowMs, ...this.#segments.map(({ facts }) => facts.windowMs));
    this.#segments = this.#segments.filter(
      ({ facts }) =>
        facts.lastTime + windowMs >= logTime ||
        !facts.spans.every((span) => completed.covers(span, facts.end)),
    );
  }

  saved(): OpenStretch {
    return { requests: [...this.#recent.values()], windowMs: this.#windowMs };
  }

  /** Begins with these. */
  restore(stretch: OpenStretch, segments: readonly SealedSegment[]): void {
    this.#recent.clear();
    for (const request of stretch.requests) this.add(request);
    this.#windowMs = stretch.windowMs;
    this.#segments = segments;
  }
}

function spansOf(requests: readonly FinishedRequest[]): readonly SourceSpan[] {
  const spans = new Map<number, SourceSpan>();
  for (const { partition, offset } of requests) {
    const { least = offset, most = offset } = spans.get(partition) ?? {};
    spans.set(partition, {
      partition,
      least: offset < least ? offset : least,
      most: offset > most ? offset : most,
    });
  }
  return [...spans.values()].toSorted((a, b) => a.partition - b.partition);
}
