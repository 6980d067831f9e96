import { doneWithin } from "../lifecycle/deadline.ts";
import { Repeated } from "../lifecycle/repeated.ts";
import type { Log } from "../observability/log.ts";
import type { ControlLog } from "./control-log.ts";
import { reportKey } from "./control-key.ts";
import { encodeReport, type LaneReport } from "./lane-report.ts";

/** A lane that is reported about. */
export interface ReportedLane {
  readonly name: string;
  report(): Omit<LaneReport, "at">;
}

export interface LaneReporterParts {
  readonly topic: Pick<ControlLog, "write">;
  readonly lanes: readonly ReportedLane[];
  readonly instance: string;
  readonly log: Pick<Log, "debug">;
  /** Milliseconds since the epoch. */
  readonly epoch: () => number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** What changes is told as often at the most. */
const LOOK_EVERY_MS = 2_000;
/** What does not change is told again after this time, to show that somebody is there. */
const REPORT_EVERY_MS = 15_000;

/**
 * Tells the control topic how the lanes of this instance stand, for `lanes list`. Nothing depends on
 * it: a report that cannot be written is tried again with what is so by then.
 */
export class LaneReporter {
  readonly #parts: LaneReporterParts;
  readonly #repeated: Repeated;
  /** What was written last, by lane. */
  readonly #written = new Map<string, { readonly text: string; readonly at: number }>();
  #round: Promise<void> = Promise.resolve();

  constructor(parts: LaneReporterParts) {
    this.#parts = parts;
    this.#repeated = new Repeated(parts.signal);
  }

  /** Reports now and from now on. */
  start(): void {
    const report = async () => (this.#round = this.#report());
    void report();
    this.#repeated.every(LOOK_EVERY_MS, report);
  }

  /** Takes all reports back: this instance goes. Resolves when that is done or the time is over. */
  async farewell(timeoutMs: number): Promise<void> {
    this.#repeated.stop();
    const { lanes, topic, instance, signal } = this.#parts;
    const gone = this.#round.then(async () =>
      Promise.allSettled(
        lanes.map(async ({ name }) => {
          if (this.#written.has(name)) await topic.write(reportKey(name, instance), null);
        }),
      ),
    );
    await doneWithin(gone, timeoutMs, signal);
  }

  async #report(): Promise<void> {
    await Promise.all(this.#parts.lanes.map(async (lane) => this.#reportOf(lane)));
  }

  async #reportOf(lane: ReportedLane): Promise<void> {
    const { topic, instance, log, epoch } = this.#parts;
    const state = lane.report();
    const text = JSON.stringify(state);
    const at = epoch();
    const last = this.#written.get(lane.name);
    const isDue = last?.text !== text || Math.abs(at - last.at) >= REPORT_EVERY_MS;
    if (!isDue) return;
    try {
      await topic.write(reportKey(lane.name, instance), encodeReport({ at, ...state }));
      this.#written.set(lane.name, { text, at });
    } catch (error) {
      log.debug("control.report-failed", { provider: lane.name, error });
    }
  }
}
