import { describe, expect, it } from "vitest";
import { FairTags } from "../../src/lanes/fair-tags.ts";

const NORMAL = 1;

/** Lets somebody ask once, and have its turn. */
function serve(fair: FairTags, requester: string): void {
  const flow = fair.enter(requester, NORMAL);
  fair.reach(NORMAL, fair.next(flow, NORMAL));
  fair.leave(flow);
}

describe("fair tags", () => {
  it("forget requesters that ask no more, however many there ever were", () => {
    const fair = new FairTags();
    for (let at = 0; at < 100_000; at += 1) serve(fair, `once-${at}`);

    expect(fair.size).toBeLessThanOrEqual(1024);
  });

  it("forget nobody who has requests waiting", () => {
    const fair = new FairTags();
    const flow = fair.enter("patient", NORMAL);
    fair.reach(NORMAL, 1000);
    for (let at = 0; at < 5000; at += 1) serve(fair, `once-${at}`);

    expect(fair.enter("patient", NORMAL)).toBe(flow);
  });

  it("forget nobody who had more than its turns", () => {
    const fair = new FairTags();
    const flow = fair.enter("storm", NORMAL);
    flow.last[NORMAL] = 1_000_000;
    fair.leave(flow);
    for (let at = 0; at < 5000; at += 1) serve(fair, `once-${at}`);

    expect(fair.next(fair.enter("storm", NORMAL), NORMAL)).toBe(1_000_001);
  });
});
