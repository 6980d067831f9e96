import type { Reason } from "../domain/outcome.ts";
import type { ReceivedRequest } from "../domain/rerun-request.ts";

/**
 * A well-formed request that makes no sense, even its requestId may not be one: its only end is
 * `REJECTED` for this reason.
 */
export interface Senseless extends ReceivedRequest {
  readonly reason: Reason;
}

/** Where the intake hands over what it made of the records. */
export interface Desk {
  /**
   * Takes a request over; `Intake.complete(source)` follows once it needs no further attention.
   * A conflict is not taken: it becomes a dead letter `conflicting-request-id`.
   */
  receive(
    received: ReceivedRequest,
  ): { readonly kind: "taken" } | { readonly kind: "conflict"; readonly message: string };

  /** As `receive`, for a request whose only end is `REJECTED`. */
  reject(senseless: Senseless): ReturnType<Desk["receive"]>;

  /**
   * The partition went to somebody else: forgets what waits, so that it is not called here too.
   *
   * Returns the offsets that go on (a call or an outcome is under way); those are completed as
   * always.
   */
  forget(partition: number): ReadonlySet<bigint>;
}
