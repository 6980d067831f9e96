/** The moments of the failure matrix (docs/delivery.md) at which a process can be told to die. */
export const NAMED_POINTS = [
  "after-claim",
  "before-call",
  "mid-call",
  "after-response",
  "after-accepted",
  "after-done",
  "after-outcome",
  "before-commit",
] as const;

/** Moments that the matrix does not name, at which nothing may go wrong either. */
export const FURTHER_POINTS = ["after-release", "after-close", "after-published"] as const;

export type DeathPoint = (typeof NAMED_POINTS)[number] | (typeof FURTHER_POINTS)[number];

/** What a process writes down right before it kills itself. */
export interface LastWords {
  readonly event: "chaos.dies";
  readonly point: DeathPoint;
}

/** The line by which a process is told to die the `nth` time that it comes by a point. */
export function orderToDie(point: DeathPoint, nth: number): string {
  return `die ${point} ${nth}\n`;
}

/** The line that takes such an order back. */
export const ORDER_TO_LIVE = "live\n";

export interface EndOfProcess {
  /** Written synchronously: what is buffered dies with the process. */
  readonly writeDown: (lastWords: LastWords) => void;
  /** SIGKILL to ourselves; does not return. */
  readonly kill: () => void;
}

/** Ends its own process at the moment that it was told. */
export class Executioner {
  readonly #end: EndOfProcess;
  #order: { readonly point: string; left: number } | null = null;

  constructor(end: EndOfProcess) {
    this.#end = end;
  }

  /** Takes an order, one line without its end; the newest one counts. What is none is ignored. */
  hear(line: string): void {
    const [verb, point = "", nth = ""] = line.split(" ");
    if (verb === "live") this.#order = null;
    if (verb === "die") this.#order = { point, left: Number(nth) };
  }

  /** The process is at this point: it dies here when its order says so. */
  reached(point: DeathPoint): void {
    if (!this.#isDue(point)) return;
    this.#end.writeDown({ event: "chaos.dies", point });
    this.#end.kill();
  }

  /** The process is at a point that lasts: it dies so many milliseconds into it. */
  entered(point: DeathPoint, afterMs: number): void {
    if (!this.#isDue(point)) return;
    setTimeout(() => {
      this.#end.writeDown({ event: "chaos.dies", point });
      this.#end.kill();
    }, afterMs);
  }

  #isDue(point: DeathPoint): boolean {
    if (this.#order?.point !== point) return false;
    this.#order.left -= 1;
    return this.#order.left === 0;
  }
}

/** The point in a process's last words; null for any other line of its log. */
export function deathPointIn(line: string): DeathPoint | null {
  const found = /^\{"event":"chaos\.dies","point":"([a-z-]+)"\}$/.exec(line)?.[1];
  const points: readonly DeathPoint[] = [...NAMED_POINTS, ...FURTHER_POINTS];
  return points.find((point) => point === found) ?? null;
}
