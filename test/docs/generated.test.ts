import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { MEANINGS } from "../../dev/generate/config-meanings.ts";
import { allowedAt, defaultOf, keysAt } from "../../dev/generate/config-probe.ts";
import { configurationDoc } from "../../dev/generate/configuration-doc.ts";
import { metricsDoc } from "../../dev/generate/metrics-doc.ts";
import { METRICS } from "../../src/observability/metrics-table.ts";

function committed(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
}

describe("docs/metrics.md", () => {
  it("is what `npm run generate` makes of the table", async () => {
    expect(await metricsDoc()).toBe(committed("metrics.md"));
  });

  it("tells every metric with its help", () => {
    const text = committed("metrics.md");
    for (const { name, help } of Object.values(METRICS)) {
      expect(text).toContain(`\`${name}\``);
      expect(text).toContain(help);
    }
  });
});

describe("docs/configuration.md", () => {
  it("is what `npm run generate` makes of the parser, the tables and the example", async () => {
    expect(await configurationDoc()).toBe(committed("configuration.md"));
  });

  it("tells every key", () => {
    const text = committed("configuration.md");
    for (const path of Object.keys(MEANINGS)) {
      expect(text).toContain(`| \`${path}\``);
    }
  });

  it("has what is allowed, and the defaults, from the parser itself", () => {
    expect(allowedAt("http.port")).toBe("a whole number from 0 to 65535");
    expect(defaultOf("http.port")).toBe(9464);
    expect(keysAt("intake")).toEqual(["maxWaiting"]);
  });

  it("cannot tell a key that the parser does not know", () => {
    expect(() => allowedAt("http.colour")).toThrow("http.colour is no key of the config");
  });
});
