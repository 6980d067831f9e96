import type { Config } from "../config/config.ts";
import { PROTOCOL_VERSION } from "../journal/journal-record.ts";
import {
  decodeManifest,
  encodeManifest,
  keysOf,
  type Manifest,
  manifestKey,
} from "../journal/summary-codec.ts";
import { decodeWatermark, watermarkKey } from "../journal/watermark.ts";
import type { OffsetRange } from "../kafka/topic-reader.ts";
import { offsetRanges } from "../kafka/topic-reader.ts";
import { columns } from "./columns.ts";
import { exitCodeOf } from "./command-failed.ts";
import { type JournalHistory, lossIn, withHistory } from "./journal-history.ts";
import { requireTopic, withKafka } from "./kafka-session.ts";
import type { Terminal } from "./terminal.ts";

export interface AcceptOptions {
  readonly config: Config;
  /** Act; otherwise only tell what would be. */
  readonly yes: boolean;
  readonly json: boolean;
}

/** Offsets of one partition of the requests topic that may be called again. */
export interface Exposed {
  readonly partition: number;
  readonly from: bigint;
  /** Behind the last one. */
  readonly to: bigint;
}

/**
 * `topics --accept-lost-journal`: tells which requests may be called again because the journal lost
 * what it knew of them, and with `--yes` records that the present journal is the whole one. 0: done,
 * or nothing is lost. 1: something is lost, and nothing was changed.
 */
export async function acceptLostJournal(
  { config, yes, json }: AcceptOptions,
  terminal: Terminal,
): Promise<number> {
  return exitCodeOf(terminal, async () =>
    withKafka(config.kafka, async (session) => {
      const { requests, journal, checkpoints } = config.kafka.topics;
      for (const topic of [requests, journal, checkpoints]) await requireTopic(session, topic);
      const requestRanges = await offsetRanges(session.admin, requests);
      return withHistory(session.kafka, config, async (history) => {
        const loss = await lossIn(history);
        const exposed = loss === null ? [] : exposedIn(history, requestRanges);
        if (loss !== null && yes) await beginAnew(history);
        const isAccepted = loss !== null && yes;
        terminal.stdout(json ? jsonOf({ loss, isAccepted, exposed }) : tableOf(exposed));
        if (!json) terminal.stderr(summaryOf(loss, isAccepted));
        return loss === null || yes ? 0 : 1;
      });
    }),
  );
}

/**
 * The offsets that a new journal knows nothing of: what lies above each partition's watermark and in
 * none of its complete stretches, or all of it where there is no watermark.
 */
export function exposedIn(
  { values }: Pick<JournalHistory, "values">,
  requestRanges: ReadonlyMap<number, OffsetRange>,
): readonly Exposed[] {
  return [...requestRanges]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([partition, { low, high }]) => {
      const bytes = values.get(watermarkKey(partition));
      const watermark = bytes === undefined ? null : decodeWatermark(bytes);
      const complete = [{ from: 0n, to: watermark?.low ?? 0n }, ...(watermark?.ranges ?? [])];
      const exposed: Exposed[] = [];
      let from = low;
      for (const stretch of complete) {
        const to = stretch.from < high ? stretch.from : high;
        if (from < to) exposed.push({ partition, from, to });
        if (stretch.to > from) from = stretch.to;
      }
      if (from < high) exposed.push({ partition, from, to: high });
      return exposed;
    });
}

/** Every partition of the journal is read from where it begins now, and nothing older is known. */
async function beginAnew({ checkpoints, values, ranges }: JournalHistory): Promise<void> {
  const now = Date.now();
  for (const [partition, { low }] of ranges.entries()) {
    const bytes = values.get(manifestKey(partition));
    const named = bytes === undefined ? [] : keysOf(partition, decodeManifest(bytes));
    const manifest: Manifest = {
      ...{ version: PROTOCOL_VERSION, partitions: ranges.length, border: low, anchor: null },
      ...{ stateParts: 0, segments: [] },
      retired: named.map((key) => ({ key, since: now })),
    };
    await checkpoints.write(manifestKey(partition), encodeManifest(manifest));
  }
  // Of partitions that are not there any more.
  const present = new Set(ranges.map((_, partition) => manifestKey(partition)));
  for (const key of values.keys()) {
    if (key.endsWith("/manifest") && !present.has(key)) await checkpoints.write(key, null);
  }
}

function tableOf(exposed: readonly Exposed[]): string {
  if (exposed.length === 0) return "";
  const rows = exposed.map(({ partition, from, to }) =>
    [partition, from, to - 1n, to - from].map(String),
  );
  return columns([["PARTITION", "FROM OFFSET", "TO OFFSET", "RECORDS"], ...rows]);
}

function jsonOf(told: {
  readonly loss: string | null;
  readonly isAccepted: boolean;
  readonly exposed: readonly Exposed[];
}): string {
  const spelled = (_key: string, one: unknown) => (typeof one === "bigint" ? String(one) : one);
  return `${JSON.stringify(told, spelled, 2)}\n`;
}

function summaryOf(loss: string | null, isAccepted: boolean): string {
  if (loss === null) return "The journal goes on where its checkpoint ends: nothing is lost.\n";
  const which = "The requests at these offsets may have been called, and may be called again.";
  if (isAccepted) {
    return `lost: ${loss}\n${which}\nAccepted: the present journal is the whole one. A service that waits goes on by itself.\n`;
  }
  return `lost: ${loss}\n${which}\nNothing was changed; --yes accepts this.\n`;
}
