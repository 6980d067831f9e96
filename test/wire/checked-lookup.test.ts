import dns, { type LookupAddress } from "node:dns";
import http from "node:http";
import type { LookupFunction } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Carried } from "../../src/domain/provider.ts";
import { addressRule } from "../../src/wire/address-rule.ts";
import { openProvider } from "../../src/providers/open-provider.ts";
import { checkedLookup } from "../../src/wire/checked-lookup.ts";
import { SocketWire } from "../../src/wire/socket-wire.ts";
import { aProviderConfig, neverAborted, openGate } from "../support/provider-config.ts";
import { openProviderPort, type ProviderPort } from "./a-provider-port.ts";

const opened: { close: () => Promise<void> | void }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});
const register = <T extends { close: () => Promise<void> | void }>(one: T): T => {
  opened.push(one);
  return one;
};

const addressesOf = (texts: readonly string[]): LookupAddress[] =>
  texts.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));

/** What a name stands for is the operating system's part, and differs from machine to machine. */
const standingFor = (...answers: readonly (readonly string[])[]) => {
  let asked = 0;
  return vi.spyOn(dns, "lookup").mockImplementation((...args: unknown[]) => {
    const tell = args.at(-1) as (error: null, found: LookupAddress[]) => void;
    const answer = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    process.nextTick(() => tell(null, addressesOf(answer)));
  });
};

const answeringPort = async (): Promise<ProviderPort> => {
  const text = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
  return register(await openProviderPort({ onRequest: (socket) => void socket.end(text) }));
};

async function get(
  host: string,
  port: number,
  allowedAddresses: readonly string[] = [],
): Promise<Carried<unknown>> {
  const limits = { connectTimeoutMs: 1000, callTimeoutMs: 20_000 };
  const wire = register(new SocketWire({ secure: false, ca: null, allowedAddresses, ...limits }));
  return wire.carry(
    { gate: openGate, signal: neverAborted },
    async (agent) =>
      new Promise((resolve, reject) => {
        const took = (response: http.IncomingMessage) => resolve(response.resume().statusCode);
        http.get({ agent, host, port, path: "/" }, took).on("error", reject);
      }),
  );
}

const messageOf = (carried: Carried<unknown>): string =>
  carried.kind === "failed" ? (carried.error as Error).message : "";

describe("the check of what a name stands for", () => {
  const asked = (found: readonly string[], allowed: readonly string[] = [], all = true) => {
    const told = vi.fn();
    const lookup: LookupFunction = (_host, _options, tell) => {
      const [first] = found;
      if (all) tell(null, addressesOf(found));
      else tell(null, first ?? "", 4);
    };
    checkedLookup(lookup, addressRule(allowed))("x.example", { all }, told);
    return told.mock.calls;
  };

  const onlyErrorOf = (calls: readonly unknown[][]): Error | undefined =>
    calls.length === 1 ? (calls[0]?.[0] as Error) : undefined;

  it("tells the public addresses and no other, in their order", () => {
    expect(asked(["10.0.0.1", "8.8.8.8", "fd00::1", "2400:3200::1"])).toStrictEqual([
      [null, addressesOf(["8.8.8.8", "2400:3200::1"])],
    ]);
  });

  it("tells the ones that are listed", () => {
    expect(asked(["10.0.0.1", "192.168.0.1"], ["10.0.0.0/8"])).toStrictEqual([
      [null, addressesOf(["10.0.0.1"])],
    ]);
  });

  it("fails when it can tell none, and says which and why", () => {
    const error = onlyErrorOf(asked(["10.0.0.1", "100.100.100.200"]));

    expect(error?.message).toBe(
      "refused to connect: x.example stands for 10.0.0.1 (a private address), 100.100.100.200 (an address of a provider's internal network); endpoints.allowAddresses may list addresses that are not public",
    );
  });

  it("fails for a name that stands for nothing", () => {
    const error = onlyErrorOf(asked([]));

    expect(error?.message).toContain("stands for no address");
  });

  it("holds for who asks for one address only", () => {
    expect(asked(["8.8.8.8"], [], false)).toStrictEqual([[null, "8.8.8.8", 4]]);
    expect(asked(["10.0.0.1"], [], false)).toMatchObject([[{ message: /x\.example/ }, []]]);
  });

  it("passes on that a name does not exist", () => {
    const told = vi.fn();
    const gone = Object.assign(new Error("gone"), { code: "ENOTFOUND" });
    const lookup: LookupFunction = (_host, _options, tell) => tell(gone, []);
    checkedLookup(lookup, addressRule([]))("x.example", { all: true }, told);

    expect(told).toHaveBeenCalledExactlyOnceWith(gone, [], undefined);
  });
});

describe("the wire", () => {
  it("refuses a name that stands for addresses that are not public, before anything is written", async () => {
    standingFor(["192.0.2.1", "192.0.2.2"]);
    const carried = await get("evil.example", 80);

    expect(carried).toMatchObject({ kind: "failed", written: false });
    expect(messageOf(carried)).toMatch(
      /evil\.example stands for 192\.0\.2\.1 \(an address for documentation\), 192\.0\.2\.2 .*endpoints\.allowAddresses/,
    );
  });

  it("connects to the allowed one of several addresses", async () => {
    const { port } = await answeringPort();
    standingFor(["192.0.2.1", "127.0.0.1"]);

    expect(await get("mixed.example", port)).toMatchObject({ kind: "returned", value: 200 });
  });

  it("connects to what was checked, although the name stands for something else a moment later", async () => {
    const server = await answeringPort();
    const lookup = standingFor(["127.0.0.1"], ["192.0.2.1"]);

    expect(await get("rebinding.example", server.port)).toMatchObject({ kind: "returned" });
    expect(lookup).toHaveBeenCalledTimes(1);
    expect(messageOf(await get("rebinding.example", server.port))).toContain("192.0.2.1");
    expect(server.connections()).toBe(1);
  });

  it.each(["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"])(
    "refuses an address that stands for itself: %s",
    async (host) => {
      const carried = await get(host, 80);

      expect(carried).toMatchObject({ kind: "failed", written: false });
      expect(messageOf(carried)).toMatch(/refused to connect: .*documentation/);
    },
  );

  it.each(["3221225985", "0xc0.0.2.1", "0300.0.2.1"])(
    "refuses an address in a spelling that only the system understands: %s",
    async (host) => {
      expect(messageOf(await get(host, 80))).toContain("192.0.2.1 (an address for documentation)");
    },
  );

  // On Linux a connection to 0.0.0.0 ends at this machine.
  it("connects to an address only where it is listed", async () => {
    const server = await answeringPort();
    const refused = await get("0.0.0.0", server.port);

    expect(messageOf(refused)).toContain("0.0.0.0 (an unspecified address)");
    expect(server.connections()).toBe(0);
    expect(await get("0.0.0.0", server.port, ["0.0.0.0/32"])).toMatchObject({ kind: "returned" });
  });

  it("gets the list of each provider connection", async () => {
    const server = await answeringPort();
    const endpoint = { protocol: "http", host: "0.0.0.0", port: server.port } as const;
    const access = async (allowedAddresses: readonly string[]) => {
      const overrides = { endpoint, allowedAddresses };
      const config = aProviderConfig("tencent-wedata", { port: server.port }, overrides);
      const { provider } = register(await openProvider(config));
      const trouble = await provider.checkAccess({ gate: openGate, signal: neverAborted });
      return trouble?.message;
    };

    expect(await access([])).toContain("endpoints.allowAddresses");
    expect(server.connections()).toBe(0);
    await access(["0.0.0.0/32"]);
    expect(server.connections()).toBe(1);
  });
});
