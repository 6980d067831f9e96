import { KEY, keys, portOf, SHORT_CONNECT, shutGate, TOKEN_KEY } from "../connection.ts";
import { openDoor } from "../dead-ends.ts";
import type { Cast, Scenario, Terms } from "../scenario.ts";

const UNAVAILABLE = { knowable: { end: "unavailable" } } as const;
const BOTH = [false, true] as const;

/** Nothing can be written where there is no connection. */
const CONNECTIONS: readonly Scenario[] = [
  ...BOTH.flatMap((secure): readonly Scenario[] => [
    {
      name: `a port where nobody listens${over(secure)}`,
      secure,
      terms: ({ deadEnds }) => ({ port: deadEnds.refusedPort }),
      ...UNAVAILABLE,
    },
    {
      name: `a name that does not exist${over(secure)}`,
      secure,
      terms: () => {
        const protocol = secure ? "https" : "http";
        return { config: { endpoint: { protocol, host: "nx.invalid", port: 1 } } };
      },
      ...UNAVAILABLE,
    },
    {
      name: `a connect that is never answered${over(secure)}`,
      secure,
      terms: ({ deadEnds }) => ({ port: deadEnds.blackHolePort, config: SHORT_CONNECT }),
      ...UNAVAILABLE,
    },
    ...(["end", "reset"] as const).map((how): Scenario => {
      const word = how === "end" ? "closed" : "reset";
      return {
        name: `a connection ${word} while it waits for its turn${over(secure)}`,
        secure,
        terms: async (cast) => lostAtTheGate(cast, secure, how),
        ...UNAVAILABLE,
      };
    }),
  ]),
  {
    name: "a TLS handshake that hangs",
    secure: true,
    faults: () => [{ kind: "handshake-hang", count: 1 }],
    terms: () => ({ config: SHORT_CONNECT }),
    ...UNAVAILABLE,
  },
  ...(["handshake-reset", "handshake-close"] as const).map((kind): Scenario => {
    const word = kind === "handshake-reset" ? "reset" : "closed";
    return {
      name: `a TLS handshake that is ${word}`,
      secure: true,
      faults: () => [{ kind, count: 1 }],
      ...UNAVAILABLE,
    };
  }),
  ...(["untrusted", "expired"] as const).map((certificate): Scenario => {
    return {
      name: `a certificate that is ${certificate}`,
      secure: true,
      faults: () => [{ kind: "handshake-certificate", certificate, count: 1 }],
      ...UNAVAILABLE,
    };
  }),
  {
    name: "an authority that nobody told us of",
    secure: true,
    terms: () => ({ config: { ca: null } }),
    ...UNAVAILABLE,
  },
  {
    name: "https to a plain port",
    secure: true,
    terms: (cast) => ({ port: portOf(cast, false) }),
    ...UNAVAILABLE,
  },
  {
    name: "http to a TLS port",
    terms: (cast) => ({ port: portOf(cast, true) }),
    // The request's bytes left.
    knowable: { end: "uncertain" },
  },
];

const CREDENTIALS = { knowable: { end: "credentials" } } as const;

/** The gateway looks at the signature first. */
const KEYS: readonly Scenario[] = [
  {
    name: "a wrong secret",
    terms: () => ({ config: { credentials: keys({ ...KEY, secret: "wrong" }) } }),
    ...CREDENTIALS,
  },
  {
    name: "an unknown key",
    terms: () => ({ config: { credentials: keys({ ...KEY, id: "nobody" }) } }),
    ...CREDENTIALS,
  },
  {
    name: "a key without its token",
    terms: () => {
      const { id, secret } = TOKEN_KEY;
      return { config: { credentials: keys({ id, secret }) } };
    },
    ...CREDENTIALS,
  },
  {
    name: "a key with another's token",
    terms: () => ({ config: { credentials: keys({ ...TOKEN_KEY, token: "wrong" }) } }),
    ...CREDENTIALS,
  },
  {
    name: "a provider whose clock is twenty minutes ahead",
    faults: () => [{ kind: "wrong-clock", skewMs: 20 * 60_000 }],
    ...CREDENTIALS,
  },
];

/** Scenarios in which the call gets no answer to its question, or none of its bytes away. */
export const CONNECTING_SCENARIOS: readonly Scenario[] = [...CONNECTIONS, ...KEYS];

async function lostAtTheGate(cast: Cast, secure: boolean, how: "end" | "reset"): Promise<Terms> {
  const { gate, asked } = shutGate();
  const door = await openDoor(portOf(cast, secure));
  const meanwhile = async () => asked.then(() => door.slam(how));
  return { port: door.port, gate, meanwhile, close: door.close };
}

function over(secure: boolean): string {
  return secure ? ", over TLS" : "";
}
