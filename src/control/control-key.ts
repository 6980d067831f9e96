/** What an order is about: whether the lane goes at all, or how fast it goes at the most. */
export type OrderMatter = "pause" | "limit";

/** What a key of the control topic stands for. */
export type ControlKey =
  | { readonly kind: "order"; readonly lane: string; readonly matter: OrderMatter }
  | { readonly kind: "report"; readonly lane: string; readonly instance: string };

/**
 * Where the newest order about a lane stands: under the connection's name, and for its limit beside
 * it, so that a pause does not make a limit forgotten.
 */
export function orderKey(lane: string, matter: OrderMatter): string {
  return matter === "pause" ? lane : `${lane}/limit`;
}

/** Where the newest report of one instance about a lane stands. */
export function reportKey(lane: string, instance: string): string {
  return `report/${lane}/${instance}`;
}

/** What such a key stands for; null: nothing that this version knows. */
export function parseControlKey(key: string): ControlKey | null {
  const parts = key.split("/");
  const [first = "", second = "", third = ""] = parts;
  if (parts.includes("")) return null;
  if (parts.length === 1) return { kind: "order", lane: first, matter: "pause" };
  if (parts.length === 2 && second === "limit") {
    return { kind: "order", lane: first, matter: "limit" };
  }
  const isReport = parts.length === 3 && first === "report";
  return isReport ? { kind: "report", lane: second, instance: third } : null;
}
