import { formatDuration } from "../config/duration.ts";
import type { LaneOrder } from "../control/lane-order.ts";
import type { OrdersInForce } from "../control/order-book.ts";
import type { InstanceReport } from "../control/report-book.ts";
import { columns } from "./columns.ts";

/** A lane as `lanes list` shows it. */
export interface ListedLane {
  readonly lane: string;
  readonly orders: OrdersInForce;
  readonly reports: readonly InstanceReport[];
}

/** The lanes as two tables: what is ordered, if anything, and what each instance reports. */
export function lanesTable(lanes: readonly ListedLane[], epoch: number): string {
  const orders = lanes.flatMap(({ lane, orders: { pause, limit } }) =>
    [pause, limit].filter((order) => order !== null).map((order) => orderRow(lane, order)),
  );
  const reports = lanes.flatMap((lane) => reportRows(lane, epoch));
  const ordered = orders.length === 0 ? "" : `${columns([ORDER_HEADING, ...orders])}\n`;
  return ordered + columns([REPORT_HEADING, ...reports]);
}

/** An order in words: `limit 5/s until …`. */
export function describeOrder(order: LaneOrder): string {
  return `${shortOf(order)} ${untilOf(order)}`.trimEnd();
}

const ORDER_HEADING = ["LANE", "ORDER", "UNTIL", "BY", "SINCE", "REASON"];
const REPORT_HEADING = [
  ...["LANE", "INSTANCE", "AGE", "WAITING", "IN FLIGHT", "RATE", "LIMIT", "BREAKER", "HELD"],
];

function orderRow(lane: string, order: LaneOrder): readonly string[] {
  const { who, at, reason } = order;
  return [lane, shortOf(order), untilOf(order).replace("until ", ""), who, timeOf(at), reason];
}

function reportRows({ lane, reports }: ListedLane, epoch: number): readonly (readonly string[])[] {
  if (reports.length === 0) return [[lane, "none", "-", "-", "-", "-", "-", "-", "-"]];
  return reports.map((report) => [
    lane,
    report.instance.slice(0, 8),
    ageOf(report, epoch),
    waitingText(report),
    String(report.inFlight),
    `${report.callsPerSecond}/s`,
    report.limitedTo === null ? "-" : `${report.limitedTo}/s`,
    report.breaker,
    report.held.map(heldText).join("; ") || "-",
  ]);
}

/** A clock that is behind the instance's shows no age below none. */
function ageOf({ at }: InstanceReport, epoch: number): string {
  return formatDuration(1000 * Math.max(0, Math.round((epoch - at) / 1000)));
}

/** What waits in memory, and what waits beside it. */
function waitingText({ waiting, waitingOutsideOfMemory = 0 }: InstanceReport): string {
  return waitingOutsideOfMemory === 0
    ? String(waiting)
    : `${waiting} +${waitingOutsideOfMemory} outside`;
}

function heldText({ why, message, until }: InstanceReport["held"][number]): string {
  const end = until === null ? "" : ` until ${timeOf(until)}`;
  return `${why}${end} (${message})`;
}

function shortOf(order: LaneOrder): string {
  return order.order === "limit" ? `limit ${order.callsPerSecond}/s` : order.order;
}

function untilOf(order: LaneOrder): string {
  if (order.order === "resume") return "";
  return order.until === null ? "until resumed" : `until ${timeOf(order.until)}`;
}

function timeOf(epoch: number): string {
  const date = new Date(epoch);
  return Number.isNaN(date.getTime()) ? String(epoch) : `${date.toISOString().slice(0, 19)}Z`;
}
