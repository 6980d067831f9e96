import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { staticSource } from "../../src/credentials/credential-source.ts";
import type { ReadTurns } from "../../src/domain/provider.ts";
import { Secret } from "../../src/domain/secret.ts";
import { endOfAlibabaFailure } from "../../src/providers/alibaba-failure.ts";
import { AlibabaSdk } from "../../src/providers/alibaba-sdk.ts";
import { Asker } from "../../src/providers/ask.ts";
import { SocketWire } from "../../src/wire/socket-wire.ts";
import { neverAborted, openGate } from "../support/provider-config.ts";

/** What an adapter of Alibaba is made of, on a port of loopback. */
export interface AlibabaConnection {
  readonly asker: Asker;
  readonly sdk: AlibabaSdk;
  readonly close: () => void;
}

/** Real client, real sockets, the simulator's test key; a token makes the key a temporary one. */
export async function connectTo(
  port: number,
  token: string | null = null,
): Promise<AlibabaConnection> {
  const wire = new SocketWire({
    ...{ secure: false, ca: null, allowedAddresses: [] },
    ...{ connectTimeoutMs: 20_000, callTimeoutMs: 20_000 },
  });
  const credentials = staticSource({
    id: new Secret("test-id"),
    secret: new Secret("test-secret"),
    token: token === null ? null : new Secret(token),
  });
  const asker = new Asker({ wire, credentials, endOfFailure: endOfAlibabaFailure });
  const sdk = await AlibabaSdk.open({
    ...{ secure: false, authority: `127.0.0.1:${port}`, region: "ap-test", timeoutMs: 25_000 },
  });
  return { asker, sdk, close: () => wire.close() };
}

/** Turns that come at once. */
export const atOnce: ReadTurns = {
  take: async (_action, read) => read({ gate: openGate, signal: neverAborted }),
};

/** One request, its parameters out of the query and the form. */
export interface AskedAction {
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** An answer's JSON text, or an error of the gateway. */
export type Scripted = string | { readonly status: number; readonly code: string };

/** A cloud that checks nothing and answers as the script says. */
export interface ScriptedCloud {
  readonly port: number;
  readonly asked: readonly AskedAction[];
  /** What is answered from now on. */
  script: (asked: AskedAction) => Scripted;
  readonly close: () => Promise<void>;
}

/** Opens it on 127.0.0.1, over plain HTTP. */
export async function openScriptedCloud(): Promise<ScriptedCloud> {
  const asked: AskedAction[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const query = new URL(message.url ?? "", "http://cloud").searchParams;
      const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
      const one = {
        action: String(message.headers["x-acs-action"]),
        parameters: Object.fromEntries([...query, ...form]),
      };
      asked.push(one);
      const answer = cloud.script(one);
      const error = typeof answer === "string" ? null : answer;
      const body = error === null ? answer : JSON.stringify({ Code: error.code, Message: "words" });
      response.writeHead(error?.status ?? 200, { "content-type": "application/json" });
      response.end(body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server has no other kind
  const cloud: ScriptedCloud = {
    port,
    asked,
    script: () => "{}",
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return cloud;
}

/** Plain values as another process would read them back. */
export function writtenDown<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T; // the same shape, or the test fails
}
