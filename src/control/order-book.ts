import { type OrderMatter, parseControlKey } from "./control-key.ts";
import { type LaneOrder, type LimitOrder, parseOrder, type PauseOrder } from "./lane-order.ts";

/** The orders that a lane has to obey at an instant. */
export interface OrdersInForce {
  readonly pause: PauseOrder | null;
  readonly limit: LimitOrder | null;
}

/** What a record of the control topic was taken for. */
export type TakenRecord =
  | { readonly kind: "order"; readonly lane: string }
  /** Nothing changes by it: it cannot be read, or says nothing that this version knows. */
  | { readonly kind: "ignored"; readonly why: string }
  /** It is about something else than orders. */
  | { readonly kind: "other" };

/** The ids of the newest orders, those to resume included; null: none. */
export interface HeardOrders {
  readonly pause: string | null;
  readonly limit: string | null;
}

/** The newest order about each matter, in force or not. */
export type NewestOrders = Readonly<Record<OrderMatter, LaneOrder | null>>;

const NONE: NewestOrders = { pause: null, limit: null };

/**
 * The newest orders about every lane, as the control topic tells them record by record. What cannot
 * be read changes nothing.
 */
export class OrderBook {
  readonly #newest = new Map<string, NewestOrders>();

  /** Takes one record; a null value takes back what stood under the key. */
  take(key: string, value: Buffer | null): TakenRecord {
    const about = parseControlKey(key);
    if (about === null) return { kind: "ignored", why: "no such key is known" };
    if (about.kind === "report") return { kind: "other" };
    const parsed = value === null ? { order: null } : parseOrder(about.matter, value);
    if ("problem" in parsed) return { kind: "ignored", why: parsed.problem };
    this.#newest.set(about.lane, { ...this.newest(about.lane), [about.matter]: parsed.order });
    return { kind: "order", lane: about.lane };
  }

  /** What a lane has to obey at this instant, milliseconds since the epoch. */
  inForce(lane: string, epoch: number): OrdersInForce {
    const { pause, limit } = this.newest(lane);
    return {
      pause: pause?.order === "pause" && lasts(pause, epoch) ? pause : null,
      limit: limit?.order === "limit" && lasts(limit, epoch) ? limit : null,
    };
  }

  heard(lane: string): HeardOrders {
    const { pause, limit } = this.newest(lane);
    return { pause: pause?.id ?? null, limit: limit?.id ?? null };
  }

  newest(lane: string): NewestOrders {
    return this.#newest.get(lane) ?? NONE;
  }
}

function lasts({ until }: { readonly until: number | null }, epoch: number): boolean {
  return until === null || until > epoch;
}
