import { type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";

import { type ArrivalBook } from "./arrivals.ts";
import { faultSchema } from "./fault.ts";
import { type FaultBook } from "./fault-book.ts";
import { readBody } from "./raw-request.ts";
import { summarise } from "./summary.ts";
import { tickMs, type TimerLateness } from "./timer-lateness.ts";

/** What the admin port shows and changes. */
export interface AdminParts {
  readonly arrivals: ArrivalBook;
  readonly faults: FaultBook;
  readonly lateness: TimerLateness;
  /** Forgets instances, jobs and nonces. */
  readonly clearState: () => void;
}

const defaultWindowMs = 1000;
const summaryQuery = z.strictObject({
  windowMs: z.coerce.number().positive().default(defaultWindowMs),
});
const arrivalsQuery = z.strictObject({ after: z.coerce.number().int().min(0).default(0) });

/**
 * Answers one admin request, in JSON.
 *
 *     POST   /faults               injects a fault, answers its entry; 400 says what is wrong with it
 *     GET    /faults               the injected faults and their hits
 *     DELETE /faults               clears them
 *     GET    /arrivals?after=N     every arrival with a sequence beyond N
 *     GET    /summary?windowMs=W   calls per target and action, busiest windows, own lateness
 *     POST   /reset                forgets arrivals, faults, instances, jobs, nonces and lateness
 *
 * Never rejects.
 */
export async function answerAdmin(
  message: IncomingMessage,
  response: ServerResponse,
  parts: AdminParts,
): Promise<void> {
  const url = new URL(message.url ?? "/", "http://admin.invalid");
  try {
    const body = await readBody(message);
    const route = routes[`${message.method ?? ""} ${url.pathname}`];
    if (route === undefined) {
      send(response, 404, { error: "There is no such admin request." });
      return;
    }
    send(response, 200, route(parts, { query: Object.fromEntries(url.searchParams), body }));
  } catch (error) {
    // Every route only parses and counts: what is thrown is the caller's mistake.
    const text = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    send(response, 400, { error: text });
  }
}

type Route = (
  parts: AdminParts,
  given: { readonly query: unknown; readonly body: Buffer },
) => unknown;

const routes: Readonly<Record<string, Route>> = {
  "POST /faults": ({ faults }, { body }) =>
    faults.add(faultSchema.parse(JSON.parse(body.toString("utf8")))),
  "GET /faults": ({ faults }) => faults.list(),
  "DELETE /faults": ({ faults }) => {
    faults.clear();
    return {};
  },
  "GET /arrivals": ({ arrivals }, { query }) => arrivals.after(arrivalsQuery.parse(query).after),
  "GET /summary": ({ arrivals, lateness }, { query }) => {
    const worstTimerLatenessMs = lateness.worstMs();
    const { windowMs } = summaryQuery.parse(query);
    return summarise(arrivals.after(0), windowMs, { worstTimerLatenessMs, tickMs });
  },
  "POST /reset": ({ arrivals, faults, lateness, clearState }) => {
    arrivals.clear();
    faults.clear();
    clearState();
    lateness.reset();
    return {};
  },
};

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}
