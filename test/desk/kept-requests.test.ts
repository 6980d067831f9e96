import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isSameSource,
  type Keeper,
  KeptRequests,
  sourcesOf,
  takeLosers,
} from "../../src/desk/kept-requests.ts";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import { digestOf, keyOf } from "../../src/journal/digest.ts";
import { aDataWorksRerun, aReceived, aSource } from "../support/a-received-request.ts";

/** A record that asks for the rerun of one instance under the id `r`. */
function asking(offset: number, partition = 0, instance = "1", requestId = "r"): ReceivedRequest {
  const operation = aDataWorksRerun({ instanceIds: [instance] });
  return aReceived({ offset, partition }, { requestId, operation });
}

function keyOfReceived({ request: { provider, requestId } }: ReceivedRequest): string {
  return keyOf(provider, requestId);
}

/** Keeps a record: as the first of its id, or behind the first. */
function keep(kept: KeptRequests, received: ReceivedRequest): void {
  const known = kept.get(keyOfReceived(received));
  if (known === undefined) {
    kept.add(keyOfReceived(received), digestOf(received.request), received.source);
  } else {
    kept.join(known, received);
  }
}

function keptOf(...all: readonly ReceivedRequest[]): KeptRequests {
  const kept = new KeptRequests();
  for (const received of all) keep(kept, received);
  return kept;
}

const KEY = keyOfReceived(asking(1));
const placesOf = (kept: KeptRequests, key = KEY) => {
  const found = kept.get(key);
  return found === undefined
    ? null
    : sourcesOf(found).map(({ partition, offset }) => `${partition}/${offset}`);
};

describe("the records that are kept", () => {
  it("stand by provider and id, in the order in which they came", () => {
    const kept = keptOf(asking(1), asking(9, 0, "1", "other"), asking(2, 1), asking(3));

    expect(placesOf(kept)).toStrictEqual(["0/1", "1/2", "0/3"]);
    expect(placesOf(kept, keyOf("dataworks-sh", "other"))).toStrictEqual(["0/9"]);
    expect(kept.get(keyOf("dataworks-sh", "nobody"))).toBeUndefined();
    expect(kept.size).toBe(2);
  });

  it("wait for the journal until somebody is entrusted with them", () => {
    expect(keptOf(asking(1)).get(KEY)).toMatchObject({ keeper: "journal", isCounted: false });
  });

  it("are known as they were while they wait in a lane, and when another of their id comes", () => {
    const kept = keptOf(asking(1), asking(9, 1, "1", "other"));
    const before = { ...kept.get(KEY)! };
    kept.entrust(KEY, "lane");

    expect([kept.has(KEY), kept.has("nobody".padEnd(16)), kept.size]).toStrictEqual([
      ...[true, false, 2],
    ]);
    expect(kept.get(KEY)).toStrictEqual({ ...before, keeper: "lane" });
    kept.entrust(KEY, "lane");
    keep(kept, asking(2));
    kept.entrust(KEY, "lane");
    expect([placesOf(kept), kept.size]).toStrictEqual([["0/1", "0/2"], 2]);
  });

  it("stay counted as repeats while they wait in a lane", () => {
    const kept = keptOf(asking(1));
    kept.get(KEY)!.isCounted = true;
    kept.entrust(KEY, "lane");

    expect(kept.get(KEY)).toMatchObject({ keeper: "lane", isCounted: true });
  });

  it("can be forgotten while they wait in a lane", () => {
    const kept = keptOf(asking(1));
    kept.entrust(KEY, "lane");
    kept.delete(KEY);

    expect([kept.get(KEY), kept.size]).toStrictEqual([undefined, 0]);
  });

  it("can be forgotten by their id", () => {
    const kept = keptOf(asking(1), asking(2));
    kept.delete(KEY);

    expect([kept.get(KEY), kept.size]).toStrictEqual([undefined, 0]);
  });
});

describe("the place of a record that is gone", () => {
  it("is taken by the next of its id, which waits for the journal like a new one", () => {
    const kept = keptOf(asking(1), asking(2, 1), asking(3));
    kept.entrust(KEY, "lane");
    const successor = kept.succeed(KEY);

    expect(successor).toStrictEqual(asking(2, 1));
    expect(placesOf(kept)).toStrictEqual(["1/2", "0/3"]);
    expect(kept.get(KEY)).toMatchObject({ keeper: "journal" });
  });

  it("is taken with what the next one asks for, and with whether that was counted as a repeat", () => {
    const kept = keptOf(asking(1, 0, "1"), asking(2, 0, "2"), asking(3, 0, "2"));
    kept.succeed(KEY);
    expect(kept.get(KEY)).toMatchObject({
      ...{ digest: digestOf(asking(2, 0, "2").request), isCounted: false },
    });
    kept.succeed(KEY);
    expect(kept.get(KEY)).toMatchObject({ isCounted: true });
  });

  it("is nobody's when there is no other", () => {
    const kept = keptOf(asking(1));

    expect([kept.succeed(KEY), kept.succeed(KEY), kept.size]).toStrictEqual([null, null, 0]);
  });
});

describe("a partition that is lost", () => {
  it("takes with it what only waits for the journal, and what waits behind others", () => {
    const kept = keptOf(asking(1), asking(2, 1), asking(3), asking(4, 0, "1", "alone"));

    expect(kept.forget(0)).toStrictEqual([KEY]);
    expect(kept.get(keyOf("dataworks-sh", "alone"))).toBeUndefined();
    kept.succeed(KEY);
    expect(placesOf(kept)).toStrictEqual(["1/2"]);
  });

  it.each<Keeper>(["lane", "desk"])("leaves what is with the %s, and names it", (keeper) => {
    const kept = keptOf(asking(1), asking(2), asking(3, 1), asking(4, 0, "1", "other"));
    kept.entrust(KEY, keeper);

    expect(kept.forget(0)).toStrictEqual([]);
    expect(placesOf(kept)).toStrictEqual(["0/1", "1/3"]);
    expect(kept.goingOn(0)).toStrictEqual(new Set([1n]));
    expect(kept.goingOn(1)).toStrictEqual(new Set());
  });

  it("leaves nothing of itself but what somebody is entrusted with, whatever is kept", () => {
    const record = fc.record({
      partition: fc.nat(2),
      requestId: fc.constantFrom("a", "b", "c"),
      keeper: fc.constantFrom<Keeper>("lane", "desk", "journal"),
    });
    fc.assert(
      fc.property(fc.array(record), fc.nat(2), (records, lost) => {
        const kept = new KeptRequests();
        records.forEach(({ partition, requestId, keeper }, offset) => {
          const received = asking(offset, partition, "1", requestId);
          keep(kept, received);
          kept.entrust(keyOfReceived(received), keeper);
        });
        const keys = ["a", "b", "c"].map((id) => keyOf("dataworks-sh", id));
        const before = keys.flatMap((key) => placesOf(kept, key) ?? []);
        const entrusted = keys
          .map((key) => kept.get(key))
          .filter((one) => one !== undefined && one.keeper !== "journal")
          .map((one) => `${one!.first.partition}/${one!.first.offset}`);
        for (const key of kept.forget(lost)) kept.succeed(key);

        const left = keys.flatMap((key) => placesOf(kept, key) ?? []);
        const wanted = before.filter(
          (place) => !place.startsWith(`${lost}/`) || entrusted.includes(place),
        );
        expect(left.toSorted()).toStrictEqual(wanted.toSorted());
        const going = [...kept.goingOn(lost)].map((offset) => `${lost}/${offset}`);
        expect(going.toSorted()).toStrictEqual(
          entrusted.filter((place) => place.startsWith(`${lost}/`)).toSorted(),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe("records that ask for something else", () => {
  it("are taken out, and the others stay in their order", () => {
    const kept = keptOf(asking(1), asking(2, 0, "2"), asking(3), asking(4, 0, "3"));
    const losers = takeLosers(kept.get(KEY)!, digestOf(asking(1).request));

    expect(losers).toStrictEqual([asking(2, 0, "2"), asking(4, 0, "3")]);
    expect(placesOf(kept)).toStrictEqual(["0/1", "0/3"]);
  });
});

describe("two places", () => {
  it("are the same record by topic, partition and offset", () => {
    expect(isSameSource(aSource(1), aSource(1))).toBe(true);
    const others = [aSource(2), aSource(1, 1), { ...aSource(1), topic: "other" }];
    expect(others.map((other) => isSameSource(aSource(1), other))).toStrictEqual([
      ...[false, false, false],
    ]);
  });
});
