import { AgingSegment } from "./aging-segment.ts";
import { type Anchor, anchorOfLogged, isSameAnchor } from "./anchor.ts";
import type { CheckpointValues } from "./checkpoint-store.ts";
import { ClaimStates } from "./claim-states.ts";
import type { JournalLog, LogRange } from "./journal-log.ts";
import { PROTOCOL_VERSION } from "./journal-record.ts";
import { SealedSegment } from "./sealed-segment.ts";
import {
  decodeManifest,
  decodeState,
  guardSegmentKey,
  keysOf,
  type Manifest,
  manifestKey,
  segmentKey,
  stateKey,
} from "./summary-codec.ts";

/** The journal and its checkpoint do not fit together: calls that were made may not be known. */
export class LostHistory extends Error {
  override readonly name = "LostHistory";
}

/** What to do when history is lost, and what it may cost. */
const ADVICE =
  "Requests that were called may be called again if they are delivered again: bring the topics back, or see `topics --accept-lost-journal`, which shows what may be called again and begins anew with `--yes`";

/**
 * What the checkpoint tells of every partition of the journal: the states from which reading goes
 * on. Rejects with `LostHistory` when the journal does not go on where the checkpoint ends, and with
 * something else when it cannot be asked.
 */
export async function recover(
  values: CheckpointValues,
  log: Pick<JournalLog, "ranges" | "recordsAt">,
): Promise<readonly ClaimStates[]> {
  const ranges = await log.ranges();
  checkCount(values, ranges.length);
  const states = ranges.map((range, partition) => {
    const manifest = manifestOf(values, partition);
    return manifest === null
      ? fromTheBeginning(partition, range)
      : fromSummary(partition, range, manifest, values);
  });
  await checkAnchors(values, ranges, log);
  return states;
}

function manifestOf(values: CheckpointValues, partition: number): Manifest | null {
  const bytes = values.get(manifestKey(partition));
  return bytes === undefined ? null : decodeManifest(bytes);
}

/** A journal that was made anew may have grown past the border: another record stands before it. */
async function checkAnchors(
  values: CheckpointValues,
  ranges: readonly LogRange[],
  log: Pick<JournalLog, "recordsAt">,
): Promise<void> {
  const anchors = new Map<number, Anchor>();
  for (const [partition, { low }] of ranges.entries()) {
    const anchor = manifestOf(values, partition)?.anchor ?? null;
    // Retention may have taken it, and all before it.
    if (anchor !== null && anchor.offset >= low) anchors.set(partition, anchor);
  }
  if (anchors.size === 0) return;
  const offsets = [...anchors].map(([partition, { offset }]) => [partition, offset] as const);
  const found = await log.recordsAt(new Map(offsets));
  for (const [partition, anchor] of anchors) {
    const record = found.get(partition);
    if (record !== undefined && isSameAnchor(anchorOfLogged(record), anchor)) continue;
    throw new LostHistory(
      `journal partition ${partition} has another record at ${anchor.offset} than before: it is another journal than the checkpoint is about, or lost records. ${ADVICE}`,
    );
  }
}

/** A partition that is remembered and not there any more means another partition count. */
function checkCount(values: CheckpointValues, count: number): void {
  for (const [key, bytes] of values) {
    if (!key.endsWith("/manifest")) continue;
    const { partitions } = decodeManifest(bytes);
    if (partitions === count) continue;
    throw new LostHistory(
      `the journal has ${count} partitions and had ${partitions} before: claims of one connection would stand in two orders. Make a new journal topic with ${partitions} partitions. ${ADVICE}`,
    );
  }
}

function fromTheBeginning(partition: number, { low }: LogRange): ClaimStates {
  if (low > 0n) {
    throw new LostHistory(
      `journal partition ${partition} begins at ${low}, and no checkpoint tells what stood before. ${ADVICE}`,
    );
  }
  return new ClaimStates(partition);
}

function fromSummary(
  partition: number,
  { low, high }: LogRange,
  manifest: Manifest,
  values: CheckpointValues,
): ClaimStates {
  const { border, version } = manifest;
  if (version !== PROTOCOL_VERSION) {
    throw new LostHistory(
      `the checkpoint is of protocol version ${version}, this is version ${PROTOCOL_VERSION}: upgrade this instance`,
    );
  }
  if (border < low || border > high) {
    throw new LostHistory(
      `journal partition ${partition} has offsets ${low} to ${high}, and the checkpoint goes on at ${border}: records are missing. ${ADVICE}`,
    );
  }
  const missing = keysOf(partition, manifest).filter((key) => !values.has(key));
  if (missing.length > 0) {
    throw new LostHistory(`the checkpoint lacks ${missing.join(", ")}. ${ADVICE}`);
  }
  const valueOf = (key: string) => values.get(key) ?? Buffer.alloc(0); // none is missing
  const states = new ClaimStates(partition);
  if (manifest.stateParts === 0) {
    states.beginAt(border);
    return states;
  }
  const segments = manifest.segments.map((end) =>
    SealedSegment.fromBytes(valueOf(segmentKey(partition, end))),
  );
  const parts = Array.from({ length: manifest.stateParts }, (_, part) =>
    valueOf(stateKey(partition, border, part)),
  );
  const guardSegments = (manifest.guardSegments ?? []).map((name) =>
    AgingSegment.fromBytes(valueOf(guardSegmentKey(partition, name))),
  );
  states.restore(decodeState(parts), { segments, guardSegments });
  return states;
}
