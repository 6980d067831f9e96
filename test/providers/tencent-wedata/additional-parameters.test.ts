import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { additionalParametersOf } from "../../../src/providers/tencent-wedata/additional-parameters.ts";

const NAMED = new Set(["ProjectId", "ParallelNum"]);
const read = (text: string | null) => additionalParametersOf(text, NAMED);
const values = (text: string) => {
  const end = read(text);
  return end.kind === "parameters" ? end.values : end;
};

describe("additional parameters", () => {
  it("are none when none were given", () => {
    expect(read(null)).toStrictEqual({ kind: "parameters", values: {} });
  });

  it("are what they are", () => {
    const text =
      '{"OptType":"x","IsCount":true,"Count":10,"F":0.5,"N":null,"L":[{"K":"a"}],"O":{}}';

    expect(values(text)).toStrictEqual(JSON.parse(text));
  });

  it("are never those that have a name of their own", () => {
    expect(values('{"ProjectId":"other","ParallelNum":9,"Count":1}')).toStrictEqual({ Count: 1 });
  });

  it("keep a named parameter's name inside of others", () => {
    const text = '{"RequestBaseInfo":{"ProjectId":"p"}}';

    expect(values(text)).toStrictEqual(JSON.parse(text));
  });

  it.each([
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["123456789012345678901234567890", 123456789012345678901234567890n],
    ["9007199254740991", 9007199254740991],
    ["-0", -0],
    ["1e3", 1000],
    ["0.1", 0.1],
    ["1.50", 1.5],
  ])("keep the number %s exact", (text, value) => {
    expect(values(`{"Count":${text},"Deep":[{"N":${text}}]}`)).toStrictEqual({
      Count: value,
      Deep: [{ N: value }],
    });
  });

  it.each(["0.1234567890123456789012", "1e400", "9007199254740993.5", "1e-400"])(
    "are unusable with %s, which cannot be sent exactly",
    (number) => {
      expect(read(`{"Count":${number}}`)).toStrictEqual({
        kind: "unusable",
        why: `${number} cannot be sent exactly: write it as text if the API takes that`,
      });
    },
  );

  it.each(['{"__proto__":{"a":1}}', '{"a":[{"__proto__":1}]}'])(
    "are unusable with a key that the SDK would lose: %s",
    (text) => {
      expect(read(text)).toStrictEqual({
        kind: "unusable",
        why: "a parameter cannot be called __proto__",
      });
    },
  );

  it.each(["[]", "1", '"text"', "null", "", "{", '{"a":1,"a":2}', '{"a":1}x', "9007199254740993"])(
    "are unusable when they are no JSON object: %s",
    (text) => {
      expect(read(text)).toMatchObject({ kind: "unusable" });
    },
  );

  it("never throw, and keep every JSON object that doubles can hold", () => {
    const json = fc.dictionary(
      fc.string().filter((key) => key !== "__proto__" && !NAMED.has(key)),
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer())),
    );
    fc.assert(
      fc.property(json, (object) => {
        expect(values(JSON.stringify(object))).toEqual({ ...object });
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(["parameters", "unusable"]).toContain(read(text).kind);
      }),
    );
  });
});
