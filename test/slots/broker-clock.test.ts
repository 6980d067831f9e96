import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BrokerClock } from "../../src/slots/broker-clock.ts";

const OFFSET = 1_700_000_000_000;

describe("the brokers' clock as one process knows it", () => {
  it("is not known before the first answer", () => {
    const clock = new BrokerClock();

    expect([clock.at(100), clock.firstAt, clock.lastAt]).toStrictEqual([null, null, null]);
  });

  it("lies between what the way there and the way back leave open", () => {
    const clock = new BrokerClock();
    clock.note({ sentAt: 100, receivedAt: 104, stamp: OFFSET + 102 });

    expect(clock.at(104)).toStrictEqual({ lo: OFFSET + 102, hi: OFFSET + 107 });
  });

  it("is known better by several answers than by any of them", () => {
    const clock = new BrokerClock();
    clock.note({ sentAt: 100, receivedAt: 120, stamp: OFFSET + 100 });
    clock.note({ sentAt: 130, receivedAt: 150, stamp: OFFSET + 150 });
    const time = clock.at(150) ?? { lo: 0, hi: Infinity };

    expect(time.hi - time.lo).toBeLessThan(2);
  });

  it("is known worse the longer nobody answers", () => {
    const clock = new BrokerClock();
    clock.note({ sentAt: 0, receivedAt: 2, stamp: OFFSET + 1 });
    const time = clock.at(30_002) ?? { lo: 0, hi: Infinity };

    expect(time.hi - time.lo).toBeCloseTo(3 + 2 * 6, 3);
  });

  it.each([5000, -5000, 300, -12])("tells that it was set by %d ms", (stepMs) => {
    const clock = new BrokerClock();
    clock.note({ sentAt: 0, receivedAt: 2, stamp: OFFSET + 1 });

    expect(clock.note({ sentAt: 100, receivedAt: 102, stamp: OFFSET + 101 + stepMs })).toBe("step");
    expect(clock.at(102)?.lo).toBe(OFFSET + 101 + stepMs);
    expect(clock.firstAt).toBe(102);
  });

  it("is known as well as all answers of the last ten seconds together tell it", () => {
    const answer = fc.record({
      pauseMs: fc.double({ min: 0, max: 3000, noNaN: true }),
      thereMs: fc.double({ min: 0, max: 50, noNaN: true }),
      backMs: fc.double({ min: 0, max: 50, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 60 }), (answers) => {
        const clock = new BrokerClock();
        const noted: { readonly at: number; readonly lo: number; readonly hi: number }[] = [];
        let now = 0;
        for (const { pauseMs, thereMs, backMs } of answers) {
          const sentAt = now + pauseMs;
          now = sentAt + thereMs + backMs;
          const stamp = Math.floor(OFFSET + sentAt + thereMs);
          clock.note({ sentAt, receivedAt: now, stamp });
          noted.push({ at: now, lo: stamp - now, hi: stamp + 1 - sentAt });
          const counted = noted.filter(({ at }) => at >= now - 10_000);
          const drift = (at: number) => ((now - at) * 200) / 1_000_000;
          const lo = now + Math.max(...counted.map((one) => one.lo - drift(one.at)));
          const hi = now + Math.min(...counted.map((one) => one.hi + drift(one.at)));
          expect(clock.at(now)?.lo).toBeCloseTo(lo, 2);
          expect(clock.at(now)?.hi).toBeCloseTo(hi, 2);
        }
      }),
    );
  });

  it("always holds the true time, however long answers take and however the clocks drift", () => {
    const answer = fc.record({
      pauseMs: fc.double({ min: 0, max: 8000, noNaN: true }),
      thereMs: fc.double({ min: 0, max: 50, noNaN: true }),
      backMs: fc.double({ min: 0, max: 50, noNaN: true }),
    });
    const drift = fc.double({ min: -150 / 1_000_000, max: 150 / 1_000_000, noNaN: true });
    const check = () =>
      fc.assert(
        fc.property(fc.array(answer, { minLength: 1, maxLength: 40 }), drift, (answers, rate) => {
          const clock = new BrokerClock();
          const truth = (own: number) => OFFSET + own * (1 + rate);
          let now = 0;
          return answers.every(({ pauseMs, thereMs, backMs }) => {
            const sentAt = now + pauseMs;
            const receivedAt = sentAt + thereMs + backMs;
            const stamp = Math.floor(truth(sentAt + thereMs));
            const isFit = clock.note({ sentAt, receivedAt, stamp }) === "fits";
            now = receivedAt + pauseMs;
            const { lo, hi } = clock.at(now) ?? { lo: Infinity, hi: -Infinity };
            // Doubles of this size are exact to a quarter of a microsecond.
            return isFit && lo <= truth(now) + 0.01 && truth(now) <= hi + 0.01;
          });
        }),
      );
    expect(check).not.toThrow();
  });
});
