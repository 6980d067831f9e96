import { randomUUID } from "node:crypto";
import { type IncomingMessage, type ServerResponse } from "node:http";
import { type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

import { type ActionEnd, type AdmittedCall, type ProductState } from "./action.ts";
import { type ArrivalBook, type ArrivalNews } from "./arrivals.ts";
import { type CloudError } from "./answer.ts";
import { deliver, type Delivery } from "./delivery.ts";
import { type CallTraits, type FaultBook, type FaultDraw } from "./fault-book.ts";
import { type JobBook } from "./job-book.ts";
import { mishapDelivery, mishapExecutes, mishapHidesRequest } from "./mishap.ts";
import { type Product } from "./product.ts";
import { type Protocol } from "./protocol.ts";
import { readBody, type RawRequest, requestHead } from "./raw-request.ts";

/** One cloud behind its ports. */
export interface CallDeskOptions {
  readonly protocol: Protocol;
  readonly products: Readonly<Record<Product, ProductState>>;
  readonly jobs: JobBook;
  readonly faults: FaultBook;
  readonly arrivals: ArrivalBook;
}

interface OpenCall {
  readonly request: RawRequest;
  readonly traits: CallTraits;
  readonly requestId: string;
  readonly note: (news: ArrivalNews) => void;
}

/** Takes one cloud's calls from their first byte to their answer, and books what became of them. */
export class CallDesk {
  readonly #parts: CallDeskOptions;

  constructor(parts: CallDeskOptions) {
    this.#parts = parts;
  }

  /** Resolves when the answer is on its way, or when there will be none. Never rejects. */
  async take(message: IncomingMessage, response: ServerResponse, socket: Socket): Promise<void> {
    const at = performance.now();
    const { protocol, arrivals, faults } = this.#parts;
    const head = requestHead(message);
    const identity = protocol.identify(head);
    const traits = { cloud: protocol.cloud, ...identity };
    const requestId = randomUUID();
    const note = arrivals.open({ at, ...traits, requestId });
    const body = await readBody(message).catch(() => undefined);
    if (body === undefined) {
      note({ answer: "client-gone" });
      return;
    }
    const request = { ...head, body };
    const serverNowMs = Date.now() + (faults.take("wrong-clock", traits)?.skewMs ?? 0);
    response.setHeader("date", new Date(serverNowMs).toUTCString());
    const traceId = message.headers["x-tc-traceid"];
    if (traceId !== undefined) {
      response.setHeader("x-tc-traceid", traceId);
    }
    const admission = protocol.admit(request, serverNowMs);
    const delivery =
      admission.kind === "refused"
        ? this.#refusal(admission.error, { request, traits, requestId, note })
        : await this.#work(admission.call, { request, traits, requestId, note });
    deliver(response, socket, delivery);
  }

  // What was done is booked before the answer waits for its latency: the caller may not.
  async #work(call: AdmittedCall, open: OpenCall): Promise<Delivery> {
    const { protocol, faults } = this.#parts;
    const { targets } = call;
    const draw = faults.draw({ ...open.traits, targets });
    const { mishap } = draw;
    open.note({ targets });
    if (mishap !== undefined && mishapHidesRequest(mishap)) {
      protocol.forget(open.request);
    }
    const end = mishap === undefined || mishapExecutes(mishap) ? this.#run(call, draw) : undefined;
    if (end?.kind === "done") {
      open.note({ executed: end.executed, ranTargets: end.ranTargets });
    }
    if (draw.delayMs > 0) {
      await sleep(draw.delayMs, undefined, { ref: false });
    }
    const usual = end === undefined ? undefined : this.#usual(end, open);
    if (mishap === undefined) {
      return usual ?? { kind: "hang" };
    }
    const { delivery, code } = mishapDelivery(mishap, usual, protocol, open.requestId);
    open.note({ answer: mishap.kind, ...(code === undefined ? {} : { code }) });
    return delivery;
  }

  #run(call: AdmittedCall, { failingTargets, jobEnd, ...draw }: FaultDraw): ActionEnd {
    const { products, jobs } = this.#parts;
    const { orderFor, takeNewInstance } = draw;
    return call.run({
      ...products[call.product],
      jobs,
      isFailing: (target) => failingTargets.has(target),
      orderFor,
      takeNewInstance,
      ...(jobEnd === undefined ? {} : { jobEnd }),
    });
  }

  #usual(end: ActionEnd, open: OpenCall): Delivery & { kind: "whole" } {
    if (end.kind === "refused") {
      return this.#refusal(end.error, open);
    }
    open.note({ answer: "success" });
    return { kind: "whole", answer: this.#parts.protocol.success(end.body, open.requestId) };
  }

  #refusal(error: CloudError, { requestId, note }: OpenCall): Delivery & { kind: "whole" } {
    note({ answer: "refused", code: error.code });
    return { kind: "whole", answer: this.#parts.protocol.failure(error, requestId) };
  }
}
