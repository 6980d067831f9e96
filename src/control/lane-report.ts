import { z } from "zod";
import { jsonOf } from "./lane-order.ts";

const count = z.int().min(0);

// Words that other versions may have more of are texts: a report is only shown.
const reportSchema = z.object({
  at: z.int(),
  waiting: count,
  // Instances of older versions do not tell it.
  waitingOutsideOfMemory: count.optional(),
  inFlight: count,
  callsPerSecond: z.number(),
  limitedTo: z.number().nullable(),
  held: z.array(z.object({ why: z.string(), message: z.string(), until: z.int().nullable() })),
  breaker: z.string(),
  heard: z.object({ pause: z.string().nullable(), limit: z.string().nullable() }),
});

/**
 * What one instance says about one lane at `at`. `waiting` counts what waits in memory,
 * `waitingOutsideOfMemory` what it keeps as places in the topic only. `callsPerSecond` is in effect,
 * an order's `limitedTo` already counted; `heard` names the newest orders that it obeys. Times are
 * milliseconds since the epoch.
 */
export type LaneReport = z.infer<typeof reportSchema>;

/** A report as it stands in the control topic. */
export function encodeReport(report: LaneReport): Buffer {
  return Buffer.from(JSON.stringify(report));
}

/** The report that stands there; null when it cannot be read. */
export function parseReport(value: Buffer): LaneReport | null {
  return reportSchema.safeParse(jsonOf(value)).data ?? null;
}
