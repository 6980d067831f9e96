import type http from "node:http";
import https from "node:https";
import tls from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Carried } from "../../src/domain/provider.ts";
import { SocketWire } from "../../src/wire/socket-wire.ts";
import { neverAborted, openGate } from "../support/provider-config.ts";
import { openProviderPort, type ProviderPort, type ServerTls } from "./a-provider-port.ts";
import { selfSigned, signedFor } from "./certificates.ts";

const opened: { close: () => Promise<void> | void }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});
const register = <T extends { close: () => Promise<void> | void }>(one: T): T => {
  opened.push(one);
  return one;
};

const FOREVER = new Date("2099-01-01");
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

const answeringPort = async (certificate: ServerTls): Promise<ProviderPort> =>
  register(
    await openProviderPort({ tls: certificate, onRequest: (socket) => void socket.end(OK) }),
  );

/** One request by an SDK that wants to be lax. */
async function getLaxly(port: number, ca: string): Promise<Carried<unknown>> {
  const limits = { connectTimeoutMs: 20_000, callTimeoutMs: 20_000 };
  const wire = register(new SocketWire({ secure: true, ca, allowedAddresses: [], ...limits }));
  return wire.carry(
    { gate: openGate, signal: neverAborted },
    async (agent) =>
      new Promise((resolve, reject) => {
        const lax = {
          rejectUnauthorized: false,
          minVersion: "TLSv1",
          checkServerIdentity: () => undefined,
        } as const;
        const took = (response: http.IncomingMessage) => resolve(response.resume().statusCode);
        https.get({ agent, host: "127.0.0.1", port, path: "/", ...lax }, took).on("error", reject);
      }),
  );
}

describe("the verification of the peer", () => {
  it("lets a right one pass", async () => {
    const right = await signedFor("127.0.0.1", FOREVER);
    const { port } = await answeringPort(right);

    expect(await getLaxly(port, right.ca)).toMatchObject({ kind: "returned", value: 200 });
  });

  it.each(["unset", "0"])(
    "cannot be switched off, by an SDK or NODE_TLS_REJECT_UNAUTHORIZED=%s",
    async (value) => {
      if (value !== "unset") vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", value);
      const right = await signedFor("127.0.0.1", FOREVER);
      const others = [
        await selfSigned(),
        { ...(await signedFor("127.0.0.3", FOREVER)), name: "another host's" },
      ];
      for (const other of others) {
        const server = await answeringPort(other);
        const ca = "name" in other ? other.ca : right.ca;

        expect(await getLaxly(server.port, ca)).toMatchObject({ kind: "failed", written: false });
        expect(server.bytes()).toBe(0);
      }
    },
  );

  it("takes nothing older than TLS 1.2, whatever Node's own default is", async () => {
    const right = await signedFor("127.0.0.1", FOREVER);
    const laxly = { ciphers: "DEFAULT@SECLEVEL=0", minVersion: "TLSv1" } as const;
    const server = await answeringPort({ ...right, ...laxly, maxVersion: "TLSv1.1" });
    // As --tls-min-v1.0 and --tls-cipher-list would.
    const defaults = { version: tls.DEFAULT_MIN_VERSION, ciphers: tls.DEFAULT_CIPHERS };
    tls.DEFAULT_MIN_VERSION = "TLSv1";
    tls.DEFAULT_CIPHERS = laxly.ciphers;
    const carried = await getLaxly(server.port, right.ca);
    tls.DEFAULT_MIN_VERSION = defaults.version;
    tls.DEFAULT_CIPHERS = defaults.ciphers;

    expect(carried).toMatchObject({ kind: "failed", written: false });
    expect(server.bytes()).toBe(0);
  });

  it("takes TLS 1.2", async () => {
    const right = await signedFor("127.0.0.1", FOREVER);
    const { port } = await answeringPort({ ...right, maxVersion: "TLSv1.2" });

    expect(await getLaxly(port, right.ca)).toMatchObject({ kind: "returned" });
  });
});
