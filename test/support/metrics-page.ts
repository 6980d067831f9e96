/** One sample of a Prometheus page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A Prometheus page, parsed. */
export interface MetricsPage {
  readonly text: string;
  /** Name → type, as the page declares it. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
}

const NUMBER = /^([+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]?Inf|NaN)$/i;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/y;

/**
 * Parses the text exposition format 0.0.4 as strictly as Prometheus: every line must be a sample, a
 * comment or empty, a name's HELP and TYPE come once and before its samples, no sample comes twice.
 */
export function parseMetrics(text: string): MetricsPage {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const types = new Map<string, string>();
  const samples = new Map<string, Sample>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# HELP ")) continue;
    if (line.startsWith("# TYPE ")) {
      const [, , name = "", type = ""] = line.split(" ");
      if (types.has(name)) throw new Error(`a second TYPE of ${name}`);
      types.set(name, type);
      continue;
    }
    const [, name = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    if (name === "" || !NUMBER.test(value)) throw new Error(`not a sample: ${line}`);
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, "");
    if (!types.has(family)) throw new Error(`a sample before its TYPE: ${line}`);
    const key = line.slice(0, line.lastIndexOf(" "));
    if (samples.has(key)) throw new Error(`a second sample: ${key}`);
    samples.set(key, { name, labels: parseLabels(labels), value: Number(value) });
  }
  return { text, types, samples: [...samples.values()] };
}

/** The page of a running service. */
export async function fetchMetrics(service: { readonly url: string }): Promise<MetricsPage> {
  return parseMetrics(await (await fetch(`${service.url}/metrics`)).text());
}

/** The sum of a name's samples whose labels include these. */
export function sumOf(
  { samples }: MetricsPage,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const matches = (sample: Sample) =>
    sample.name === name &&
    Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
  return samples.filter(matches).reduce((sum, { value }) => sum + value, 0);
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const at = LABEL.lastIndex;
    const [, name = "", value = ""] = LABEL.exec(text) ?? [];
    if (name === "") throw new Error(`not labels: ${text.slice(at)}`);
    labels[name] = value;
  }
  return labels;
}
