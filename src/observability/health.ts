/** Whether something is well, and if not, why, for people. */
export interface Health {
  readonly ok: boolean;
  readonly reasons: readonly string[];
}

/** Well exactly when nothing speaks against it. */
export function healthOf(reasons: readonly string[]): Health {
  return { ok: reasons.length === 0, reasons };
}
