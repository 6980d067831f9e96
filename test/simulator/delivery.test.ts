import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { type Socket } from "node:net";

import { describe, expect, it } from "vitest";

import { jsonAnswer } from "../../dev/simulator/answer.ts";
import { deliver } from "../../dev/simulator/delivery.ts";
import { openEntrance } from "../../dev/simulator/entrance.ts";

const answer = jsonAnswer(200, '{"whole":true}');

describe("a cut body", () => {
  it.each([
    ["fin", true],
    ["stall", false],
  ] as const)(
    "announces all, sends half, and then (%s) ends the connection: %s",
    async (end, ends) => {
      const connections: Socket[] = [];
      const entrance = await openEntrance(0, (message, response, connection) => {
        connections.push(connection);
        const isFirst = message.url === "/first";
        deliver(response, connection, { kind: isFirst ? "cut" : "whole", answer, end });
      });
      const ask = async (path: string) => {
        const request = get({ host: "127.0.0.1", port: entrance.port, path, agent: false });
        const [response] = (await once(request, "response")) as [IncomingMessage];
        response.on("error", () => undefined);
        const [half] = (await once(response, "data")) as [Buffer];
        return { announced: response.headers["content-length"], sent: half.toString() };
      };

      const first = await ask("/first");
      // A whole round trip later, whatever was to follow the half has followed it.
      const second = await ask("/second");
      const hasEnded = connections[0]?.writableEnded;
      await entrance.close();

      expect(first).toStrictEqual({ announced: "14", sent: '{"whole' });
      expect(second.sent).toBe(answer.body);
      expect(hasEnded).toBe(ends);
    },
  );
});
