import type { StaticCredentials } from "../config/config.ts";
import type { CredentialSource, Keys } from "../domain/credentials.ts";
import { type CredentialOptions, sameKeys, secretsOf } from "./credential-source.ts";

const MIN_INTERVAL_MS = 5000;

/** Keys from files, which are looked at again while they are used: rotated keys need no restart. */
export function rereadSource(
  config: StaticCredentials & { readonly reread: () => Keys },
  { now, onTrouble }: Pick<CredentialOptions, "now" | "onTrouble">,
): CredentialSource {
  let present: Keys = config;
  let previous: Keys = config;
  let readAt = now();
  let told: string | null = null;

  const trouble = (message: string) => {
    if (message !== told) onTrouble?.(`the present keys still serve, but ${message}`);
    told = message;
  };
  /** Two files of one set are not exchanged at once: only what two readings agree on is taken. */
  const read = (): Keys => {
    const keys = config.reread();
    if (sameKeys(keys, present) || sameKeys(keys, config.reread())) return keys;
    throw new Error("the files of the keys are being written");
  };
  const look = () => {
    readAt = now();
    try {
      const keys = read();
      told = null;
      if (!sameKeys(keys, present)) [previous, present] = [present, keys];
    } catch (error) {
      trouble(error instanceof Error ? error.message : "a file of the keys cannot be read");
    }
  };
  return {
    keys: async (signal) => {
      signal.throwIfAborted();
      if (now() - readAt >= MIN_INTERVAL_MS) look();
      return Promise.resolve(present);
    },
    refused: (keys) => {
      if (sameKeys(keys, present)) readAt = -Infinity;
    },
    secrets: () => [...new Set([...secretsOf(present), ...secretsOf(previous)])],
  };
}
