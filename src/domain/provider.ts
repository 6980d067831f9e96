import type { AsyncJob, CallEnd, JobReading } from "./call-end.ts";
import type { Operation, OperationName, ProviderKind } from "./operation.ts";

/**
 * Where the right moment to write is waited for.
 *
 * A gate lets at most N first bytes pass in any sliding second.
 */
export interface Gate {
  /**
   * Resolves when a first byte may be written now, in the order of asking. The returned function
   * must be called in the same turn as the write: the second counts from there. Rejects with the
   * signal's reason when it aborts first.
   */
  pass(signal: AbortSignal): Promise<() => void>;
}

/** How a conversation over the wire ended. */
export type Carried<T> =
  | { readonly kind: "returned"; readonly value: T; readonly answer: WireAnswer | null }
  | {
      readonly kind: "failed";
      readonly error: unknown;
      /** False: not one byte of the request left, so it surely did not run. */
      readonly written: boolean;
      readonly answer: WireAnswer | null;
    };

/** The head of the provider's HTTP answer, for SDKs that drop it. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * The one seam around the socket, the same for every SDK: connect and finish TLS, wait for the
 * gate, note `written`, write.
 *
 * `Agent` is the HTTP library's agent type, so that the domain need not import it.
 */
export interface Wire<Agent> {
  /**
   * Runs one HTTP conversation of a vendor's SDK. Inside `send` the SDK must use `agent`; each
   * conversation gets one connection of its own and cannot open a second (so redirects end it).
   * Never rejects: what goes wrong, deadlines and aborts included, is `failed`.
   */
  carry<T>(terms: WireTerms, send: (agent: Agent) => Promise<T>): Promise<Carried<T>>;
}

export interface WireTerms {
  readonly gate: Gate;
  readonly signal: AbortSignal;
}

/** One call as it goes to a provider: an operation with all its targets. */
export interface RerunCall {
  readonly claimId: string;
  readonly operation: Operation;
  /** The operation's targets in the spelling that outcomes use. */
  readonly targets: readonly string[];
}

/** One provider connection's way of running targets again. */
export interface Provider {
  readonly kind: ProviderKind;
  /** The operations that this adapter can call. */
  readonly operations: readonly OperationName[];
  /** The action names of the reads it makes, for the metrics' label. */
  readonly reads: readonly string[];

  /**
   * Asks the provider for the rerun, once.
   *
   * Resolves for everything that the cloud can answer, its refusals and its silence included:
   * callers branch on the result and never catch. An abort before the first byte is `unavailable`,
   * later it is `uncertain`. Rejects only on a bug.
   */
  rerun(call: RerunCall, terms: WireTerms): Promise<CallEnd>;

  /** Reads how an asynchronous job stands, once. Resolves like `rerun` does. */
  readJob(job: AsyncJob, call: RerunCall, terms: WireTerms): Promise<JobReading>;

  /**
   * Reads something that need not exist, to learn whether the provider answers and takes the
   * credentials. Null when it does, else what is wrong, for people. Resolves like `rerun` does.
   */
  checkAccess(terms: WireTerms): Promise<string | null>;
}
