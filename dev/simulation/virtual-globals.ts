import type { Random } from "./random.ts";
import type { VirtualEvent, VirtualTime } from "./virtual-time.ts";

/** What a timer function gives back: all that anybody asks of Node's. */
class VirtualTimer {
  event: VirtualEvent | null = null;

  cancel(): void {
    if (this.event !== null) this.event.isCancelled = true;
    this.event = null;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

const LONGEST_MS = 2 ** 31 - 1;

/**
 * Does the work while timers, clocks and chance are those of virtual time, for whatever code runs in
 * it; outside of it everything is as always. They are put back at the end.
 */
export async function withVirtualGlobals<T>(
  time: VirtualTime,
  random: Random,
  work: () => Promise<T>,
): Promise<T> {
  const real = { ...pick(globalThis), random: Math.random };
  const { setTimeout, setInterval, setImmediate, Date: RealDate } = real;

  const start = (timer: VirtualTimer, delayMs: unknown, act: () => void, again: boolean): void => {
    const actor = time.current ?? time.world;
    const wanted = Math.trunc(Number(delayMs));
    const ms = wanted >= 1 && wanted <= LONGEST_MS ? wanted : 1;
    const fire = (): void => {
      timer.event = again ? time.after(ms, actor, fire, true) : null;
      act();
    };
    timer.event = time.after(ms, actor, fire, true);
  };
  const timerBy =
    (realOne: typeof setTimeout | typeof setInterval, again: boolean) =>
    (act: (...args: unknown[]) => void, delayMs?: number, ...args: unknown[]): unknown => {
      if (time.current === null) return realOne(act, delayMs, ...args);
      const timer = new VirtualTimer();
      start(timer, delayMs, () => act(...args), again);
      return timer;
    };
  const immediate = (act: (...args: unknown[]) => void, ...args: unknown[]): unknown => {
    if (time.current === null) return setImmediate(act, ...args);
    const timer = new VirtualTimer();
    timer.event = time.after(0, time.current, () => act(...args), true);
    return timer;
  };
  const clearBy =
    (realOne: (timer: never) => void) =>
    (timer: unknown): void => {
      if (timer instanceof VirtualTimer) timer.cancel();
      // Whatever it is, it came from the real function.
      else realOne(timer as never);
    };
  class VirtualDate extends RealDate {
    constructor(...args: readonly unknown[]) {
      // The overloads of Date's constructor are not told apart here.
      super(...((args.length === 0 ? [VirtualDate.now()] : args) as [number]));
    }

    static override now(): number {
      return time.current === null ? RealDate.now() : time.epoch(time.current);
    }
  }

  const realNow = performance.now.bind(performance);
  Object.assign(globalThis, {
    setTimeout: timerBy(setTimeout, false),
    setInterval: timerBy(setInterval, true),
    setImmediate: immediate,
    clearTimeout: clearBy(real.clearTimeout),
    clearInterval: clearBy(real.clearInterval),
    clearImmediate: clearBy(real.clearImmediate),
    Date: VirtualDate,
  });
  Math.random = () => (time.current === null ? real.random() : random.next());
  Object.defineProperty(performance, "now", {
    configurable: true,
    value: () => (time.current === null ? realNow() : time.monotonic(time.current)),
  });
  try {
    return await work();
  } finally {
    Object.assign(globalThis, pick(real));
    Math.random = real.random;
    Reflect.deleteProperty(performance, "now");
  }
}

function pick(
  from: Pick<
    typeof globalThis,
    | "setTimeout"
    | "setInterval"
    | "setImmediate"
    | "clearTimeout"
    | "clearInterval"
    | "clearImmediate"
    | "Date"
  >,
) {
  const { setTimeout, setInterval, setImmediate } = from;
  const { clearTimeout, clearInterval, clearImmediate, Date } = from;
  return {
    ...{ setTimeout, setInterval, setImmediate, Date },
    ...{ clearTimeout, clearInterval, clearImmediate },
  };
}
