import { expect, it } from "vitest";
import type { Fault } from "../../dev/simulator/fault.ts";
import { openTcpServer } from "../support/tcp-server.ts";
import type { Rig } from "./rig.ts";

const TROUBLES: readonly (readonly [string, Fault])[] = [
  ["a reset during the handshake", { kind: "handshake-reset" }],
  ["a close during the handshake", { kind: "handshake-close" }],
  ["a certificate that nobody known has signed", untrustedAs("untrusted")],
  ["a certificate whose time is over", untrustedAs("expired")],
];

/** TLS that cannot finish: nothing of the call has left. */
export function describeHandshakes(rig: Rig): void {
  const { admin, certificate, open, register, rerun, urlOf } = rig;

  it("is unavailable: a handshake that hangs", async () => {
    await admin().inject({ kind: "handshake-hang", count: 1 });
    const end = await rerun(await open(true, { connectTimeoutMs: 300 }));

    expect(end).toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/no connection to .* within 300 ms/) as string,
    });
    expect(await admin().arrivals()).toStrictEqual([]);
  });

  it.each(TROUBLES)("is unavailable: %s", async (_name, fault) => {
    await admin().inject({ ...fault, count: 1 });

    expect(await rerun(await open(true))).toMatchObject({ kind: "unavailable" });
    expect(await admin().arrivals()).toStrictEqual([]);
    expect(await admin().faults()).toMatchObject([{ hits: 1 }]);
  });

  it("is unavailable: an authority that is not configured", async () => {
    const end = await rerun(await open(true, { ca: null }));

    expect(end).toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/certificate/) as string,
    });
    expect(await admin().arrivals()).toStrictEqual([]);
  });

  it("is unavailable: a certificate of another host", async () => {
    let bytes = 0;
    const server = register(
      await openTcpServer((socket) => void socket.on("data", (data) => (bytes += data.length)), {
        certificate: certificate(),
        host: "127.0.0.2",
      }),
    );
    const endpoint = { protocol: "https", host: server.host, port: server.port } as const;
    const end = await rerun(await open(true, { ca: certificate().caPem, endpoint }));

    expect(end).toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/127\.0\.0\.2/) as string,
    });
    expect(bytes).toBe(0);
  });

  it("is unavailable: a port that speaks no TLS", async () => {
    const port = Number(new URL(urlOf(false)).port);

    expect(await rerun(await open(true, {}, port))).toMatchObject({ kind: "unavailable" });
    expect(await admin().arrivals()).toStrictEqual([]);
  });
}

function untrustedAs(certificate: "untrusted" | "expired"): Fault {
  return { kind: "handshake-certificate", certificate };
}
