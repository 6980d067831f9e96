import { type Arrival } from "./arrivals.ts";
import { type Cloud } from "./credential.ts";
import { type Product } from "./product.ts";
import { mostInWindow } from "./sliding-window.ts";

/** How often one target was asked to run again, and how often it did. */
export interface TargetCalls {
  readonly cloud: Cloud;
  readonly product: Product | "unknown";
  readonly target: string;
  readonly arrived: number;
  readonly executed: number;
}

/** How often one access key called one action. */
export interface ActionCalls {
  readonly cloud: Cloud;
  readonly product: Product | "unknown";
  readonly accessKeyId: string;
  readonly action: string;
  readonly version: string;
  readonly arrived: number;
  readonly executed: number;
}

/** One access key's busiest window; refused and throttled reruns count, reads do not. */
export interface BusiestWindow {
  readonly cloud: Cloud;
  readonly accessKeyId: string;
  readonly reruns: number;
}

/** The simulator's own clock trouble. */
export interface Lateness {
  readonly worstTimerLatenessMs: number;
  readonly tickMs: number;
}

/** What the provider counted. */
export interface Summary extends Lateness {
  readonly windowMs: number;
  readonly arrivals: number;
  readonly targets: readonly TargetCalls[];
  readonly actions: readonly ActionCalls[];
  readonly busiestWindows: readonly BusiestWindow[];
}

/** Counts up what arrived; windows are half-open, `[t, t + windowMs)`. */
export function summarise(
  arrivals: readonly Arrival[],
  windowMs: number,
  lateness: Lateness,
): Summary {
  const targets = new Tally<Pick<TargetCalls, "cloud" | "product" | "target">>();
  const actions = new Tally<Omit<ActionCalls, "arrived" | "executed">>();
  const rerunTimes = new Map<string, { cloud: Cloud; accessKeyId: string; timesMs: number[] }>();
  for (const { cloud, product, accessKeyId, effect, executed, ...arrival } of arrivals) {
    const { action, version } = arrival;
    actions.add({ cloud, product, accessKeyId, action, version }, executed);
    if (effect !== "rerun") {
      continue;
    }
    const ran = new Set(arrival.ranTargets);
    for (const target of new Set(arrival.targets)) {
      targets.add({ cloud, product, target }, ran.has(target));
    }
    const key = `${cloud} ${accessKeyId}`;
    const times = rerunTimes.get(key) ?? { cloud, accessKeyId, timesMs: [] };
    times.timesMs.push(arrival.at);
    rerunTimes.set(key, times);
  }
  return {
    windowMs,
    arrivals: arrivals.length,
    targets: targets.rows(),
    actions: actions.rows(),
    busiestWindows: [...rerunTimes.values()].map(({ timesMs, ...key }) => ({
      ...key,
      reruns: mostInWindow(timesMs, windowMs),
    })),
    ...lateness,
  };
}

class Tally<Key extends Readonly<Record<string, string>>> {
  readonly #rows = new Map<string, Key & { arrived: number; executed: number }>();

  add(key: Key, executed: boolean): void {
    const name = Object.values(key).join("\n");
    const row = this.#rows.get(name) ?? { ...key, arrived: 0, executed: 0 };
    row.arrived += 1;
    row.executed += executed ? 1 : 0;
    this.#rows.set(name, row);
  }

  rows(): (Key & { readonly arrived: number; readonly executed: number })[] {
    return [...this.#rows.values()];
  }
}
