import { describe, expect, it } from "vitest";

import { kafkaArtifact, registryArtifact } from "../../dev/stack/artifact.ts";

describe("registryArtifact", () => {
  it.each([
    [17, "2.6.13.Final:zip:all"],
    [20, "2.6.13.Final:zip:all"],
    [21, "3.3.3:tar.gz:all"],
    [25, "3.3.3:tar.gz:all"],
  ])("is one that runs on Java %i", (major, coordinates) => {
    expect(registryArtifact(major).mavenArguments("/f")).toContain(
      `-Dartifact=io.apicurio:apicurio-registry-app:${coordinates}`,
    );
  });
});

describe("kafkaArtifact", () => {
  it("names the broker's version in pom and cache entry", () => {
    expect(kafkaArtifact.id).toBe("kafka-4.4.0");
    expect(kafkaArtifact.pom).toContain(
      "<artifactId>kafka_2.13</artifactId><version>4.4.0</version>",
    );
  });
});
