import { describe, expect, it } from "vitest";
import { AdaptiveLimit } from "../../src/lanes/adaptive-limit.ts";

function aLimit(configured = 20) {
  const clock = { now: 0 };
  return { limit: new AdaptiveLimit(configured, () => clock.now), clock };
}

/** An answer to a call whose first byte left at an instant. */
const toCall = (leftAt: number, retryAfterMs: number | null = null) => ({ retryAfterMs, leftAt });

describe("the limit of calls that follows the provider", () => {
  it("is halved by a throttled call, and once only for all that were under way with it", () => {
    const { limit, clock } = aLimit();
    for (const leftAt of [0, 100, 900]) {
      clock.now = leftAt;
      limit.throttled(toCall(leftAt));
    }
    expect(limit.perSecond).toBe(10);

    clock.now = 1000;
    limit.throttled(toCall(1000));
    expect(limit.perSecond).toBe(5);
  });

  it("is halved once for calls of one second, however late their answers come", () => {
    const { limit, clock } = aLimit();
    for (const leftAt of [0, 100, 400, 900]) {
      clock.now = 3000 + 5 * leftAt;
      limit.throttled(toCall(leftAt));
    }

    expect(limit.perSecond).toBe(10);
  });

  it("is half of what rules over all who share the account, once for each time that it falls", () => {
    const { limit, clock } = aLimit();
    clock.now = 7000;
    const ruling = { perSecond: 10, fellAt: 5000 };
    limit.throttled(toCall(5999), ruling);
    expect(limit.perSecond).toBe(20);

    limit.throttled(toCall(6000), ruling);
    expect(limit.perSecond).toBe(5);
  });

  it("is never less than one, and never more than configured", () => {
    const { limit, clock } = aLimit(3);
    for (let i = 0; i < 9; i++) {
      clock.now += 1000;
      limit.throttled(toCall(clock.now));
    }
    expect(limit.perSecond).toBe(1);

    clock.now += 3_600_000;
    expect(limit.perSecond).toBe(3);
    expect(limit.isLowered).toBe(false);
  });

  it("recovers by a tenth of what is configured every ten seconds", () => {
    const { limit, clock } = aLimit();
    limit.throttled(toCall(0));

    const seen = [9_999, 10_000, 20_000, 50_000].map((at) => {
      clock.now = at;
      return limit.perSecond;
    });
    expect(seen).toStrictEqual([10, 12, 14, 20]);
  });

  it("obeys the delay that the provider names, up to two minutes", () => {
    const { limit } = aLimit();
    limit.throttled(toCall(0, 8000));
    expect(limit.pausedUntil).toBe(8000);

    limit.throttled(toCall(0, 86_400_000));
    expect(limit.pausedUntil).toBe(120_000);
  });

  it("obeys an order beside it, whichever is lower", () => {
    const { limit } = aLimit();
    limit.order(12);
    expect(limit.perSecond).toBe(12);
    limit.throttled(toCall(0));
    expect(limit.perSecond).toBe(6);
    limit.order(2);
    expect(limit.perSecond).toBe(2);
    limit.order(null);
    expect(limit.perSecond).toBe(6);
  });

  it("lowers what else the account may do by the same share", () => {
    const { limit } = aLimit();
    limit.throttled(toCall(0));

    expect([limit.shareOf(50), limit.shareOf(1)]).toStrictEqual([25, 1]);
  });
});
