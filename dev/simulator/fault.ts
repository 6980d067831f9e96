import { z } from "zod";

import { clouds } from "./credential.ts";
import { runEnds } from "./instance-run.ts";
import { jobEnds } from "./job-book.ts";
import { products } from "./product.ts";

const ms = z.number().min(0);
const target = z.string().min(1);

/** Which calls a fault is about; what is left out matches everything. */
const callFilter = z.strictObject({
  cloud: z.enum(clouds).optional(),
  product: z.enum(products).optional(),
  action: z.string().optional(),
  version: z.string().optional(),
  accessKeyId: z.string().optional(),
  effect: z.enum(["rerun", "read"]).optional(),
  /** Part of at least one of the call's targets. */
  target: target.optional(),
});

const chance = {
  /** How often a matching call is hit; always, when left out. */
  probability: z.number().min(0).max(1).optional(),
  /** Only the next so many hits; for good, when left out. */
  count: z.int().positive().optional(),
};
const onCalls = { filter: callFilter.optional(), ...chance };
// A handshake has no action, key or target yet.
const onHandshakes = {
  filter: z.strictObject({ cloud: z.enum(clouds).optional() }).optional(),
  ...chance,
};
/** Whether the cloud did the work before things went wrong; not, when left out. */
const executed = z.boolean().optional();
const retryAfterMs = z.int().min(0).optional();

const mishapSchema = z.discriminatedUnion("kind", [
  /** The cloud's own throttling answer; `retryAfterMs` becomes Alibaba's x-acs-retry-after. */
  z.strictObject({ kind: z.literal("throttle"), retryAfterMs, ...onCalls }),
  /** Any code in the cloud's own error shape; status 200 at Tencent, 400 at Alibaba by default. */
  z.strictObject({
    kind: z.literal("error"),
    code: z.string().min(1),
    message: z.string().optional(),
    status: z.int().min(200).max(599).optional(),
    retryAfterMs,
    executed,
    ...onCalls,
  }),
  /** A 5xx in the cloud's own error shape. */
  z.strictObject({
    kind: z.literal("server-error"),
    status: z.int().min(500).max(599),
    code: z.string().min(1).optional(),
    executed,
    ...onCalls,
  }),
  /** What a load balancer says: a status with an HTML body. */
  z.strictObject({
    kind: z.literal("html"),
    status: z.int().min(200).max(599),
    executed,
    ...onCalls,
  }),
  /** HTTP 200 with this body, which may be empty. */
  z.strictObject({ kind: z.literal("garbage"), body: z.string(), executed, ...onCalls }),
  z.strictObject({
    kind: z.literal("redirect"),
    status: z.union([z.literal(302), z.literal(307)]),
    location: z.string().min(1),
    ...onCalls,
  }),
  /** The request is read, then the connection is reset (RST). */
  z.strictObject({ kind: z.literal("reset"), executed: z.boolean(), ...onCalls }),
  /** The request is read, then the connection is closed (FIN) without an answer. */
  z.strictObject({ kind: z.literal("close"), executed: z.boolean(), ...onCalls }),
  /** The request is read and never answered. */
  z.strictObject({ kind: z.literal("hang"), executed: z.boolean(), ...onCalls }),
  /** The call is executed, but only half of the announced body is sent. */
  z.strictObject({
    kind: z.literal("cut-body"),
    end: z.enum(["fin", "stall"]),
    ...onCalls,
  }),
]);

/**
 * Something that goes wrong, as it is injected through the admin port.
 *
 * Faults meet only calls that passed the gateway's checks (signature, parameters), in the order of
 * their injection; of the ones that replace or spoil the answer, the first that hits wins.
 * `wrong-clock` alone comes before the checks, and the handshake faults before any HTTP.
 */
export const faultSchema = z.discriminatedUnion("kind", [
  mishapSchema,
  /** The work is done at once, the answer comes after a time between these (equal: fixed). */
  z.strictObject({ kind: z.literal("latency"), minMs: ms, maxMs: ms, ...onCalls }),
  /** The server's clock is ahead (or behind, negative) by this much. */
  z.strictObject({ kind: z.literal("wrong-clock"), skewMs: z.number(), ...onCalls }),
  /** TLS ports only: the ClientHello is left unread for a time between these. */
  z.strictObject({ kind: z.literal("handshake-delay"), minMs: ms, maxMs: ms, ...onHandshakes }),
  /** TLS ports only: the connection is reset when the ClientHello has come. */
  z.strictObject({ kind: z.literal("handshake-reset"), ...onHandshakes }),
  /** TLS ports only: the connection is closed (FIN) when the ClientHello has come. */
  z.strictObject({ kind: z.literal("handshake-close"), ...onHandshakes }),
  /** TLS ports only: the ClientHello is read and never answered. */
  z.strictObject({ kind: z.literal("handshake-hang"), ...onHandshakes }),
  /** TLS ports only: a certificate that nobody trusts, or a trusted one whose time is over. */
  z.strictObject({
    kind: z.literal("handshake-certificate"),
    certificate: z.enum(["untrusted", "expired"]),
    ...onHandshakes,
  }),
  /** Reruns only: these targets are not run; the others are. */
  z.strictObject({
    kind: z.literal("partial-success"),
    targets: z.array(target).min(1),
    ...onCalls,
  }),
  /** WeData's jobs (2025-08-06) only: how the job ends; only its first half runs, or none of it. */
  z.strictObject({ kind: z.literal("job-outcome"), outcome: z.enum(jobEnds), ...onCalls }),
  /** Reruns only: how the runs end that the call starts, of all its targets or of these. */
  z.strictObject({
    kind: z.literal("run-outcome"),
    outcome: z.enum(runEnds),
    targets: z.array(target).min(1).optional(),
    ...onCalls,
  }),
  /** Reruns only: no reading shows the runs that the call starts before so many ms have gone. */
  z.strictObject({ kind: z.literal("evidence-lag"), ms, ...onCalls }),
  /** DMS reruns only: a new instance is made and the old one stays as it is. */
  z.strictObject({ kind: z.literal("new-instance"), ...onCalls }),
]);

/** Something that goes wrong; see {@link faultSchema}. */
export type Fault = z.infer<typeof faultSchema>;

/** A fault that replaces or spoils the answer. */
export type Mishap = z.infer<typeof mishapSchema>;

/** Whether a value is one of the faults that replace or spoil the answer. */
export function isMishap(fault: Fault): fault is Mishap {
  return mishapSchema.options.some((option) => option.shape.kind.value === fault.kind);
}
