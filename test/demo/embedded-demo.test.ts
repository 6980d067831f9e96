import { expect, it } from "vitest";

import { runDemo } from "../../dev/demo/demo.ts";
import { WARNING } from "../../dev/demo/embedded-stage.ts";

it("tells the demo's story without Kafka, says that it does, and every proof holds", async () => {
  let told = "";
  let shown = "";
  const exitCode = await runDemo({
    ...{ keep: false, embedded: true, signal: new AbortController().signal },
    terminal: {
      stdout: (text) => void (shown += text),
      stderr: (text) => void (told += text),
      isTTY: false,
    },
  });
  expect(told).toContain(WARNING);
  expect(shown).toContain("247 requests, 247 with a final outcome, 0 without");
  expect(shown).toContain("250 targets, 250 calls of targets, at most 1 of one");
  expect(exitCode).toBe(0);
}, 120_000);
