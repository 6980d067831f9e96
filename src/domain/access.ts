import type { CallEnd } from "./call-end.ts";

/** What is wrong with a connection, as a harmless read found. */
export interface AccessTrouble {
  /** For people. */
  readonly message: string;
  /** Whether the provider said anything; false: it was not reached, or said nothing clear. */
  readonly isAnswered: boolean;
}

/**
 * What the end of a harmless read tells about a connection: null when the provider answered for
 * itself, even with a refusal, because it asks for credentials first; else what is wrong.
 */
export function accessTroubleOf(end: CallEnd): AccessTrouble | null {
  const answered = end.providerErrorCode !== null && end.kind !== "credentials";
  if (end.kind === "accepted" || answered) return null;
  const isAnswered = end.kind !== "unavailable" && end.kind !== "uncertain";
  return { message: end.message, isAnswered };
}
