import { describe, expect, it, vi } from "vitest";
import type { Socket } from "node:net";
import type { Fault } from "../../dev/simulator/fault.ts";
import type { ProviderConfig } from "../../src/config/config.ts";
import { shutGate } from "../support/provider-config.ts";
import {
  openDoorBefore,
  openTcpServer,
  refusedPort,
  type TcpServer,
} from "../support/tcp-server.ts";
import type { Rig } from "./rig.ts";

/** Ends of a connection after which nobody can be sure, and whether the cloud did the work. */
const BROKEN_OFF: readonly (readonly [string, Fault, boolean])[] = [
  ["a reset before executing", { kind: "reset", executed: false }, false],
  ["a reset after executing", { kind: "reset", executed: true }, true],
  ["a close without an answer", { kind: "close", executed: false }, false],
  ["a close after executing", { kind: "close", executed: true }, true],
  ["a body that is cut off", { kind: "cut-body", end: "fin" }, true],
];

/** Faults that only a deadline ends. */
const SILENT: readonly (readonly [string, Fault, boolean])[] = [
  ["a hang before executing", { kind: "hang", executed: false }, false],
  ["a hang after executing", { kind: "hang", executed: true }, true],
  ["a body that never ends", { kind: "cut-body", end: "stall" }, true],
];

/** How far a call has come decides what its failure means, whatever the SDK says. */
export function describePhases(rig: Rig, secure: boolean): void {
  const { traits, admin, certificate, open, register, rerun, reruns, urlOf } = rig;
  const { cloud, targets, other } = traits;
  const tls = () => (secure ? { certificate: certificate() } : {});
  const trusting = () => (secure ? { ca: certificate().caPem } : {});

  it("takes a call to the provider, once, with all its targets, digit for digit", async () => {
    const end = await rerun(await open(secure), { of: targets });

    expect(end).toMatchObject({ kind: "accepted", providerErrorCode: null });
    expect(end.kind === "accepted" ? end.targets : null).toStrictEqual(
      traits.startsJob
        ? []
        : targets.map((target) => ({ target, status: "SUCCEEDED", message: null })),
    );
    expect(await admin().arrivals()).toMatchObject([
      { cloud, accessKeyId: "test-id", executed: true, targets, ranTargets: targets },
    ]);
    expect((await admin().arrivals())[0]?.requestId).toBe(end.providerRequestId);
  });

  describe("when nothing can have been written", () => {
    it("is unavailable: a port where nobody listens", async () => {
      const end = await rerun(await open(secure, {}, await refusedPort()));

      expect(end).toMatchObject({ kind: "unavailable", providerErrorCode: null });
      expect(end).toMatchObject({ message: expect.stringMatching(/ECONNREFUSED/) as string });
    });

    it("is unavailable: a name that does not exist", async () => {
      const endpoint = { protocol: secure ? "https" : "http", host: "nowhere.invalid", port: 1 };
      const end = await rerun(await open(secure, { endpoint } as Partial<ProviderConfig>));

      expect(end).toMatchObject({ kind: "unavailable" });
    });

    it("is unavailable: a gate that does not open before the abort", async () => {
      const { gate, asked } = shutGate();
      const abort = new AbortController();
      const call = rerun(await open(secure), { signal: abort.signal, gate });
      await asked;
      abort.abort(new Error("the dispatcher is stopping"));

      await expect(call).resolves.toMatchObject({
        kind: "unavailable",
        message: "nothing was sent: the dispatcher is stopping",
      });
      await rerun(await open(secure), { of: [other] });
      expect(await reruns()).toMatchObject([{ targets: [other] }]);
    });

    it("is unavailable: a right to write that has ended when the gate opens", async () => {
      const gate = {
        pass: async () => () => {
          throw new Error("its time is over");
        },
      };
      const end = await rerun(await open(secure), { gate });

      expect(end).toMatchObject({
        kind: "unavailable",
        message: "nothing was sent: its time is over",
      });
      expect(await reruns()).toStrictEqual([]);
    });

    it("is unavailable: an abort before it began", async () => {
      const signal = AbortSignal.abort(new Error("stopped"));
      const end = await rerun(await open(secure), { signal });

      expect(end).toMatchObject({ kind: "unavailable", message: "nothing was sent: stopped" });
      expect(await reruns()).toStrictEqual([]);
    });

    it.each(["end", "destroy"] as const)(
      "is unavailable: a connection that is lost while it waits for the gate (%s)",
      async (how) => {
        const { gate, asked } = shutGate();
        const serve = (socket: Socket) => void asked.then(() => socket[how]());
        const server = register(await openTcpServer(serve, tls()));
        const end = await rerun(await open(secure, trusting(), server.port), { gate });

        expect(end).toMatchObject({
          kind: "unavailable",
          message: "nothing was sent: the connection was lost before its turn came",
        });
      },
    );
  });

  describe("when the call may have run", () => {
    it.each(BROKEN_OFF)("is uncertain: %s", async (_fault, fault, executed) => {
      await admin().inject(fault);

      expect(await rerun(await open(secure))).toMatchObject({ kind: "uncertain" });
      expect(await reruns()).toMatchObject([{ executed, answer: fault.kind }]);
    });

    it.each(SILENT)("is uncertain: %s", async (_fault, fault, executed) => {
      await admin().inject(fault);

      const end = await rerun(await open(secure, { callTimeoutMs: 400 }));

      expect(end).toMatchObject({
        kind: "uncertain",
        message: expect.stringContaining("no complete answer within 400 ms") as string,
      });
      expect(await reruns()).toMatchObject([{ executed, answer: fault.kind }]);
    });

    it("is uncertain: an abort during the call, which reaches the socket", async () => {
      let read: () => void = () => undefined;
      const hasRead = new Promise<void>((resolve) => (read = resolve));
      let gone: () => void = () => undefined;
      const isGone = new Promise<void>((resolve) => (gone = resolve));
      const serve = (socket: Socket) => void socket.once("data", read).once("close", gone);
      const server = register(await openTcpServer(serve, tls()));
      const abort = new AbortController();
      const connection = await open(secure, trusting(), server.port);
      const call = rerun(connection, { signal: abort.signal });
      await hasRead;
      abort.abort(new Error("the dispatcher is stopping"));

      await expect(call).resolves.toMatchObject({
        kind: "uncertain",
        message: "no answer: the dispatcher is stopping",
      });
      await isGone;
    });

    it.each([302, 307] as const)(
      "is uncertain: a redirect (%d), never followed",
      async (status) => {
        const elsewhere = register(await openTcpServer((socket) => void socket.destroy()));
        const location = `${secure ? "https" : "http"}://127.0.0.1:${elsewhere.port}/`;
        await admin().inject({ kind: "redirect", status, location });

        expect(await rerun(await open(secure))).toMatchObject({ kind: "uncertain" });
        expect(elsewhere.connections()).toBe(0);
        expect(await reruns()).toHaveLength(1);
      },
    );

    it("is uncertain: a redirect to itself, never followed", async () => {
      const location = `${urlOf(secure)}/`;
      await admin().inject({ kind: "redirect", status: 307, location, count: 1 });

      expect(await rerun(await open(secure))).toMatchObject({ kind: "uncertain" });
      expect(await reruns()).toMatchObject([{ executed: false }]);
    });
  });

  it("makes one connection and one request of each call, however it ends", async () => {
    const door: TcpServer = register(await openDoorBefore(Number(new URL(urlOf(secure)).port)));
    const connection = await open(secure, { callTimeoutMs: 500 }, door.port);
    const faults: readonly Fault[] = [
      { kind: "throttle" },
      { kind: "server-error", status: 503 },
      { kind: "html", status: 502 },
      { kind: "reset", executed: false },
      { kind: "close", executed: false },
      { kind: "hang", executed: false },
      { kind: "cut-body", end: "fin" },
    ];
    for (const fault of faults) {
      await admin().inject({ ...fault, count: 1 });
      await rerun(connection);
    }
    await rerun(connection);
    await rerun(connection);

    expect(door.connections()).toBe(faults.length + 2);
    expect((await reruns()).map(({ answer }) => answer)).toStrictEqual([
      ...faults.map((fault) => fault.kind),
      ...["success", "success"],
    ]);
  });

  it("lets calls that run side by side not get in each other's way", async () => {
    await admin().inject({ kind: "latency", minMs: 0, maxMs: 100 });
    await admin().inject({ kind: "reset", executed: true, filter: { target: other } });
    const connection = await open(secure);
    const calls = Array.from({ length: 20 }, async (_, index) =>
      rerun(connection, { of: [index % 2 === 0 ? targets[0] : other] }),
    );
    const kinds = (await Promise.all(calls)).map((end) => end.kind);

    expect(kinds).toStrictEqual(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "accepted" : "uncertain")),
    );
    expect(await reruns()).toHaveLength(20);
  });

  it("leaves no timer behind that would keep a stopped process alive", async () => {
    const answers = [
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{",
      "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 500\r\n\r\n<",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
      "",
    ];
    const serve = (socket: Socket) =>
      void socket.once("data", () => socket.end(answers[server.connections() % 4] ?? ""));
    const server = register(await openTcpServer(serve, tls()));
    const connection = await open(secure, trusting(), server.port);
    const timers = () =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const before = timers();
    for (let call = 0; call < 3 * answers.length; call++) await rerun(connection);
    const abort = new AbortController();
    const { gate, asked } = shutGate();
    const waiting = rerun(connection, { signal: abort.signal, gate });
    await asked;
    abort.abort();
    await waiting;
    await rerun(connection, { signal: AbortSignal.abort() });
    await new Promise((resolve) => setImmediate(resolve));

    // What others had under way before may have ended meanwhile.
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it("asks no proxy that the environment names", async () => {
    const proxy = register(await openTcpServer((socket) => void socket.destroy()));
    for (const name of ["http_proxy", "https_proxy", "all_proxy"]) {
      vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
      vi.stubEnv(name.toUpperCase(), `http://127.0.0.1:${proxy.port}`);
    }

    expect(await rerun(await open(secure))).toMatchObject({ kind: "accepted" });
    expect(proxy.connections()).toBe(0);
  });
}
