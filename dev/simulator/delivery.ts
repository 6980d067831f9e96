import { type ServerResponse } from "node:http";
import { type Socket } from "node:net";

import { type Answer } from "./answer.ts";

/** How an answer leaves, or does not. */
export type Delivery =
  | { readonly kind: "whole"; readonly answer: Answer }
  | { readonly kind: "cut"; readonly answer: Answer; readonly end: "fin" | "stall" }
  | { readonly kind: "reset" | "close" | "hang" };

/** Sends the answer as the delivery says; `connection` is the TCP socket under the response. */
export function deliver(response: ServerResponse, connection: Socket, delivery: Delivery): void {
  switch (delivery.kind) {
    case "whole":
      writeHead(response, delivery.answer);
      response.end(delivery.answer.body);
      return;
    case "cut": {
      const body = Buffer.from(delivery.answer.body);
      writeHead(response, delivery.answer);
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
        if (delivery.end === "fin") {
          response.socket?.end();
        }
      });
      return;
    }
    case "reset":
      connection.resetAndDestroy();
      return;
    case "close":
      response.socket?.end();
      return;
    case "hang":
      return;
  }
}

function writeHead(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
}
