import type { OperationName } from "../domain/operation.ts";
import type { ThrottlingAnswer } from "./adaptive-limit.ts";
import type { CallGate } from "./call-gate.ts";
import type { OpenReads, ReadTurnsOptions } from "./read-turns.ts";

/**
 * All limits of one account, of one connection or of those that share them, as its lanes know them:
 * kept by this process for itself, or by all replicas together.
 */
export interface AccountLimits {
  /** The most calls in a second, of all operations together. */
  readonly perSecond: number;
  /** The same now: less while operators or the provider want it so. */
  readonly perSecondNow: number;
  /** Whether calls and reads of a day are counted. */
  readonly limitsTheDay: boolean;
  /** The calls and reads of the last 24 hours, by all that share the limits; null: not counted. */
  readonly ofTheDay: DayFigures | null;
  /** The most calls of one operation in a second. */
  perSecondOf(operation: OperationName): number;
  /**
   * Resolves when the next call is due. `couldMake`: what `asker` could make; a single call unless
   * told.
   */
  ticket(couldMake?: CouldMake, asker?: object): Promise<void>;
  /** Monotonic instant from which a call of the operation may be picked; 0 at once. */
  opensAt(operation: OperationName, asker?: object): number;
  /** Why no call may be made for hours; null while calls may be made. */
  usedUp(): string | null;
  /** Begins one call. `onLeft` is told the monotonic instant of its first byte. */
  gateFor(operation: OperationName, onLeft?: (at: number) => void, asker?: object): CallGate;
  /** The turns of one connection's reads. */
  turns(options: ReadTurnsOptions): OpenReads;
  /** No more calls in a second than this, whoever shares the limits; null: as configured. */
  limitTo(callsPerSecond: number | null): void;
  /** A call was throttled. */
  throttled(answer: ThrottlingAnswer): void;
}

/** How many calls could be made if they were all due, at the most. */
export interface CouldMake {
  readonly calls: number;
  of(operation: OperationName): number;
}

/** What a day holds. */
export interface DayFigures {
  readonly limit: number;
  readonly calls: number;
  readonly reads: number;
}
