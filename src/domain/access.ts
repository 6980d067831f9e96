import type { CallEnd } from "./call-end.ts";

/**
 * What the end of a harmless read tells about a connection: null when the provider answered for
 * itself, even with a refusal, because it asks for credentials first; else what is wrong.
 */
export function accessProblemOf(end: CallEnd): string | null {
  const answered = end.providerErrorCode !== null && end.kind !== "credentials";
  return end.kind === "accepted" || answered ? null : end.message;
}
