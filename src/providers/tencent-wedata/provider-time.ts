/**
 * Tencent refuses a request that is signed by a clock more than five minutes off its own: a call
 * that it took was made by a clock that is right within that.
 */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** The zone of the times of task instances, unless another one is asked for. */
const DEFAULT_ZONE = "+08:00";

/**
 * A time as WeData spells it, `2025-10-01 00:00:00` in UTC+8 or milliseconds since the epoch as
 * text, in milliseconds since the epoch; null when it is neither.
 */
export function epochMsOf(text: unknown, zone: string = DEFAULT_ZONE): number | null {
  if (typeof text !== "string") return null;
  if (/^\d{13}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d$/.test(text)) return null;
  const ms = Date.parse(`${text.replace(" ", "T")}${zone}`);
  return Number.isNaN(ms) ? null : ms;
}

/**
 * When the job of a call was created, by the provider's clock, in milliseconds since the epoch.
 *
 * The zone of `createdAt` is not documented: it is the one in which the job was created at about the
 * time of its call. Null when there is none.
 */
export function jobCreationMs(createdAt: string | null, calledAt: number): number | null {
  for (const zone of [DEFAULT_ZONE, "+00:00"]) {
    const ms = epochMsOf(createdAt, zone);
    if (ms !== null && Math.abs(ms - calledAt) <= CLOCK_TOLERANCE_MS) return ms;
  }
  return null;
}
