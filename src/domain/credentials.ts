import type { Secret } from "./secret.ts";

/** One set of keys as a cloud takes them. */
export interface Keys {
  /** SecretId or AccessKeyId. */
  readonly id: Secret;
  /** SecretKey or AccessKeySecret. */
  readonly secret: Secret;
  /** Session token of temporary keys. */
  readonly token: Secret | null;
}

/** Where one connection's keys come from, for as long as the process runs. */
export interface CredentialSource {
  /**
   * Keys that are good for a call that begins now. They are renewed before they expire; who asks at
   * the same time shares one resolution, which is bounded in time.
   *
   * Rejects when the signal aborts, and else with an error that says which source failed, why and
   * what to do, and contains no secret. The next call then tries afresh.
   */
  keys(signal: AbortSignal): Promise<Keys>;
  /** The provider refused these keys: the next `keys` asks the source again. */
  refused(keys: Keys): void;
  /** The secrets and tokens handed out last, the present and the previous ones at least, to redact. */
  secrets(): readonly string[];
}
