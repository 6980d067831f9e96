import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import { orderKey, type OrderMatter } from "../control/control-key.ts";
import { encodeOrder, type LaneOrder, LONGEST_ORDER_TEXT } from "../control/lane-order.ts";
import type { InstanceReport } from "../control/report-book.ts";
import { CommandFailed } from "./command-failed.ts";
import type { ControlSession } from "./control-session.ts";

/** What somebody asks for with `lanes pause`, `resume` or `limit`. */
export interface AskedOrder {
  readonly action: LaneOrder["order"];
  readonly lane: string | null;
  readonly reason: string | null;
  readonly who: string;
  /** Null: until another order. */
  readonly forMs: number | null;
  readonly callsPerSecond: number | null;
}

/** An order that can be given: everything that it needs is there and fits. */
export type CheckedOrder = AskedOrder & { readonly lane: string; readonly reason: string };

/** An order that was given, and who obeys it. */
export interface GivenOrder {
  readonly orders: readonly LaneOrder[];
  readonly obeying: readonly InstanceReport[];
  readonly others: readonly InstanceReport[];
}

/** A shorter order would be over before the instances have looked at it. */
const SHORTEST_ORDER_MS = 1000;
const OBEYED_WITHIN_MS = 5000;
const LOOK_EVERY_MS = 100;

/** The order, if it can be given by the config; throws a `CommandFailed` with what is wrong with it. */
export function checkOrder(asked: AskedOrder, config: Config): CheckedOrder {
  const { action, lane, reason, who, forMs, callsPerSecond } = asked;
  const names = config.providers.map(({ name }) => name);
  if (lane === null) throw misused(`Name the lane to ${action}: one of ${names.join(", ")}.`);
  const most = configuredLimit(config, lane);
  if (most === null) throw noLane(lane, names);
  if (reason === null || reason.trim() === "") {
    throw misused("Say why, with --reason: whoever finds the lane like that wants to know.");
  }
  if (who.trim() === "")
    throw misused("--by names who gives the order: give a name, or leave it out.");
  requireShort("--reason", reason);
  requireShort("--by", who);
  if (action === "resume" && forMs !== null) throw misused("--for goes with pause and limit.");
  if (forMs !== null && forMs < SHORTEST_ORDER_MS) {
    throw misused("--for is at least 1s. To end an order, give resume.");
  }
  if ((action === "limit") !== (callsPerSecond !== null)) {
    throw misused("--calls-per-second goes with limit, and limit with it.");
  }
  if (callsPerSecond !== null && callsPerSecond > most) {
    throw misused(`${lane} is configured for ${most} calls a second: an order cannot raise that.`);
  }
  return { ...asked, lane, reason };
}

/**
 * Gives the order, and waits a while for the reports of all instances that live to show that it is
 * obeyed.
 */
export async function giveOrder(
  { action, lane, who, reason, forMs, callsPerSecond }: CheckedOrder,
  control: ControlSession,
): Promise<GivenOrder> {
  const at = Date.now();
  const until = forMs === null ? null : at + forMs;
  const common = () => ({ id: randomUUID(), who, reason, at });
  const orders = new Map<OrderMatter, LaneOrder>();
  if (action === "pause") orders.set("pause", { order: "pause", until, ...common() });
  else if (action === "resume") {
    orders.set("pause", { order: "resume", ...common() });
    const isLimited = control.orders.newest(lane).limit?.order === "limit";
    if (isLimited) orders.set("limit", { order: "resume", ...common() });
  } else if (callsPerSecond !== null) {
    orders.set("limit", { order: "limit", callsPerSecond, until, ...common() });
  }
  for (const [matter, order] of orders) {
    await control.write(orderKey(lane, matter), encodeOrder(order));
  }
  const obeys = ({ heard }: InstanceReport) =>
    [...orders].every(([matter, { id }]) => heard[matter] === id);
  const ofLane = () => control.reports.live(Date.now()).filter((report) => report.lane === lane);
  const giveUpAt = performance.now() + OBEYED_WITHIN_MS;
  while (!ofLane().every(obeys) && performance.now() < giveUpAt) await sleep(LOOK_EVERY_MS);
  const reports = ofLane();
  return {
    orders: [...orders.values()],
    obeying: reports.filter(obeys),
    others: reports.filter((report) => !obeys(report)),
  };
}

/** The most calls in a second by the config; null: there is no such lane. */
export function configuredLimit({ providers }: Config, lane: string): number | null {
  const own = providers.find(({ name }) => name === lane);
  const limits = own?.rateLimit.shareWith ?? lane;
  const rateLimit = providers.find(({ name }) => name === limits)?.rateLimit;
  if (own === undefined || rateLimit === undefined) return null;
  return Math.min(rateLimit.callsPerSecond, rateLimit.totalPerSecond ?? Infinity);
}

/** What to throw when somebody names a lane that is not one of these. */
export function noLane(lane: string, lanes: readonly string[]): CommandFailed {
  return misused(`There is no lane ${lane}, only ${lanes.join(", ")}.`);
}

function requireShort(option: string, text: string): void {
  if (text.length <= LONGEST_ORDER_TEXT) return;
  throw misused(`${option} has ${text.length} characters, and ${LONGEST_ORDER_TEXT} are the most.`);
}

function misused(message: string): CommandFailed {
  return new CommandFailed(message, { exitCode: 2 });
}
