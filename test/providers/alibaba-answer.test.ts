import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  booleanIn,
  fieldsOf,
  idIn,
  integerIn,
  objectIn,
  rowsIn,
  textIn,
} from "../../src/providers/alibaba-answer.ts";

const read = (text: string, status = 200) => fieldsOf({ status, text });
const fields = (text: string) => read(text) ?? {};

describe("an answer of Alibaba", () => {
  it.each(["", "{", "null", "[]", "5", '"text"', '{"a":1,"a":2}'])("tells nothing: %j", (text) => {
    expect(read(text)).toBeNull();
  });

  it.each([204, 302, 500])("tells nothing with HTTP %d", (status) => {
    expect(read("{}", status)).toBeNull();
  });

  it.each([
    ["9223372036854775807", "9223372036854775807"],
    ["9007199254740993", "9007199254740993"],
    ["-9007199254740993", "-9007199254740993"],
    ['"9223372036854775807"', "9223372036854775807"],
    ["1234", "1234"],
    ["0", "0"],
    ["1.5", null],
    ['"12 "', null],
    ["true", null],
    ["null", null],
  ])("tells the id %s digit for digit", (json, id) => {
    expect(idIn(fields(`{"Id":${json}}`), "Id")).toBe(id);
  });

  it("keeps every int64 exact", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (id) => {
        expect(idIn(fields(`{"Id":${id}}`), "Id")).toBe(String(id));
      }),
    );
  });

  it.each([
    ["1700000000000", 1_700_000_000_000],
    ['"1700000000000"', 1_700_000_000_000],
    ["9007199254740993", null],
    ["1.5", null],
    ['"soon"', null],
  ])("tells the time %s only when it is exact", (json, time) => {
    expect(integerIn(fields(`{"At":${json}}`), "At")).toBe(time);
  });

  it("tells of each field what it is, and null of one that is something else", () => {
    const told = fields('{"o":{"a":1},"l":[{"a":1},5,null],"t":" text\\n","b":false,"e":" "}');

    expect(objectIn(told, "o")).toStrictEqual({ a: 1 });
    expect(objectIn(told, "l")).toBeNull();
    expect(rowsIn(told, "l")).toStrictEqual([{ a: 1 }]);
    expect(rowsIn(told, "o")).toBeNull();
    expect(textIn(told, "t")).toBe("text");
    expect(textIn(told, "e")).toBeNull();
    expect(textIn(told, "b")).toBeNull();
    expect(booleanIn(told, "b")).toBe(false);
    expect(booleanIn(told, "t")).toBeNull();
  });

  it("does not find what every object has", () => {
    expect(objectIn(fields("{}"), "__proto__")).toBeNull();
    expect(objectIn(fields('{"__proto__":{"Success":{}}}'), "Success")).toBeNull();
  });
});
