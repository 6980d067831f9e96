import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogConfig } from "../../src/config/config.ts";
import { Secret } from "../../src/domain/secret.ts";
import { createLog } from "../../src/observability/log.ts";

function aLog(settings: Partial<LogConfig> = {}, redact: readonly Secret[] = []) {
  const written: string[] = [];
  const destination = { write: (text: string) => void written.push(text) };
  const log = createLog({ level: "info", format: "json", ...settings }, { destination, redact });
  const text = () => written.join("");
  const lines = () =>
    text()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, text };
}

describe("a log line", () => {
  it("is one JSON object: time, level, event, fields", () => {
    const { log, lines } = aLog();
    log.info("claim.granted", { claimId: "c1", requests: 2 });
    expect(lines()).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
        level: "info",
        event: "claim.granted",
        claimId: "c1",
        requests: 2,
      },
    ]);
  });

  it.each(["trace", "debug", "info", "warn", "error", "fatal"] as const)(
    "has level %s",
    (level) => {
      const { log, lines } = aLog({ level: "trace" });
      log[level]("a.b");
      expect(lines()).toMatchObject([{ level, event: "a.b" }]);
    },
  );

  it("is not written below the configured level", () => {
    const { log, lines } = aLog({ level: "warn" });
    log.info("a.b");
    log.warn("c.d");
    expect(lines()).toMatchObject([{ event: "c.d" }]);
  });

  it("has the fields of its log's parents, its own first, each once", () => {
    const { log, text, lines } = aLog();
    log.child({ a: 1, b: 1 }).child({ b: 2, c: 2 }).info("x", { c: 3 });
    expect(lines()).toMatchObject([{ a: 1, b: 2, c: 3 }]);
    expect(text().match(/"b":/g)).toHaveLength(1);
  });

  it("tells an error with its code and causes", () => {
    const { log, lines } = aLog();
    const root = Object.assign(new Error("socket hung up"), { code: "ECONNRESET" });
    const error = new TypeError("call failed", { cause: new Error("wire", { cause: root }) });
    log.error("call.failed", { error });
    expect(lines()).toMatchObject([
      {
        error: {
          type: "TypeError",
          message: "call failed",
          stack: expect.stringContaining("log.test.ts") as unknown,
          cause: { message: "wire", cause: { message: "socket hung up", code: "ECONNRESET" } },
        },
      },
    ]);
  });

  it("tells the errors within an AggregateError", () => {
    const { log, lines } = aLog();
    log.error("x", { error: new AggregateError([new Error("one"), new Error("two")], "both") });
    expect(lines()).toMatchObject([
      { error: { message: "both", errors: [{ message: "one" }, { message: "two" }] } },
    ]);
  });

  it("spells what JSON cannot", () => {
    const { log, lines } = aLog();
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    log.info("x", {
      offset: 2n ** 53n + 1n,
      bytes: Buffer.from("abc"),
      map: new Map([["k", 1n]]),
      set: new Set([1]),
      when: new Date(0),
      nan: Number.NaN,
      missing: undefined,
      call: () => 1,
      circular,
      broken: {
        get value() {
          throw new Error("no");
        },
      },
    });
    expect(lines()).toEqual([
      expect.objectContaining({
        offset: "9007199254740993",
        bytes: "[3 bytes]",
        map: { k: "1" },
        set: [1],
        when: "1970-01-01T00:00:00.000Z",
        nan: "NaN",
        call: "[function]",
        circular: { self: "[circular]" },
        broken: "[unreadable]",
      }),
    ]);
  });

  it("can be written for any value, and stays one line", () => {
    const { log, lines } = aLog({}, [new Secret('"'), new Secret("{"), new Secret("1")]);
    let count = 0;
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (value) => {
        log.info("x", { value });
        count += 1;
      }),
    );
    expect(lines()).toHaveLength(count);
  });
});

describe("a secret", () => {
  it("is redacted as a value", () => {
    const { log, text } = aLog();
    log.info("x", { credentials: { id: new Secret("hunter2"), list: [new Secret("hunter2")] } });
    expect(text()).not.toContain("hunter2");
    expect(text()).toContain("[redacted]");
  });

  it.each(["json", "pretty"] as const)(
    "that is registered is redacted everywhere (%s)",
    (format) => {
      const secret = new Secret('hun"ter/2');
      const { log, text } = aLog({ format }, [secret]);
      const value = secret.reveal();
      const error = new Error(`bad: ${value}`, { cause: new Error(value) });
      log.child({ [`key ${value}`]: 1 }).error(`event ${value}`, {
        error,
        text: `a${value}b`,
        url: `http://x?key=${encodeURIComponent(value)}`,
        list: [{ deep: value }],
      });
      expect(text()).not.toMatch(/hun.{0,4}ter/);
      expect(text()).toContain("a[redacted]b");
    },
  );

  it("of digits is redacted in numbers too", () => {
    const { log, lines } = aLog({}, [new Secret("12345678")]);
    log.info("x", { number: 12345678, big: 912345678n });
    expect(lines()).toMatchObject([{ number: "[redacted]", big: "9[redacted]" }]);
  });

  it("that contains another is redacted as a whole", () => {
    const { log, lines } = aLog({}, [new Secret("abc"), new Secret("abcdef")]);
    log.info("x", { a: "abcdef abc" });
    expect(lines()).toMatchObject([{ a: "[redacted] [redacted]" }]);
  });

  it("that is empty redacts nothing", () => {
    const { log, lines } = aLog({}, [new Secret("")]);
    log.info("x", { a: "abc" });
    expect(lines()).toMatchObject([{ event: "x", a: "abc" }]);
  });
});

describe("a pretty log", () => {
  it("is for people: the level, the event, the fields", () => {
    const { log, text } = aLog({ format: "pretty" });
    log.warn("lane.held", { provider: "wedata" });
    expect(text()).toContain('WARN: lane.held\n    provider: "wedata"');
  });
});
