import { describe, expect, it } from "vitest";

import { externalParts } from "../../dev/stack/external-parts.ts";
import { startStack } from "../../dev/stack/stack.ts";

const env = {
  RERUN_STACK_BROKERS: "a:9092, b:9092",
  RERUN_STACK_REGISTRY_URL: "http://r:8081/apis/ccompat/v7",
};

describe("a broker and a registry given by the environment", () => {
  it("are used as they are, without starting anything", async () => {
    const stack = await startStack({ env });
    expect(stack).toMatchObject({
      brokers: ["a:9092", "b:9092"],
      registryUrl: "http://r:8081/apis/ccompat/v7",
    });
    expect(stack.folder).toBeUndefined();
    await expect(stack.stop()).resolves.toBeUndefined();
  });

  it("cannot be stopped, killed, frozen, thawed or started", async () => {
    const { kafka, registry } = await startStack({ env });
    await expect(kafka.stop()).rejects.toThrow("RERUN_STACK_BROKERS gave this kafka");
    await expect(kafka.kill()).rejects.toThrow("RERUN_STACK_BROKERS");
    await expect(registry.start()).rejects.toThrow("RERUN_STACK_REGISTRY_URL gave this registry");
    expect(() => registry.freeze()).toThrow("RERUN_STACK_REGISTRY_URL");
    expect(() => registry.thaw()).toThrow("RERUN_STACK_REGISTRY_URL");
  });

  it("leave a part that was not asked for alone", async () => {
    const stack = await startStack({ env, parts: ["registry"] });
    expect(stack.brokers).toEqual([]);
    await expect(stack.kafka.stop()).rejects.toThrow("started without kafka");
  });

  it("count as not given when empty", () => {
    const empty = { RERUN_STACK_BROKERS: " , ", RERUN_STACK_REGISTRY_URL: "" };
    expect(externalParts(["kafka", "registry"], empty)).toEqual({});
  });
});
