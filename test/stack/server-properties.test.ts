import { describe, expect, it } from "vitest";

import { serverProperties } from "../../dev/stack/server-properties.ts";

const settings = { brokerPort: 1111, controllerPort: 2222, dataFolder: "/d", overrides: {} };

describe("serverProperties", () => {
  it("listens and advertises on loopback only, on the ports given", () => {
    const lines = serverProperties(settings).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "listeners=PLAINTEXT://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222",
        "advertised.listeners=PLAINTEXT://127.0.0.1:1111",
        "controller.quorum.voters=1@127.0.0.1:2222",
        "log.dirs=/d",
      ]),
    );
  });

  it("never creates a topic that nobody asked for", () => {
    expect(serverProperties(settings)).toContain("\nauto.create.topics.enable=false\n");
  });

  it("lets an override win, and says each key once", () => {
    const overrides = { "message.max.bytes": "2000000", "min.insync.replicas": "2" };
    const text = serverProperties({ ...settings, overrides });
    expect(text).toContain("\nmessage.max.bytes=2000000\n");
    expect(text.match(/^min\.insync\.replicas=.*$/gm)).toEqual(["min.insync.replicas=2"]);
  });

  it("escapes what a properties file would read otherwise", () => {
    expect(serverProperties({ ...settings, dataFolder: "a\\b\nc" })).toContain(
      "log.dirs=a\\\\b\\nc\n",
    );
  });
});
