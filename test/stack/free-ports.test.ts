import { createServer, type Server } from "node:net";

import { describe, expect, it } from "vitest";

import { freePorts, isPortTaken, withFreePorts } from "../../dev/stack/free-ports.ts";

async function listenOn(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

describe("freePorts", () => {
  it("returns different ports, each free to listen on", async () => {
    const ports = await freePorts(5);
    expect(new Set(ports).size).toBe(5);
    const servers = await Promise.all(ports.map(listenOn));
    for (const server of servers) server.close();
    expect(servers).toHaveLength(5);
  });
});

describe("withFreePorts", () => {
  const taken = new Error("kafka did not start: … java.net.BindException: Address already in use");

  it("tries once more with other ports when one was taken in between", async () => {
    const tried: (readonly number[])[] = [];
    const ports = await withFreePorts(2, async (offered) => {
      tried.push(offered);
      if (tried.length === 1) throw taken;
      return offered;
    });
    expect(tried).toHaveLength(2);
    expect(ports).toBe(tried[1]);
    expect(ports).toHaveLength(2);
  });

  it("gives up after the second time", async () => {
    let tries = 0;
    const start = withFreePorts(1, async () => {
      tries++;
      throw taken;
    });
    await expect(start).rejects.toBe(taken);
    expect(tries).toBe(2);
  });

  it("does not repeat a start that failed for another reason", async () => {
    let tries = 0;
    const start = withFreePorts(1, async () => {
      tries++;
      throw new Error("Unrecognized VM option");
    });
    await expect(start).rejects.toThrow("VM option");
    expect(tries).toBe(1);
  });
});

describe("isPortTaken", () => {
  it.each([
    "org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:9092: Address already in use.",
    "Port 8081 seems to be in use by another process. Quarkus may already be running",
    "Port(s) already bound: 8081",
  ])("understands %j", (message) => {
    expect(isPortTaken(new Error(message))).toBe(true);
  });
});
