import { describe, expect, it } from "vitest";
import { aConfig, configOf, onlyProblemOf, pathsOf, problemsOf, staticOf } from "./parsing.ts";

describe("a config that is not YAML", () => {
  it("is refused with line and column", () => {
    expect(onlyProblemOf("kafka:\n  brokers: [a:1\n")).toMatchObject({
      path: "line 3, column 1",
      expected: "valid YAML",
    });
  });

  it.each([
    ["password: *hunter2", "an alias"],
    ["password: !hunter2 x", "an unknown tag"],
    ["password: @hunter2", "cannot begin plain text"],
    ["password: hunter2: x", "on the line of its key"],
    ["password: 'hunter2' hunter2", "cannot be read here"],
    ['password: "hunter2\\q"', "escape"],
  ])("does not give away what stands in %s", (yaml, found) => {
    const problems = problemsOf(yaml);
    expect(problems[0]?.found).toContain(found);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  it("is one document", () => {
    expect(problemsOf(`${aConfig()}\n---\n{}`)[0]?.found).toContain("second document");
  });
});

describe("a repeated key", () => {
  it("is a problem with both lines, beside all other problems", () => {
    const yaml = "kafka:\n  groupId: a\n  clientId: b\n  groupId: c\nlimit: 1\n";
    expect(problemsOf(yaml)).toContainEqual({
      path: "kafka.groupId",
      found: "the key in line 2 and in line 4",
      expected: "each key once",
    });
    expect(pathsOf(yaml)).toContain("limit");
  });
});

describe("anchors and aliases", () => {
  it("share settings between providers", () => {
    const yaml = `
providers:
  - { name: a, kind: tencent-wedata, region: r, credentials: &c { type: static, id: i, secret: s } }
  - { name: b, kind: tencent-wedata, region: r, credentials: *c }
`;
    expect(configOf(yaml).providers.map((one) => staticOf(one).id.reveal())).toEqual(["i", "i"]);
  });

  it.each([
    ["contain themselves", "a: &a [*a]"],
    [
      "multiply",
      `a: &a [${"x,".repeat(20)}]\n${["b", "c", "d", "e"].map((key, i) => `${key}: &${key} [${`*${"abcd"[i] ?? ""},`.repeat(20)}]`).join("\n")}`,
    ],
  ])("are refused when they %s", (_how, yaml) => {
    expect(onlyProblemOf(yaml).found).toMatch(/more than \d+ values/);
  });
});
