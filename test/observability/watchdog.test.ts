import { describe, expect, it } from "vitest";
import { Watchdog } from "../../src/observability/watchdog.ts";

/** A watchdog of one stage that looks every second, as the service's timer does. */
function aWatch() {
  let now = 0;
  const stage = { name: "lane wedata", runnable: true, steps: 0 };
  const watchdog = new Watchdog({ stallAfterMs: 60_000, now: () => now });
  watchdog.watch(() => [stage]);
  const passSeconds = (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      now += 1000;
      watchdog.live();
    }
  };
  watchdog.live();
  return { stage, watchdog, passSeconds, jump: (ms: number) => (now += ms) };
}

describe("the watchdog", () => {
  it("is content without stages", () => {
    expect(new Watchdog({ stallAfterMs: 1, now: () => 0 }).live()).toEqual({
      ok: true,
      reasons: [],
    });
  });

  it("fails when a stage could work for stallAfter and made no step, and says which", () => {
    const { watchdog, passSeconds } = aWatch();
    passSeconds(59);
    expect(watchdog.live().ok).toBe(true);
    passSeconds(1);
    expect(watchdog.live()).toEqual({
      ok: false,
      reasons: ["lane wedata has had work for 60 s and made no step"],
    });
  });

  it("is content as long as there are steps", () => {
    const { stage, watchdog, passSeconds } = aWatch();
    for (let minute = 0; minute < 10; minute += 1) {
      passSeconds(50);
      stage.steps += 1;
    }
    expect(watchdog.live().ok).toBe(true);
  });

  it("is content when there is nothing that could be done", () => {
    const { stage, watchdog, passSeconds } = aWatch();
    stage.runnable = false;
    passSeconds(600);
    expect(watchdog.live().ok).toBe(true);
  });

  it("begins anew when the stage could not work in between", () => {
    const { stage, watchdog, passSeconds } = aWatch();
    passSeconds(50);
    stage.runnable = false;
    passSeconds(1);
    stage.runnable = true;
    passSeconds(50);
    expect(watchdog.live().ok).toBe(true);
    passSeconds(20);
    expect(watchdog.live().ok).toBe(false);
  });

  it("is content again after a step", () => {
    const { stage, watchdog, passSeconds } = aWatch();
    passSeconds(90);
    expect(watchdog.live().ok).toBe(false);
    stage.steps += 1;
    expect(watchdog.live().ok).toBe(true);
  });

  it("does not blame a stage for a stopped machine", () => {
    const { watchdog, passSeconds, jump } = aWatch();
    passSeconds(10);
    jump(3_600_000);
    expect(watchdog.live().ok).toBe(true);
    passSeconds(60);
    expect(watchdog.live().ok).toBe(false);
  });

  it("names every stalled stage and no other", () => {
    const { watchdog, passSeconds } = aWatch();
    let steps = 0;
    watchdog.watch(() => [
      { name: "intake", runnable: true, steps: 7 },
      { name: "publisher", runnable: true, steps: steps++ },
    ]);
    passSeconds(61);
    expect(watchdog.live().reasons.map((reason) => reason.split(" has ")[0])).toEqual([
      "lane wedata",
      "intake",
    ]);
  });

  it("watches stages from when they are first named, and forgets those that are named no more", () => {
    const { watchdog, passSeconds } = aWatch();
    const late = { name: "journal queue", runnable: true, steps: 0 };
    let isThere = false;
    watchdog.watch(() => (isThere ? [late] : []));
    const stalled = () => watchdog.live().reasons.filter((one) => one.startsWith("journal queue"));
    passSeconds(50);
    isThere = true;
    passSeconds(59);
    expect(stalled()).toEqual([]);
    passSeconds(2);
    expect(stalled()).toHaveLength(1);

    isThere = false;
    passSeconds(10);
    isThere = true;
    expect(stalled()).toEqual([]);
  });
});
