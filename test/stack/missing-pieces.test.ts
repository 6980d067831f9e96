import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { kafkaArtifact } from "../../dev/stack/artifact.ts";
import { type JavaSearch } from "../../dev/stack/java.ts";
import { startStack } from "../../dev/stack/stack.ts";
import { findTools } from "../../dev/stack/toolbox.ts";

const noJava = async (): Promise<JavaSearch> => ({
  kind: "none",
  tooOld: [{ command: "java", major: 11 }],
});
const java17 = async (): Promise<JavaSearch> => ({
  kind: "found",
  java: { command: "java", major: 17 },
});

describe("a machine without the tools", () => {
  let cache: string;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "empty-cache-"));
  });
  afterEach(async () => rm(cache, { recursive: true }));

  it("is told everything that is missing at once", async () => {
    const finding = findTools(["kafka", "registry"], { XDG_CACHE_HOME: cache }, noJava);
    await expect(finding).rejects.toThrow(/Java 17 or later \(found only Java 11[^]*Maven \(mvn/);
  });

  it.each([
    ["Debian's packages", "apt-get install openjdk-17-jdk-headless maven"],
    ["Homebrew's packages", "brew install openjdk maven"],
    ["Docker", "docker compose up (compose.yaml)"],
    ["the broker of compose.yaml", "RERUN_STACK_BROKERS=localhost:9092"],
    [
      "the registry of compose.yaml",
      "RERUN_STACK_REGISTRY_URL=http://localhost:8081/apis/ccompat/v7",
    ],
    ["a broker that runs already", "set RERUN_STACK_BROKERS (host:port,host:port)"],
    ["a registry that runs already", "and RERUN_STACK_REGISTRY_URL (the URL"],
  ])("is offered %s", async (_, words) => {
    const finding = findTools(["kafka"], { XDG_CACHE_HOME: cache }, noJava);
    await expect(finding).rejects.toThrow(words);
  });

  it("is not told about Java when only Maven is missing", async () => {
    const finding = findTools(["kafka", "registry"], { XDG_CACHE_HOME: cache }, java17);
    await expect(finding).rejects.toThrow(
      /lacks:\n {2}- Maven [^\n]* Apache Kafka 4\.4\.0 and Apicurio Registry 2\.6\.13\.Final once\nAny/,
    );
  });

  it("needs no Maven for what is in the cache", async () => {
    await mkdir(join(cache, "rerun-dispatcher", kafkaArtifact.id), { recursive: true });
    const tools = await findTools(["kafka"], { XDG_CACHE_HOME: cache }, java17);
    expect(tools.maven).toBeUndefined();
  });

  it("gets that message from startStack too", async () => {
    await expect(startStack({ env: { XDG_CACHE_HOME: cache } })).rejects.toThrow("compose.yaml");
  });
});
