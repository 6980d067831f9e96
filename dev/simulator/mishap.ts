import { type Answer, type CloudError } from "./answer.ts";
import { type Delivery } from "./delivery.ts";
import { type Mishap } from "./fault.ts";
import { type Protocol } from "./protocol.ts";

/** What becomes of the answer, and the error code in it, if any. */
export interface SpoiltDelivery {
  readonly delivery: Delivery;
  readonly code?: string;
}

/** Whether the call is executed although it ends in this. */
export function mishapExecutes(mishap: Mishap): boolean {
  switch (mishap.kind) {
    case "throttle":
    case "redirect":
      return false;
    case "cut-body":
      return true;
    default:
      return mishap.executed ?? false;
  }
}

/**
 * Whether the request is held to be lost in front of the gateway, which then knows no nonce of it:
 * nothing was answered and nothing executed.
 */
export function mishapHidesRequest(mishap: Mishap): boolean {
  const isSilent = mishap.kind === "reset" || mishap.kind === "close" || mishap.kind === "hang";
  return isSilent && !mishap.executed;
}

/** Turns the usual delivery (none when the call was not executed) into what the fault asks for. */
export function mishapDelivery(
  mishap: Mishap,
  usual: (Delivery & { readonly kind: "whole" }) | undefined,
  protocol: Protocol,
  requestId: string,
): SpoiltDelivery {
  const fail = (error: CloudError): SpoiltDelivery => ({
    delivery: { kind: "whole", answer: protocol.failure(error, requestId) },
    code: error.code,
  });
  switch (mishap.kind) {
    case "throttle":
      return fail({ ...protocol.throttled, ...retryAfter(mishap.retryAfterMs) });
    case "error": {
      const { code, message = "This error was injected.", status, retryAfterMs } = mishap;
      const given = status === undefined ? {} : { status };
      return fail({ code, message, ...given, ...retryAfter(retryAfterMs) });
    }
    case "server-error": {
      const { status, code = status === 503 ? "ServiceUnavailable" : "InternalError" } = mishap;
      return fail({ code, status, message: "The request has failed due to a temporary failure." });
    }
    case "html":
      return whole({
        status: mishap.status,
        headers: { "content-type": "text/html" },
        body: "<html><body>This page was injected.</body></html>",
      });
    case "garbage": {
      const headers = { "content-type": "application/json" };
      return whole({ status: 200, headers, body: mishap.body });
    }
    case "redirect":
      return whole({ status: mishap.status, headers: { location: mishap.location }, body: "" });
    case "cut-body":
      return usual === undefined
        ? { delivery: { kind: "close" } }
        : { delivery: { kind: "cut", answer: usual.answer, end: mishap.end } };
    case "reset":
    case "close":
    case "hang":
      return { delivery: { kind: mishap.kind } };
  }
}

function whole(answer: Answer): SpoiltDelivery {
  return { delivery: { kind: "whole", answer } };
}

function retryAfter(retryAfterMs: number | undefined): Pick<CloudError, "retryAfterMs"> {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}
