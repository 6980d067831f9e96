import type { CredentialSource, Keys } from "../domain/credentials.ts";

/** What a connection's credential source needs beside its config. */
export interface CredentialOptions {
  /** The connection's region. */
  readonly region: string;
  /** The connection's host: it tells Tencent's international site from the Chinese one. */
  readonly host: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970, as expiry times are told. */
  readonly epoch: () => number;
  /** The most that one resolution may take. Default: 10 s. */
  readonly deadlineMs?: number;
  /** Hears what goes wrong while older keys still serve: a failed renewal, a half-written file. */
  readonly onTrouble?: (message: string) => void;
  /** Where STS answers instead of at the cloud's own host. Alibaba's library only speaks https. */
  readonly sts?: { readonly secure: boolean; readonly authority: string };
}

/** Keys that never change. */
export function staticSource(keys: Keys): CredentialSource {
  return {
    keys: async (signal) => {
      signal.throwIfAborted();
      return Promise.resolve(keys);
    },
    refused: () => undefined,
    secrets: () => secretsOf(keys),
  };
}

/** What must not be printed; ids may be, and have to be for finding out whose keys were refused. */
export function secretsOf({ secret, token }: Keys): readonly string[] {
  return [secret.reveal(), ...(token === null ? [] : [token.reveal()])];
}

/** Whether two sets are the same keys. */
export function sameKeys(one: Keys, other: Keys): boolean {
  return (
    one.id.reveal() === other.id.reveal() &&
    one.secret.reveal() === other.secret.reveal() &&
    one.token?.reveal() === other.token?.reveal()
  );
}
