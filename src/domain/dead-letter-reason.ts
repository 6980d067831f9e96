/** Why a record is a dead letter: the closed list of `dlq-reason`. */
export const DEAD_LETTER_REASONS = [
  "undecodable",
  "unknown-schema",
  "wrong-schema",
  "empty",
  "too-large",
  "conflicting-request-id",
] as const;

export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];
