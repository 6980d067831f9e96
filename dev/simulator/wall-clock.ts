/** A moment as `yyyy-MM-dd HH:mm:ss` on the clocks of a zone, as both clouds print times. */
export function wallClock(epochMs: number, offsetHours: number): string {
  const shifted = new Date(epochMs + offsetHours * 3_600_000);
  return shifted.toISOString().slice(0, 19).replace("T", " ");
}

/** Hours east of UTC in Tencent's `TimeZone` ("UTC+8"), or nothing for another text. */
export function offsetHours(zone: string): number | undefined {
  const hours = /^UTC(?<sign>[+-])(?<hours>1[0-4]|\d)$/.exec(zone)?.groups;
  return hours === undefined ? undefined : Number(`${hours["sign"] ?? ""}${hours["hours"] ?? ""}`);
}

/** The day of a moment as `yyyy-MM-dd` on the clocks of a zone. */
export function wallDay(epochMs: number, offsetHours: number): string {
  return wallClock(epochMs, offsetHours).slice(0, 10);
}
