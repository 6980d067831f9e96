import { type Findings, showFound } from "./config-problem.ts";
import { type ConfigValue, isMissing, numberOf, type Place } from "./config-value.ts";
import { type NotBuiltYet, type OffValue } from "./not-built-yet.ts";

/** Adds a problem when a value asks for what is not built yet. */
export function refuseUnlessOff(row: NotBuiltYet, place: Place, findings: Findings): void {
  const { path, value } = place;
  if (value === undefined || isMissing(value)) return;
  if (row.off.some((off) => isOff(value, off))) return;
  const allowed = row.off.map(showOff).join(" or ");
  findings.add(path, showFound(path, value), `${allowed} (not built yet: ${row.because})`);
}

function isOff(value: ConfigValue, off: OffValue): boolean {
  if (value.kind === "list") return Array.isArray(off) && value.items.length === 0;
  if (value.kind === "map") {
    return (
      typeof off === "object" && off !== null && !Array.isArray(off) && value.entries.size === 0
    );
  }
  return value.value === off || (typeof off === "number" && numberOf(value) === off);
}

function showOff(off: OffValue): string {
  return typeof off === "string" ? off : JSON.stringify(off);
}
