import type { AccessTrouble } from "./access.ts";
import type { CallEnd, CallEndKind } from "./call-end.ts";
import type { Doubt, Evidence, TargetFinding } from "./evidence.ts";
import type { Following, Progress } from "./following.ts";
import type { Operation, OperationName, ProviderKind } from "./operation.ts";
import type { RerunCall } from "./rerun-call.ts";

export type { RerunCall } from "./rerun-call.ts";

/**
 * Where the right moment to write is waited for.
 *
 * A gate lets at most N first bytes pass in any sliding second.
 */
export interface Gate {
  /**
   * Resolves when a first byte may be written now, in the order of asking. The returned function
   * must be called in the same turn as the write, right before it: the second counts from there. It
   * throws when the right to write has ended meanwhile: then not one byte may leave. Rejects with
   * the signal's reason when it aborts first.
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

/** How one read ended. */
export type ReadEnd<T> =
  | { readonly kind: "read"; readonly value: T }
  | {
      readonly kind: "unreadable";
      readonly result: Exclude<CallEndKind, "accepted">;
      /** What went wrong, for people. */
      readonly message: string;
    };

/** The pace of reads. */
export interface ReadTurns {
  /**
   * Waits for the turn of one read of the API action, then runs its one conversation with the terms
   * it is given, and counts how it ended. Turns of one action come in the order of asking. Resolves
   * with `unreadable` when the wait is called off, by `signal` for example.
   */
  take<T>(
    action: string,
    read: (terms: WireTerms) => Promise<ReadEnd<T>>,
    signal?: AbortSignal,
  ): Promise<ReadEnd<T>>;
}

/** One provider connection's way of running targets again. */
export interface Provider {
  readonly kind: ProviderKind;
  /** The operations that this adapter can call. */
  readonly operations: readonly OperationName[];
  /** The action names of the reads it makes, for the metrics' label. */
  readonly reads: readonly string[];
  /** The one of them that `checkAccess` makes. */
  readonly accessRead: string;

  /**
   * Why an operation can never be sent as it is asked for, in words; null when it can. Pure: it is
   * asked when a request is received.
   */
  objection(operation: Operation): string | null;

  /**
   * Asks the provider for the rerun, once.
   *
   * Resolves for everything that the cloud can answer, its refusals and its silence included:
   * callers branch on the result and never catch. An abort before the first byte is `unavailable`,
   * later it is `uncertain`. Rejects only on a bug.
   */
  rerun(call: RerunCall, terms: WireTerms): Promise<CallEnd>;

  /**
   * Reads how a followed call stands, one round: each thing that is still open is read once.
   * Resolves for everything that the cloud can answer.
   */
  follow(following: Following, turns: ReadTurns): Promise<Progress>;

  /**
   * Whether readings before and after such a call can tell if it ran. Where they cannot (children
   * that nobody named, for example), none is made.
   */
  leavesTraces(call: RerunCall): boolean;

  /** Reads the targets before a call. What cannot be read is left out. */
  readBefore(call: RerunCall, turns: ReadTurns): Promise<Evidence>;

  /**
   * Reads the targets in doubt once and compares: whether a rerun happened since `before`. One
   * finding for each of `doubt.targets`, in their order. `did-not-run` only where missing traces
   * prove it (ABSENCE_PROVES_AFTER_MS); what cannot be read is `cannot-tell`.
   */
  judge(doubt: Doubt, turns: ReadTurns): Promise<readonly TargetFinding[]>;

  /**
   * Reads something that need not exist, to learn whether the provider answers and takes the
   * credentials. Null when it does, else what is wrong. Resolves like `rerun` does.
   */
  checkAccess(terms: WireTerms): Promise<AccessTrouble | null>;
}
