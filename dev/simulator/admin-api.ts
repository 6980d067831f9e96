import { type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";

import { type ProductState } from "./action.ts";
import { type ArrivalBook } from "./arrivals.ts";
import { clouds } from "./credential.ts";
import { faultSchema } from "./fault.ts";
import { type FaultBook } from "./fault-book.ts";
import { cloudOf, type Product, products } from "./product.ts";
import { readBody } from "./raw-request.ts";
import { summarise } from "./summary.ts";
import { tickMs, type TimerLateness } from "./timer-lateness.ts";

/** What the admin port shows and changes. */
export interface AdminParts {
  readonly arrivals: ArrivalBook;
  readonly faults: FaultBook;
  readonly lateness: TimerLateness;
  readonly products: Readonly<Record<Product, ProductState>>;
  /** Forgets instances, jobs and nonces. */
  readonly clearState: () => void;
}

const defaultWindowMs = 1000;
const summaryQuery = z.strictObject({
  windowMs: z.coerce.number().positive().default(defaultWindowMs),
});
const arrivalsQuery = z.strictObject({ after: z.coerce.number().int().min(0).default(0) });

const decimal = z.string().regex(/^[1-9]\d{0,18}$/);
const mainProducts = { tencent: "wedata", alibaba: "dataworks" } as const;
const handRerunSchema = z
  .strictObject({
    cloud: z.enum(clouds).optional(),
    product: z.enum(products).optional(),
    target: z.string().min(1),
  })
  .transform(({ cloud, product, target }, context) => {
    const meant = product ?? (cloud === undefined ? undefined : mainProducts[cloud]);
    if (meant === undefined || (cloud !== undefined && cloudOf[meant] !== cloud)) {
      context.addIssue("A product is needed, or a cloud, or both that fit each other.");
      return z.NEVER;
    }
    if (cloudOf[meant] === "alibaba" && !decimal.safeParse(target).success) {
      context.addIssue("Alibaba's instances have decimal ids.");
      return z.NEVER;
    }
    return { product: meant, target };
  });

/** Somebody else's rerun; without a product that of WeData or DataWorks, as the cloud says. */
export type HandRerun = z.input<typeof handRerunSchema>;

const flowSchema = z.strictObject({ flowId: decimal, instanceIds: z.array(decimal).min(1) });

/**
 * Answers one admin request, in JSON.
 *
 *     POST   /faults               injects a fault, answers its entry; 400 says what is wrong with it
 *     GET    /faults               the injected faults and their hits
 *     DELETE /faults               clears them
 *     GET    /arrivals?after=N     every arrival with a sequence beyond N
 *     GET    /summary?windowMs=W   calls per target and action, busiest windows, own lateness
 *     POST   /reruns               reruns an instance by somebody else's hand; no arrival of it
 *     POST   /flows                makes execution records known to a DMS task flow
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
    // Every route only parses, counts and books: what is thrown is the caller's mistake.
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
  "POST /reruns": ({ products: states }, { body }) => {
    const { product, target } = handRerunSchema.parse(JSON.parse(body.toString("utf8")));
    if (!states[product].instances.rerun(target, { by: "somebody-else" })) {
      throw new Error(`The instance ${target} does not exist.`);
    }
    return {};
  },
  "POST /flows": ({ products: { dms } }, { body }) => {
    dms.flows.seed(flowSchema.parse(JSON.parse(body.toString("utf8"))));
    return {};
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
