import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Labels, MetricKey } from "./known-series.ts";
import { type MetricRow, METRICS } from "./metrics-table.ts";

type KeysOf<Kind extends MetricRow["kind"]> = {
  [Key in MetricKey]: (typeof METRICS)[Key]["kind"] extends Kind ? Key : never;
}[MetricKey];

/** The counters among the table's rows. */
export type CounterKey = KeysOf<"counter">;
/** The gauges among the table's rows. */
export type GaugeKey = KeysOf<"gauge">;
/** The histograms among the table's rows. */
export type HistogramKey = KeysOf<"histogram">;

/** The table's metrics in a registry of their own, beside the process and event-loop defaults. */
export class MetricStore {
  readonly #registry = new Registry();
  readonly #counters = new Map<MetricKey, Counter>();
  readonly #gauges = new Map<MetricKey, Gauge>();
  readonly #histograms = new Map<MetricKey, Histogram>();

  constructor() {
    for (const [key, row] of Object.entries(METRICS) as [MetricKey, MetricRow][]) {
      this.#create(key, row);
    }
    collectDefaultMetrics({ register: this.#registry });
  }

  increase(key: CounterKey, labels: Labels, by = 1): void {
    this.#counters.get(key)?.inc(labels, by);
  }

  set(key: GaugeKey, labels: Labels, value: number): void {
    this.#gauges.get(key)?.set(labels, value);
  }

  observe(key: HistogramKey, labels: Labels, value: number): void {
    this.#histograms.get(key)?.observe(labels, value);
  }

  /** Lets a series begin at zero; a gauge's is set back. */
  zero(key: MetricKey, labels: Labels): void {
    this.#counters.get(key)?.inc(labels, 0);
    this.#gauges.get(key)?.set(labels, 0);
    this.#histograms.get(key)?.zero(labels);
  }

  /** Forgets all series of a gauge. */
  clear(key: GaugeKey): void {
    this.#gauges.get(key)?.reset();
  }

  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #create(key: MetricKey, row: MetricRow): void {
    const { name, help } = row;
    const common = { name, help, labelNames: [...row.labels], registers: [this.#registry] };
    switch (row.kind) {
      case "counter":
        this.#counters.set(key, new Counter(common));
        return;
      case "gauge":
        this.#gauges.set(key, new Gauge(common));
        return;
      case "histogram":
        this.#histograms.set(key, new Histogram({ ...common, buckets: [...(row.buckets ?? [])] }));
    }
  }
}
