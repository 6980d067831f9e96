import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderKey, parseControlKey, reportKey } from "../../src/control/control-key.ts";
import { encodeOrder, parseOrder } from "../../src/control/lane-order.ts";
import { anOrder } from "./a-control.ts";

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("an order", () => {
  it.each([
    ["pause", anOrder("pause")],
    ["pause", anOrder("pause", { until: 1_800_000_000_000 })],
    ["pause", anOrder("resume")],
    ["limit", anOrder("limit", { callsPerSecond: 7 })],
    ["limit", anOrder("resume")],
  ] as const)("about %s is read back as it was given: %j", (matter, order) => {
    expect(parseOrder(matter, encodeOrder(order))).toStrictEqual({ order });
  });

  it("may have fields that this version does not know", () => {
    const order = { ...anOrder("pause"), ticket: "INC-1" };

    expect(parseOrder("pause", bytes(order))).toStrictEqual({ order: anOrder("pause") });
  });

  it.each([
    ["of an unknown kind", { ...anOrder("pause"), order: "drain" }, "order"],
    ["without a reason", { ...anOrder("pause"), reason: "" }, "reason"],
    ["without the one who gave it", { ...anOrder("pause"), who: undefined }, "who"],
    ["without an end or its absence", { ...anOrder("pause"), until: undefined }, "until"],
    ["for half a call", { ...anOrder("limit"), callsPerSecond: 0.5 }, "callsPerSecond"],
    ["for no call at all", { ...anOrder("limit"), callsPerSecond: 0 }, "callsPerSecond"],
    ["that is no object", 7, "expected object"],
  ])("%s is none", (_, value, named) => {
    const matter = typeof value === "object" && "callsPerSecond" in value ? "limit" : "pause";

    expect(parseOrder(matter, bytes(value))).toMatchObject({
      problem: expect.stringContaining(named) as string,
    });
  });

  it.each([
    ["without a reason", { reason: "" }],
    ["with too long a reason", { reason: "r".repeat(1001) }],
    ["without the one who gave it", { who: "" }],
    ["that ends at no instant", { until: Infinity }],
  ])("%s cannot be written, for it could not be read", (_, overrides) => {
    expect(() => encodeOrder(anOrder("pause", overrides))).toThrow(/reason|who|until/);
  });

  it("about another matter than its key says is none", () => {
    expect(parseOrder("pause", encodeOrder(anOrder("limit")))).toHaveProperty("problem");
    expect(parseOrder("limit", encodeOrder(anOrder("pause")))).toHaveProperty("problem");
  });

  it("is never thrown about, whatever stands there", () => {
    const anything = fc.uint8Array().map((array) => Buffer.from(array));
    fc.assert(
      fc.property(
        fc.oneof(
          anything,
          fc.json().map((json) => Buffer.from(json)),
        ),
        (value) => {
          expect(parseOrder("pause", value)).toHaveProperty("problem");
        },
      ),
    );
  });
});

describe("a key of the control topic", () => {
  it.each(["wedata", "report", "a.b_c-d", "limit"])("tells what it is about, for %s", (lane) => {
    expect(parseControlKey(orderKey(lane, "pause"))).toStrictEqual({
      ...{ kind: "order", lane, matter: "pause" },
    });
    expect(parseControlKey(orderKey(lane, "limit"))).toStrictEqual({
      ...{ kind: "order", lane, matter: "limit" },
    });
    expect(parseControlKey(reportKey(lane, "i-1"))).toStrictEqual({
      ...{ kind: "report", lane, instance: "i-1" },
    });
  });

  it.each(["", "wedata/", "/limit", "wedata/colour", "report/wedata/i/j", "other/wedata/i"])(
    "that nobody knows stands for nothing: %j",
    (key) => {
      expect(parseControlKey(key)).toBeNull();
    },
  );
});
