import dns from "node:dns";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Certificate, makeCertificate } from "../../dev/simulator/certificate.ts";
import type { Gate } from "../../src/domain/provider.ts";
import { SendGate } from "../../src/lanes/send-gate.ts";
import { SocketWire } from "../../src/wire/socket-wire.ts";
import { neverAborted, openGate, shutGate } from "../support/provider-config.ts";
import { openTcpServer, refusedPort, type TcpServer } from "../support/tcp-server.ts";

let certificate: Certificate;
beforeAll(async () => {
  certificate = await makeCertificate();
});

const opened: { close: () => Promise<void> | void }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});
const register = <T extends { close: () => Promise<void> | void }>(one: T): T => {
  opened.push(one);
  return one;
};

const OK = "HTTP/1.1 200 OK\r\nx-mark: yes\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

/** A server that gives this answer to whatever is sent to it. */
async function answering(answer: string, secure = false): Promise<TcpServer> {
  const serve = (socket: Socket) => void socket.once("data", () => socket.end(answer));
  return register(await openTcpServer(serve, secure ? { certificate } : {}));
}

function aWire(
  secure = false,
  overrides: Partial<ConstructorParameters<typeof SocketWire>[0]> = {},
) {
  const ca = secure ? certificate.caPem : null;
  const limits = { allowedAddresses: [], connectTimeoutMs: 20_000, callTimeoutMs: 20_000 };
  return register(new SocketWire({ secure, ca, ...limits, ...overrides }));
}

/** The plainest SDK: one request, the answer's text. */
async function get(
  agent: http.Agent,
  port: number,
  secure = false,
  begin: (request: http.ClientRequest) => void = (request) => void request.end(),
): Promise<string> {
  return new Promise((resolve, reject) => {
    const { request } = secure ? https : http;
    const asked = request({ agent, port, host: "127.0.0.1", path: "/" }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve(text)).on("error", reject);
    });
    asked.on("error", reject);
    begin(asked);
  });
}

describe.each([
  ["HTTP", false],
  ["TLS", true],
])("the wire over %s", (_name, secure) => {
  it("carries a conversation and shows the head of its answer", async () => {
    const { port } = await answering(OK, secure);
    const carried = await aWire(secure).carry(
      { gate: openGate, signal: neverAborted },
      async (agent) => get(agent, port, secure),
    );

    expect(carried).toMatchObject({
      kind: "returned",
      value: "ok",
      answer: { status: 200, headers: { "x-mark": "yes" } },
    });
  });

  it("connects before it asks the gate, and writes only after", async () => {
    const events: string[] = [];
    const server = register(
      await openTcpServer(
        (socket) => {
          events.push("connected");
          socket.once("data", () => {
            events.push("written");
            socket.end(OK);
          });
        },
        secure ? { certificate } : {},
      ),
    );
    const gate: Gate = {
      pass: async () => {
        // The server may see the connection a little later than the client.
        while (events.length === 0) await turn();
        events.push("asked");
        for (let turns = 0; turns < 20; turns++) await turn();
        events.push("open");
        return () => void events.push("left");
      },
    };
    await aWire(secure).carry({ gate, signal: neverAborted }, async (agent) =>
      get(agent, server.port, secure),
    );

    expect(events).toStrictEqual(["connected", "asked", "open", "left", "written"]);
  });

  it("gives each conversation a connection of its own", async () => {
    const server = await answering(OK, secure);
    const wire = aWire(secure);
    for (let call = 0; call < 3; call++) {
      await wire.carry({ gate: openGate, signal: neverAborted }, async (agent) =>
        get(agent, server.port, secure),
      );
    }

    expect(server.connections()).toBe(3);
  });

  it("refuses a second connection in one conversation", async () => {
    const server = await answering(OK, secure);
    const carried = await aWire(secure).carry(
      { gate: openGate, signal: neverAborted },
      async (agent) => {
        await get(agent, server.port, secure);
        return get(agent, server.port, secure);
      },
    );

    expect(carried).toMatchObject({ kind: "failed", written: true });
    expect(carried).toMatchObject({
      error: { message: expect.stringContaining("a second connection was refused") as string },
    });
    expect(server.connections()).toBe(1);
  });

  it("shows the head of an answer that is cut off, and ends there although its SDK would wait", async () => {
    const head = "HTTP/1.1 503 Busy\r\nretry-after: 3\r\ncontent-length: 99\r\n\r\nhalf";
    const { port } = await answering(head, secure);
    const carried = await aWire(secure).carry(
      { gate: openGate, signal: neverAborted },
      async (agent) => {
        await get(agent, port, secure).catch(() => undefined);
        return new Promise<never>(() => undefined);
      },
    );

    expect(carried).toMatchObject({
      kind: "failed",
      written: true,
      answer: { status: 503, headers: { "retry-after": "3" } },
      error: { message: "the answer was cut off" },
    });
  });

  it("ends at the call's deadline although its SDK would wait for ever", async () => {
    const server = register(await openTcpServer(() => undefined, secure ? { certificate } : {}));
    const carried = await aWire(secure, { callTimeoutMs: 50 }).carry(
      { gate: openGate, signal: neverAborted },
      async (agent) => {
        await get(agent, server.port, secure).catch(() => undefined);
        return new Promise<never>(() => undefined);
      },
    );

    expect(carried).toMatchObject({
      kind: "failed",
      written: true,
      error: { message: "no complete answer within 50 ms" },
    });
  });

  it("does not let the wait for the gate count against any deadline", async () => {
    const { port } = await answering(OK, secure);
    const deadlines = { connectTimeoutMs: 1000, callTimeoutMs: 20_000 };
    const gate: Gate = {
      pass: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1200));
        return () => undefined;
      },
    };
    const carried = await aWire(secure, deadlines).carry(
      { gate, signal: neverAborted },
      async (agent) => get(agent, port, secure),
    );

    expect(carried).toMatchObject({ kind: "returned" });
  });
});

describe("the place that a conversation takes in the gate's window", () => {
  const aGate = () => {
    const left: number[] = [];
    const gate = new SendGate({
      limit: 1,
      now: () => performance.now(),
      onLeft: (at) => void left.push(at),
    });
    return { gate, left };
  };

  it("is stamped with the first write, once, however many follow", async () => {
    const { gate, left } = aGate();
    const { port } = await answering(OK);
    await aWire().carry({ gate, signal: neverAborted }, async (agent) =>
      get(agent, port, false, (request) => {
        request.write("one");
        setImmediate(() => request.end("two"));
      }),
    );

    expect(left).toHaveLength(1);
  });

  it("is stamped at the write and not when the socket is handed over", async () => {
    const events: string[] = [];
    const { port } = await answering(OK);
    const gate: Gate = { pass: async () => () => void events.push("left") };
    await aWire().carry({ gate, signal: neverAborted }, async (agent) =>
      get(agent, port, false, (request) => {
        request.once("socket", () => {
          setImmediate(() => {
            events.push("writes");
            request.end();
          });
        });
      }),
    );

    expect(events).toStrictEqual(["writes", "left"]);
  });

  it("is given back when the connection was lost in the turn in which the gate opened", async () => {
    let left = 0;
    const server = register(await openTcpServer((socket) => void socket.end()));
    const gate: Gate = {
      pass: async (signal) => {
        await once(signal, "abort");
        return () => void (left += 1);
      },
    };
    const carried = await aWire().carry({ gate, signal: neverAborted }, async (agent) =>
      get(agent, server.port),
    );

    expect(carried).toMatchObject({ kind: "failed", written: false });
    expect(left).toBe(1);
  });

  it("is given back by a conversation that dies without writing", async () => {
    const { gate, left } = aGate();
    const server = await answering(OK);
    const carried = await aWire().carry({ gate, signal: neverAborted }, async (agent) =>
      get(agent, server.port, false, (request) => {
        // An SDK that gives up between the gate and its first byte.
        request.once("socket", () => request.destroy(new Error("changed my mind")));
      }),
    );

    expect(carried).toMatchObject({ kind: "failed", error: { message: "changed my mind" } });
    for (let turns = 0; turns < 50 && left.length === 0; turns++) await turn();
    expect(left).toHaveLength(1);
  });

  it.each(Array.from({ length: 16 }, (_, microtasks) => microtasks))(
    "is given back by one that is aborted in the turn in which the gate opened (%d microtasks on)",
    async (microtasks) => {
      let left = 0;
      let received = 0;
      const abort = new AbortController();
      const abortIn = (turns: number): void => {
        if (turns === 0) abort.abort(new Error("stop"));
        else queueMicrotask(() => abortIn(turns - 1));
      };
      const gate: Gate = {
        pass: async () => {
          abortIn(microtasks);
          return Promise.resolve(() => void (left += 1));
        },
      };
      const server = register(
        await openTcpServer((socket) => void socket.on("data", () => (received += 1))),
      );
      const carried = await aWire().carry({ gate, signal: abort.signal }, async (agent) =>
        get(agent, server.port),
      );
      for (let turns = 0; turns < 50; turns++) await turn();

      expect(carried).toMatchObject({ kind: "failed", error: { message: "stop" } });
      expect(left).toBeGreaterThan(0);
      // What is said to be unwritten must not have come.
      expect([carried.kind === "failed" && carried.written, received > 0]).not.toStrictEqual([
        false,
        true,
      ]);
    },
  );
});

describe("a right to write that has ended when the first byte is due", () => {
  const tooLate = new Error("too late");
  const gate: Gate = {
    pass: async () =>
      Promise.resolve(() => {
        throw tooLate;
      }),
  };

  it("lets nothing out, now or later, however the SDK goes on", async () => {
    let received = 0;
    const server = register(
      await openTcpServer((socket) => void socket.on("data", () => (received += 1))),
    );
    const problems: unknown[] = [];
    const carried = await aWire().carry({ gate, signal: neverAborted }, async (agent) => {
      get(agent, server.port, false, (request) => {
        request.write("one");
        setImmediate(() => {
          request.write("two");
          request.end("three");
        });
      }).catch((error: unknown) => void problems.push(error));
      return new Promise<never>(() => undefined);
    });
    for (let turns = 0; turns < 50; turns++) await turn();

    expect(carried).toMatchObject({ kind: "failed", error: tooLate, written: false });
    expect([received, problems.length]).toStrictEqual([0, 1]);
  });

  it("is no surprise for anybody when the connection dies before it", async () => {
    const server = register(await openTcpServer((socket) => void socket.end()));
    const lost: Gate = {
      pass: async (signal) => {
        await once(signal, "abort");
        return gate.pass(signal);
      },
    };
    const carried = await aWire().carry({ gate: lost, signal: neverAborted }, async (agent) =>
      get(agent, server.port),
    );

    expect(carried).toMatchObject({
      ...{ kind: "failed", written: false },
      error: { message: "the connection was lost before its turn came" },
    });
  });

  it("is no surprise for anybody when its SDK gives up before it", async () => {
    const server = await answering(OK);
    const carried = await aWire().carry({ gate, signal: neverAborted }, async (agent) =>
      get(agent, server.port, false, (request) => {
        request.once("socket", () => request.destroy(new Error("changed my mind")));
      }),
    );
    for (let turns = 0; turns < 50; turns++) await turn();

    expect(carried).toMatchObject({ kind: "failed", error: { message: "changed my mind" } });
  });
});

describe("a conversation that is over", () => {
  it("connects to nothing any more when its SDK gets to it too late", async () => {
    const server = await answering(OK);
    let later: () => void = () => undefined;
    const wire = aWire();
    const abort = new AbortController();
    const outcome: Promise<string>[] = [];
    const carried = wire.carry({ gate: openGate, signal: abort.signal }, async (agent) => {
      await new Promise<void>((resolve) => (later = resolve));
      const text = get(agent, server.port);
      outcome.push(text);
      return text;
    });
    abort.abort(new Error("stopped"));

    await expect(carried).resolves.toMatchObject({ kind: "failed", written: false });
    const timers = () =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const before = timers();
    later();
    await turn();
    await expect(outcome[0]).rejects.toThrow(/stopped/);
    expect(server.connections()).toBe(0);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it("writes nothing any more when its SDK gave up while the gate was shut", async () => {
    let received = 0;
    const server = register(
      await openTcpServer((socket) => void socket.on("data", () => (received += 1))),
    );
    let openIt: () => void = () => undefined;
    let ask: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (ask = resolve));
    const gate: Gate = {
      // A gate that lets through even who has gone.
      pass: async () => {
        ask();
        await new Promise<void>((resolve) => (openIt = resolve));
        return () => undefined;
      },
    };
    const carried = await aWire().carry({ gate, signal: neverAborted }, async (agent) => {
      get(agent, server.port).catch(() => undefined);
      await asked;
      throw new Error("the SDK's own time-out");
    });
    openIt();
    for (let turns = 0; turns < 50; turns++) await turn();

    expect(carried).toMatchObject({
      kind: "failed",
      written: false,
      error: { message: "the SDK's own time-out" },
    });
    expect(received).toBe(0);
  });

  it("is out of the gate's queue", async () => {
    const gate = new SendGate({ limit: 1, now: () => performance.now() });
    (await gate.pass(neverAborted))();
    const server = register(await openTcpServer(() => undefined));
    await aWire().carry({ gate, signal: neverAborted }, async (agent) => {
      get(agent, server.port).catch(() => undefined);
      while (gate.waiting === 0) await turn();
      throw new Error("the SDK's own time-out");
    });

    expect(gate.waiting).toBe(0);
  });

  it("leaves no half-made connection behind", async () => {
    let gone = 0;
    // Takes the connection and never answers the handshake.
    const server = register(
      await openTcpServer((socket) => void socket.resume().once("close", () => (gone += 1))),
    );
    const carried = await aWire(true, { connectTimeoutMs: 50 }).carry(
      { gate: openGate, signal: neverAborted },
      async (agent) => get(agent, server.port, true),
    );

    expect(carried).toMatchObject({ kind: "failed", written: false });
    await expect.poll(() => gone).toBe(1);
  });

  it("leaves no connection open whose answer its SDK did not care to read", async () => {
    let gone = 0;
    const server = register(
      await openTcpServer((socket) => {
        socket.once("close", () => (gone += 1));
        socket.once("data", () =>
          socket.write("HTTP/1.1 502 Bad\r\ncontent-length: 99\r\n\r\nhalf"),
        );
      }),
    );
    const carried = await aWire().carry(
      { gate: openGate, signal: neverAborted },
      async (agent) =>
        new Promise((resolve, reject) => {
          const { port } = server;
          const took = ({ statusCode }: http.IncomingMessage) => resolve(statusCode);
          http.get({ agent, port, host: "127.0.0.1", path: "/" }, took).on("error", reject);
        }),
    );

    expect(carried).toMatchObject({ kind: "returned", value: 502 });
    await expect.poll(() => gone).toBe(1);
  });

  it("leaves no connection open, whatever the server does", async () => {
    let gone = 0;
    const server = register(
      await openTcpServer((socket) => {
        socket.once("close", () => (gone += 1));
        socket.once("data", () => socket.write(OK));
      }),
    );
    await aWire().carry({ gate: openGate, signal: neverAborted }, async (agent) =>
      get(agent, server.port),
    );
    await expect.poll(() => gone).toBe(1);
  });
});

describe("the wire", () => {
  it("refuses an SDK that asks for a connection outside of a conversation", async () => {
    const server = await answering(OK);
    const wire = aWire();
    const agents: http.Agent[] = [];
    await wire.carry({ gate: openGate, signal: neverAborted }, async (agent) => agents.push(agent));

    await expect(get(agents[0]!, server.port)).rejects.toThrow("outside of a conversation");
    expect(server.connections()).toBe(0);
  });

  it("tells why there is no connection, although an SDK hides it", async () => {
    const port = await refusedPort();
    const carried = await aWire().carry({ gate: openGate, signal: neverAborted }, async (agent) =>
      get(agent, port).catch(async () => Promise.reject(new Error("something went wrong"))),
    );

    expect(carried).toMatchObject({ written: false, error: { code: "ECONNREFUSED" } });
  });

  it("tells every address of a host that cannot be reached, where Node says nothing", async () => {
    const port = await refusedPort();
    const addresses = [
      { address: "127.0.0.1", family: 4 },
      { address: "127.0.0.2", family: 4 },
    ];
    // The operating system's part: what a name stands for differs from machine to machine.
    vi.spyOn(dns, "lookup").mockImplementation((...args: unknown[]) => {
      const tell = args.at(-1) as (error: null, found: typeof addresses) => void;
      process.nextTick(() => tell(null, addresses));
    });
    const carried = await aWire().carry(
      { gate: openGate, signal: neverAborted },
      async (agent) =>
        new Promise<never>((_, reject) => {
          http.get({ agent, port, host: "two.example", path: "/" }).on("error", reject);
        }),
    );

    expect(carried).toMatchObject({
      written: false,
      error: {
        message: `no address of two.example:${port} can be reached: connect ECONNREFUSED 127.0.0.1:${port}, connect ECONNREFUSED 127.0.0.2:${port}`,
      },
    });
  });

  it("asks once for a name that many calls wait for, so that the calls of others are not held up", async () => {
    const server = await answering(OK);
    const questions: ((error: null, found: { address: string; family: number }[]) => void)[] = [];
    vi.spyOn(dns, "lookup").mockImplementation((...args: unknown[]) => {
      questions.push(args.at(-1) as (typeof questions)[number]);
    });
    const wire = aWire();
    const terms = { gate: openGate, signal: neverAborted };
    const ask = async () =>
      wire.carry(terms, async (agent) => {
        const { port } = server;
        return new Promise((resolve, reject) => {
          const took = ({ statusCode }: http.IncomingMessage) => resolve(statusCode);
          http.get({ agent, port, host: "slow.example", path: "/" }, took).on("error", reject);
        });
      });
    const calls = Array.from({ length: 20 }, ask);
    await expect.poll(() => questions.length).toBe(1);
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(questions).toHaveLength(1);
    questions[0]?.(null, [{ address: "127.0.0.1", family: 4 }]);

    const carried = await Promise.all(calls);
    expect(carried.map((one) => one.kind)).toStrictEqual(Array(20).fill("returned"));
    const later = ask();
    await expect.poll(() => questions.length).toBe(2);
    questions[1]?.(null, [{ address: "127.0.0.1", family: 4 }]);
    await expect(later).resolves.toMatchObject({ kind: "returned", value: 200 });
  });

  it("survives an SDK that spoils the errors it is given", async () => {
    const abort = new AbortController();
    const { gate, asked } = shutGate();
    const server = register(await openTcpServer(() => undefined));
    const carried = aWire().carry({ gate, signal: abort.signal }, async (agent) =>
      get(agent, server.port, false, (request) => {
        request.prependListener("error", (error) => (error.message += "POST http://x failed."));
        request.end();
      }),
    );
    await asked;
    abort.abort(); // its reason is a DOMException: to write its message throws

    await expect(carried).resolves.toMatchObject({
      kind: "failed",
      error: { message: "This operation was aborted" },
    });
    await turn();
  });

  it("lets an SDK that throws at once fail and nothing else", async () => {
    const carried = await aWire().carry({ gate: openGate, signal: neverAborted }, () => {
      throw new Error("a bug");
    });

    expect(carried).toMatchObject({ kind: "failed", written: false, error: { message: "a bug" } });
  });

  it("tells the answers of two wires apart", async () => {
    const [one, other] = [await answering(OK), await answering(OK.replace("200", "202"))];
    const wires = [aWire(), aWire()];
    const carry = async (wire: SocketWire | undefined, port: number) =>
      wire?.carry({ gate: openGate, signal: neverAborted }, async (agent) => get(agent, port));
    const [first, second] = await Promise.all([
      carry(wires[0], one.port),
      carry(wires[1], other.port),
    ]);

    expect([first?.answer?.status, second?.answer?.status]).toStrictEqual([200, 202]);
  });

  it("stops listening to answers when it is closed", async () => {
    const { port } = await answering(OK);
    const wire = aWire();
    wire.close();
    const carried = await wire.carry({ gate: openGate, signal: neverAborted }, async (agent) =>
      get(agent, port),
    );

    expect(carried.answer).toBeNull();
  });
});
