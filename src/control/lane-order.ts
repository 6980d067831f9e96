import { z } from "zod";
import type { OrderMatter } from "./control-key.ts";

/** So many characters may each of the texts of an order have; one has at least one. */
export const LONGEST_ORDER_TEXT = 1000;

const text = z.string().min(1).max(LONGEST_ORDER_TEXT);
const epoch = z.int().min(0).max(8.64e15);

const common = {
  /** Tells it apart from every other order: reports name what they obey. */
  id: z.string().min(1).max(64),
  who: text,
  reason: text,
  /** When it was given. */
  at: epoch,
};

/** When it ends by itself; null: when another order comes. */
const until = epoch.nullable();

const orderSchema = z.discriminatedUnion("order", [
  z.object({ order: z.literal("pause"), until, ...common }),
  z.object({ order: z.literal("limit"), callsPerSecond: z.int().min(1), until, ...common }),
  z.object({ order: z.literal("resume"), ...common }),
]);

/** What an operator ordered for one lane. Times are milliseconds since the epoch. */
export type LaneOrder = z.infer<typeof orderSchema>;
/** No calls. */
export type PauseOrder = Extract<LaneOrder, { order: "pause" }>;
/** No more calls in a second than so many. */
export type LimitOrder = Extract<LaneOrder, { order: "limit" }>;

/**
 * An order as it stands in the control topic. Throws for one that could not be read there: it would
 * take the place of the order in force, and whoever starts later would obey none.
 */
export function encodeOrder(order: LaneOrder): Buffer {
  return Buffer.from(JSON.stringify(orderSchema.parse(order)));
}

/** The order that stands there, or in words why it is none about this matter. */
export function parseOrder(
  matter: OrderMatter,
  value: Buffer,
): { readonly order: LaneOrder } | { readonly problem: string } {
  const parsed = orderSchema.safeParse(jsonOf(value));
  if (!parsed.success) return { problem: z.prettifyError(parsed.error).replaceAll("\n", " ") };
  const { data } = parsed;
  if (data.order === "resume" || data.order === matter) return { order: data };
  return { problem: `an order to ${data.order} stands where one about ${matter} belongs` };
}

/** Undefined for what is no JSON, which no schema takes. */
export function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}
