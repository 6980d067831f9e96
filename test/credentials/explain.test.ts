import { describe, expect, it } from "vitest";
import { explain } from "../../src/credentials/explain.ts";

describe("what an error says", () => {
  it.each([
    ["connect refusedPOST https://sts.test/?Token=hunter2&a=b failed.", "https://sts.test/ failed"],
    ["GET http://user:hunter2@127.0.0.1:1/keys failed.", "http://127.0.0.1:1/keys failed"],
    [
      "invalid json response body at http://a/ reason: Unexpected token 'h', \"hunter2\" is not valid JSON",
      "an answer that is not JSON",
    ],
    ["Unterminated string in JSON at position 5", "an answer that is not JSON"],
    ["the secret is s3cr3t/+", "the secret is [redacted]"],
    ["as in a URL: s3cr3t%2F%2B", "as in a URL: [redacted]"],
  ])("has no secrets: %s", (message, expected) => {
    const said = explain(new Error(message), ["s3cr3t/+"]);
    expect(said).toContain(expected);
    expect(said).not.toContain("hunter2");
  });

  it("is never without end", () => {
    expect(explain(new Error("x".repeat(5000)), [])).toHaveLength(1501);
  });

  it("is told of errors that have no words", () => {
    const refused = Object.assign(new Error(""), { code: "ECONNREFUSED" });
    expect(explain(refused, [])).toBe("ECONNREFUSED");
    expect(explain(new AggregateError([refused, new Error("b")]), [])).toBe("ECONNREFUSED, b");
    expect(explain("thrown text", [])).toBe("no reason given");
  });
});
