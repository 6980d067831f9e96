import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type DeathPoint, ORDER_TO_LIVE, orderToDie } from "./death-points.ts";
import {
  type LeashedService,
  type LeashedServiceOptions,
  type ProcessEnd,
  startLeashedService,
} from "./leashed-service.ts";

/** A process that died by SIGKILL, ours or its own. */
export interface Death {
  readonly member: number;
  readonly point: DeathPoint | null;
}

export interface FleetOptions extends Omit<LeashedServiceOptions, "logFile"> {
  readonly size: number;
  readonly logFolder: string;
  readonly onDeath: (death: Death) => void;
  /** A process ended though nobody asked it to. */
  readonly onGivenUp: (member: number, end: ProcessEnd) => void;
}

interface Member {
  readonly index: number;
  lives: number;
  /** Of its present process, monotonic. */
  bornAt: number;
  service: LeashedService | null;
  isFrozen: boolean;
}

/** A little longer than a supervisor takes at the least. */
const RESTART_AFTER_MS = 300;
const STOP_WITHIN_MS = 20_000;

/** The service processes. Whoever dies is started again, until the fleet is stopped. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #members: readonly Member[];
  #isManned = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#members = Array.from({ length: options.size }, (_, index) => ({
      ...{ index, lives: 0, bornAt: 0, service: null, isFrozen: false },
    }));
  }

  get indices(): readonly number[] {
    return this.#members.map(({ index }) => index);
  }

  /** Those that have run for so long at least. */
  grown(ms: number): readonly number[] {
    const now = performance.now();
    const isGrown = ({ service, bornAt }: Member) =>
      service?.isRunning() === true && now - bornAt >= ms;
    return this.#members.filter(isGrown).map(({ index }) => index);
  }

  /** Starts every process. From now on whoever ends is started again. */
  start(): void {
    this.#isManned = true;
    for (const member of this.#members) this.#start(member);
  }

  /** SIGKILL; false when it is not running. */
  kill(index: number): boolean {
    const service = this.#members[index]?.service;
    if (service?.isRunning() !== true) return false;
    service.signal("SIGKILL");
    return true;
  }

  /** SIGSTOP, and SIGCONT after so many milliseconds. False when it is frozen or not running. */
  async freeze(index: number, ms: number): Promise<boolean> {
    const member = this.#members[index];
    const service = member?.service;
    if (member === undefined || service?.isRunning() !== true || member.isFrozen) return false;
    member.isFrozen = true;
    service.signal("SIGSTOP");
    await sleep(ms);
    service.signal("SIGCONT");
    member.isFrozen = false;
    return true;
  }

  /** Every process that now runs dies the `nth` time that it comes by the point. */
  arm(point: DeathPoint, nth: number, except: readonly number[] = []): void {
    for (const { index, service } of this.#members) {
      if (!except.includes(index)) service?.order(orderToDie(point, nth));
    }
  }

  /** Nobody who has not died yet dies of an order any more. */
  disarm(): void {
    for (const { service } of this.#members) service?.order(ORDER_TO_LIVE);
  }

  /** Stops every process, and starts none again. Resolves with how they ended. */
  async stop(how: "SIGTERM" | "SIGKILL"): Promise<readonly ProcessEnd[]> {
    this.#isManned = false;
    const running = this.#members.flatMap(({ service }) =>
      service?.isRunning() === true ? [service] : [],
    );
    for (const service of running) {
      service.signal("SIGCONT");
      service.signal(how);
    }
    const tooLong = setTimeout(() => {
      for (const service of running) service.signal("SIGKILL");
    }, STOP_WITHIN_MS);
    const ends = await Promise.all(running.map(async ({ ended }) => ended));
    clearTimeout(tooLong);
    return ends;
  }

  #start(member: Member): void {
    const { logFolder, ...options } = this.#options;
    member.lives += 1;
    const logFile = join(logFolder, `service-${member.index}-${member.lives}.log`);
    const service = startLeashedService({ ...options, logFile });
    member.service = service;
    member.bornAt = performance.now();
    void service.ended.then(async (end) => this.#mourn(member, end));
  }

  async #mourn(member: Member, end: ProcessEnd): Promise<void> {
    const { onDeath, onGivenUp } = this.#options;
    if (end.code === null) onDeath({ member: member.index, point: end.point });
    else if (this.#isManned) onGivenUp(member.index, end);
    await sleep(RESTART_AFTER_MS);
    if (this.#isManned && member.service?.isRunning() === false) this.#start(member);
  }
}
