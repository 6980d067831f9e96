import { describe, expect, it } from "vitest";

import { headerText, recordOf } from "../../src/kafka/record.ts";

function message(response: Buffer) {
  return {
    key: response.subarray(0, 1),
    value: response.subarray(1, 3),
    timestamp: "5",
    attributes: 0,
    offset: "9007199254740993",
    headers: { once: response.subarray(3, 4), twice: [response.subarray(4, 5), "text"] },
  };
}

describe("recordOf", () => {
  it("keeps nothing of the fetch response alive, nor sees it change", () => {
    const response = Buffer.from("kvvab");
    const record = recordOf("topic", 1, message(response));
    response.fill("x");

    expect(record).toEqual({
      topic: "topic",
      partition: 1,
      offset: 9007199254740993n,
      timestamp: "5",
      key: Buffer.from("k"),
      value: Buffer.from("vv"),
      headers: { once: Buffer.from("a"), twice: [Buffer.from("b"), "text"] },
    });
  });

  it("keeps a missing key and a tombstone missing", () => {
    const record = recordOf("topic", 0, {
      ...message(Buffer.from("kvvab")),
      key: null,
      value: null,
    });
    expect([record.key, record.value]).toEqual([null, null]);
  });
});

describe("headerText", () => {
  const record = recordOf("topic", 0, message(Buffer.from("kvvab")));

  it("is the last of a repeated header", () => {
    expect(headerText(record, "twice")).toBe("text");
    expect(headerText(record, "once")).toBe("a");
  });

  it("is null for a header that is not there, and for one without a value", () => {
    const bare = { ...record, headers: { empty: null as never } };
    expect([headerText(record, "other"), headerText(bare, "empty")]).toEqual([null, null]);
  });
});
