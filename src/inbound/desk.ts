import type { Reason } from "../domain/outcome.ts";
import type {
  ReceivedRequest,
  RequestEcho,
  Source,
  TraceHeaders,
} from "../domain/rerun-request.ts";

/** A well-formed request that makes no sense, with all that its `REJECTED` outcome needs. */
export interface Senseless {
  readonly echo: RequestEcho;
  readonly reason: Reason;
  readonly source: Source;
  /** Milliseconds since the epoch at which this process took the record from Kafka. */
  readonly receivedAt: number;
  readonly trace: TraceHeaders | null;
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

  /** Takes a request over whose only end is `REJECTED`; `Intake.complete(source)` follows too. */
  reject(senseless: Senseless): void;

  /**
   * The partition went to somebody else: forgets what waits, so that it is not called here too.
   *
   * Returns the offsets that go on (a call or an outcome is under way); those are completed as
   * always.
   */
  forget(partition: number): ReadonlySet<bigint>;
}
