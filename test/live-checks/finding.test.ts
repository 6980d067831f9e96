import { describe, expect, it } from "vitest";
import { exitCodeFor, finding, findingTable } from "../../dev/live-checks/finding.ts";
import { redact } from "../../dev/live-checks/redact.ts";

describe("redact", () => {
  it.each([
    ["acs:ram::1234567890123456:user/somebody is not allowed", "<resource> is not allowed"],
    ["uin/100000000001 has no permission", "uin/<number> has no permission"],
    ["key LTAI5tTESTTESTTEST is wrong", "key <key> is wrong"],
    ["run 001e2f39-a71d-4588-9a9a-9f244d32c96c ended", "run <id> ended"],
    ["runs went from 1 to 2, HTTP 400, 2025-08-06", "runs went from 1 to 2, HTTP 400, 2025-08-06"],
  ])("%s", (text, told) => {
    expect(redact(text)).toBe(told);
  });
});

describe("findings", () => {
  const good = finding("a check", "this", "confirmed", "that");

  it("are a table with a line for each", () => {
    expect(findingTable([good])).toBe(
      "CHECK    ASSUMED  SEEN  VERDICT\na check  this     that  confirmed\n",
    );
  });

  it("are a success when nothing differs, however little was seen", () => {
    expect(exitCodeFor([good, finding("b", "this", "not seen", "nothing")])).toBe(0);
  });

  it("are none when one thing differs", () => {
    expect(exitCodeFor([finding("b", "this", "differs", "that"), good])).toBe(1);
  });
});
