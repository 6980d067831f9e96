import { parseControlKey } from "./control-key.ts";
import { type LaneReport, parseReport } from "./lane-report.ts";

/** What one instance said last about one lane. */
export interface InstanceReport extends LaneReport {
  readonly lane: string;
  readonly instance: string;
}

/** Whoever has not reported for this long is gone, or nothing is known of it. */
const LIVE_FOR_MS = 60_000;

/** The newest reports of all instances, as the control topic tells them record by record. */
export class ReportBook {
  readonly #newest = new Map<string, InstanceReport>();

  /** Takes one record; what is no report, or cannot be read, is passed over. */
  take(key: string, value: Buffer | null): void {
    const about = parseControlKey(key);
    if (about?.kind !== "report") return;
    const report = value === null ? null : parseReport(value);
    if (report === null) this.#newest.delete(key);
    else this.#newest.set(key, { ...report, lane: about.lane, instance: about.instance });
  }

  /** Of the instances that live, as far as is known at this instant, ordered by lane and instance. */
  live(epoch: number): readonly InstanceReport[] {
    return [...this.#newest.values()]
      .filter(({ at }) => isLive(at, epoch))
      .toSorted((a, b) => compare(a.lane, b.lane) || compare(a.instance, b.instance));
  }

  /** How many instances once reported that did not take leave. */
  silent(epoch: number): number {
    const silent = [...this.#newest.values()].filter(({ at }) => !isLive(at, epoch));
    return new Set(silent.map(({ instance }) => instance)).size;
  }
}

function isLive(at: number, epoch: number): boolean {
  return epoch - at <= LIVE_FOR_MS;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
