import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import { Secret } from "../../src/domain/secret.ts";
import { createKafka } from "../../src/kafka/client.ts";
import { aKafkaConfig } from "./a-kafka-config.ts";
import { aLog } from "./a-log.ts";

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server that keeps the first bytes it is sent, and then hangs up. */
async function aListener(): Promise<{ broker: string; firstBytes: Promise<Buffer> }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  const firstBytes = once(server, "connection").then(async ([socket]: unknown[]) => {
    const peer = socket as Socket;
    const [bytes] = (await once(peer, "data")) as [Buffer];
    peer.destroy();
    server.close();
    return bytes;
  });
  return { broker: `127.0.0.1:${(server.address() as AddressInfo).port}`, firstBytes };
}

describe("createKafka", () => {
  it("tells kafkajs' lines with their level and namespace", async () => {
    const log = aLog();
    await expect(createKafka(aKafkaConfig(), log, 0).admin().connect()).rejects.toThrow(
      "ECONNREFUSED",
    );

    expect(log.lines).toContainEqual({
      level: "error",
      event: "kafkajs.Connection",
      fields: expect.objectContaining({ broker: "127.0.0.1:1" }) as unknown,
    });
    expect(log.lines).not.toContainEqual(expect.objectContaining({ level: "debug" }));
  });

  it("speaks TLS when the config has it", async () => {
    const { broker, firstBytes } = await aListener();
    const ssl = { ca: null, cert: null, key: null };
    const connecting = createKafka(aKafkaConfig({ brokers: [broker], ssl }), aLog(), 0)
      .admin()
      .connect();

    await expect(connecting).rejects.toThrow();
    expect((await firstBytes).readUInt8(0)).toBe(0x16);
  });

  it("hands a password to the handshake, and never to the log", async () => {
    const { broker, firstBytes } = await aListener();
    const log = aLog();
    const sasl = {
      mechanism: "plain",
      username: "app",
      password: new Secret("hunter2-hunter2"),
    } as const;
    const connecting = createKafka(aKafkaConfig({ brokers: [broker], sasl }), log, 0)
      .admin()
      .connect();

    await expect(connecting).rejects.toThrow();
    await firstBytes;
    expect(JSON.stringify(log.lines)).not.toContain("hunter2");
  });
});
