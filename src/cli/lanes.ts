import { hostname, userInfo } from "node:os";
import type { Config } from "../config/config.ts";
import { CommandFailed, exitCodeOf } from "./command-failed.ts";
import { type ControlSession, withControl } from "./control-session.ts";
import {
  type AskedOrder,
  checkOrder,
  configuredLimit,
  giveOrder,
  type GivenOrder,
  noLane,
} from "./give-order.ts";
import { describeOrder, lanesTable, type ListedLane } from "./lanes-table.ts";
import type { Terminal } from "./terminal.ts";

export interface LanesOptions extends Omit<AskedOrder, "action" | "who"> {
  readonly config: Config;
  readonly action: AskedOrder["action"] | "list";
  /** Null: the user of this system. */
  readonly by: string | null;
  readonly json: boolean;
}

/**
 * `lanes`: shows the lanes of a running group, or gives one of them an order. 1: the control topic is
 * away, or not every instance says that it obeys. 2: what is asked for makes no sense; no order was
 * given.
 */
export async function lanesCommand(options: LanesOptions, terminal: Terminal): Promise<number> {
  const { action } = options;
  return exitCodeOf(terminal, async () =>
    action === "list" ? list(options, terminal) : order({ ...options, action }, terminal),
  );
}

async function list(options: LanesOptions, terminal: Terminal): Promise<number> {
  const { config, lane, json } = options;
  refuseOrderOptions(options);
  return withControl(config, async (control) => {
    const now = Date.now();
    const silent = control.reports.silent(now);
    const lanes = chosen(lane, listed(config, control, now));
    if (json) terminal.stdout(`${JSON.stringify(jsonOf(lanes, silent, config, now), null, 2)}\n`);
    else terminal.stdout(lanesTable(lanes, now));
    if (silent > 0 && !json) {
      terminal.stderr(`Left out: ${count(silent, "instance")} not heard of for more than 60 s.\n`);
    }
    return Promise.resolve(0);
  });
}

/** Whoever gives an option of orders with `list` believes to have given an order. */
function refuseOrderOptions({ reason, forMs, callsPerSecond, by }: LanesOptions): void {
  const options = { "--reason": reason, "--for": forMs, "--calls-per-second": callsPerSecond };
  const given = Object.entries({ ...options, "--by": by }).filter(([, value]) => value !== null);
  if (given.length === 0) return;
  const names = given.map(([name]) => name).join(", ");
  throw new CommandFailed(`Not with list, but with an order (pause, resume, limit): ${names}.`, {
    exitCode: 2,
  });
}

/** The configured lanes, and others that somebody reports about. */
function listed(config: Config, control: ControlSession, now: number): readonly ListedLane[] {
  const reports = control.reports.live(now);
  const configured = config.providers.map(({ name }) => name);
  return [...new Set([...configured, ...reports.map(({ lane }) => lane)])].map((lane) => ({
    lane,
    orders: control.orders.inForce(lane, now),
    reports: reports.filter((report) => report.lane === lane),
  }));
}

/** The one that is asked for; null: all. */
function chosen(asked: string | null, lanes: readonly ListedLane[]): readonly ListedLane[] {
  const found = lanes.filter(({ lane }) => asked === null || lane === asked);
  if (found.length > 0) return found;
  throw noLane(
    String(asked),
    lanes.map(({ lane }) => lane),
  );
}

function jsonOf(
  lanes: readonly ListedLane[],
  silentInstances: number,
  config: Config,
  now: number,
): object {
  return {
    lanes: lanes.map(({ lane, orders, reports }) => ({
      lane,
      configuredCallsPerSecond: configuredLimit(config, lane),
      orders,
      instances: reports.map((report) => ({ ...report, ageMs: Math.max(0, now - report.at) })),
    })),
    silentInstances,
  };
}

async function order(
  options: LanesOptions & { readonly action: AskedOrder["action"] },
  terminal: Terminal,
): Promise<number> {
  const { config, json } = options;
  const checked = checkOrder({ ...options, who: options.by ?? whoIsHere() }, config);
  const given = await withControl(config, async (control) => giveOrder(checked, control));
  if (json) terminal.stdout(`${JSON.stringify(givenJson(checked.lane, given), null, 2)}\n`);
  terminal.stderr(givenText(checked.lane, given));
  return given.others.length === 0 ? 0 : 1;
}

function givenJson(lane: string, { orders, obeying, others }: GivenOrder): object {
  const instances = (reports: GivenOrder["others"]) => reports.map(({ instance }) => instance);
  return { lane, orders, obeying: instances(obeying), notYet: instances(others) };
}

function givenText(lane: string, { orders: [first], obeying, others }: GivenOrder): string {
  const ordered = first === undefined ? "" : `${lane}: ${describeOrder(first)}. `;
  const all = obeying.length + others.length;
  if (all === 0) {
    return `${ordered}No instance reports at present; whichever starts obeys from its start.\n`;
  }
  const obey = all === 1 ? "says that it obeys" : "say that they obey";
  const obeyed = `${ordered}${obeying.length} of ${count(all, "instance")} ${obey}.\n`;
  const missing = others.map(({ instance, at }) => {
    return `No word yet from ${instance}, which reported last at ${new Date(at).toISOString()}.\n`;
  });
  return [obeyed, ...missing].join("");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A container may run as a user without a name. */
function whoIsHere(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `somebody@${hostname()}`;
  }
}
