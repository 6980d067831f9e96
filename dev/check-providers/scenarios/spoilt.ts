import type { Fault } from "../../simulator/fault.ts";
import { portOf, SHORT_CALL } from "../connection.ts";
import type { Scenario } from "../scenario.ts";

/** A fault that leaves open what happened; `executed` is filled in, both ways where it can be. */
interface Row {
  readonly name: string;
  readonly fault: (executed: boolean) => Fault;
  /** Only a deadline ends it. */
  readonly isSilent?: true;
  /** It cannot happen to a call that was not executed. */
  readonly isLate?: true;
}

const STATUSES = [500, 502, 503] as const;
const HTML_STATUSES = [200, 400, 403, 429, 500, 502, 503, 504] as const;
const BODIES: readonly (readonly [name: string, body: string])[] = [
  ["no body", ""],
  ["half an object", "{"],
  ["not JSON", "upstream connect error"],
  ["an empty object", "{}"],
  ["an empty list", "[]"],
  ["null", "null"],
  ["a text", '"OK"'],
  ["an empty Response", '{"Response":{}}'],
  ["a null Response", '{"Response":null}'],
  ["Data that is null", '{"RequestId":"r","Response":{"RequestId":"r","Data":null}}'],
  ["Data that is empty", '{"RequestId":"r","Response":{"RequestId":"r","Data":{}}}'],
  ["nulls for results", nullsForResults()],
];

const ROWS: readonly Row[] = [
  ...STATUSES.map((status): Row => {
    return { name: `HTTP ${status} in JSON`, fault: (x) => serverError(status, x) };
  }),
  ...HTML_STATUSES.map((status): Row => {
    return { name: `HTTP ${status} in HTML`, fault: (x) => html(status, x) };
  }),
  ...BODIES.map(([name, body]): Row => {
    return { name: `HTTP 200 with ${name}`, fault: (x) => garbage(body, x) };
  }),
  { name: "a reset", fault: (executed) => ({ kind: "reset", executed }) },
  { name: "a close", fault: (executed) => ({ kind: "close", executed }) },
  { name: "a hang", fault: (executed) => ({ kind: "hang", executed }), isSilent: true },
  { name: "a body cut by FIN", fault: () => ({ kind: "cut-body", end: "fin" }), isLate: true },
  {
    name: "a body that stalls",
    fault: () => ({ kind: "cut-body", end: "stall" }),
    ...{ isLate: true, isSilent: true },
  },
  {
    name: "an answer after the deadline",
    fault: () => ({ kind: "latency", minMs: 2500, maxMs: 2500 }),
    ...{ isLate: true, isSilent: true },
  },
];

/** Rows that are played over TLS as well: there the end of a connection is another one. */
const OVER_TLS = /reset|close|hang|body (cut|that stalls)|HTTP 503 in HTML/;

/** Everything after the first byte that is no answer: nobody can know whether the call ran. */
export const SPOILT_SCENARIOS: readonly Scenario[] = [
  ...[false, true].flatMap((secure) =>
    ROWS.filter(({ name }) => !secure || OVER_TLS.test(name)).flatMap((row) =>
      (row.isLate ? [true] : [false, true]).map((executed): Scenario => {
        const { name, fault, isSilent } = row;
        return {
          name: `${name}${executed ? ", executed" : ""}${secure ? ", over TLS" : ""}`,
          secure,
          faults: () => [fault(executed)],
          ...(isSilent === true ? { terms: () => ({ config: SHORT_CALL }) } : {}),
          knowable: { end: "uncertain" },
        };
      }),
    ),
  ),
  ...([302, 307] as const).flatMap((status): readonly Scenario[] => [
    {
      name: `a redirect (${status}) to itself`,
      faults: (cast) => [
        {
          kind: "redirect",
          status,
          location: `http://127.0.0.1:${portOf(cast, false)}/`,
          count: 1,
        },
      ],
      knowable: { end: "uncertain" },
    },
    {
      name: `a redirect (${status}) to nobody, over TLS`,
      secure: true,
      faults: ({ deadEnds }) => [
        { kind: "redirect", status, location: `https://127.0.0.1:${deadEnds.refusedPort}/` },
      ],
      knowable: { end: "uncertain" },
    },
  ]),
];

/** Both clouds' shapes at once: each reads its own. */
function nullsForResults(): string {
  const Data = { AsyncId: null, Result: null, ErrorId: null, ErrorDesc: null };
  const ofTencent = { RequestId: "r", Data };
  return JSON.stringify({ RequestId: "r", Success: null, SuccessInfo: null, Response: ofTencent });
}

function serverError(status: number, executed: boolean): Fault {
  return { kind: "server-error", status, executed };
}

function html(status: number, executed: boolean): Fault {
  return { kind: "html", status, executed };
}

function garbage(body: string, executed: boolean): Fault {
  return { kind: "garbage", body, executed };
}
