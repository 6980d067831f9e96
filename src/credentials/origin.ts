import { Secret } from "../domain/secret.ts";
import type { Keys } from "../domain/credentials.ts";
import { explain } from "./explain.ts";

/** Keys as a source gave them. */
export interface Resolution {
  readonly keys: Keys;
  /** Milliseconds since 1970; null when the source does not say. */
  readonly expiresAt: number | null;
}

/** One way to come by keys, without a memory: what vendors' objects remember after a failure is wrong. */
export interface Origin {
  /** For messages: "the environment". */
  readonly name: string;
  /** What to do when it fails, as a sentence. */
  readonly advice: string;
  /** Asks once, through new objects of the vendor's. Rejects with errors that `explain` may quote. */
  resolve(signal: AbortSignal): Promise<Resolution>;
  /** Secrets that it works with and that errors may quote. */
  secrets(): readonly string[];
}

/** The ways that one cloud's library knows. */
export interface Origins {
  chain(): Origin;
  environment(): Origin;
  instanceRole(): Origin;
  profile(options: { readonly file: string | null; readonly profile: string | null }): Origin;
  role(options: AssumedRole, source: KeysOfSource): Origin;
  oidc(options: OidcRole): Origin;
}

export interface AssumedRole {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId: string | null;
}

export interface OidcRole {
  readonly roleArn: string;
  readonly provider: string;
  readonly tokenFile: string;
  readonly sessionName: string;
}

/** The part of a credential source that taking on a role needs. */
export interface KeysOfSource {
  keys(signal: AbortSignal): Promise<Keys>;
  refused(keys: Keys): void;
  secrets(): readonly string[];
}

/** An origin that works with no secrets but those it brings. */
export function originOf(
  name: string,
  advice: string,
  resolve: (signal: AbortSignal) => Promise<Resolution>,
): Origin {
  return { name, advice, resolve, secrets: () => [] };
}

/** An origin that takes on a role with the keys of another source. */
export function roleOrigin(
  name: string,
  source: KeysOfSource,
  assume: (keys: Keys) => Promise<Resolution>,
): Origin {
  return {
    name,
    advice: "Check roleArn, externalId, the role's trust policy and the keys of source",
    resolve: async (signal) => {
      const keys = await source.keys(signal);
      try {
        return await assume(keys);
      } catch (error) {
        // Perhaps it were these keys that were refused: the next attempt reads the source again.
        source.refused(keys);
        throw error;
      }
    },
    secrets: () => source.secrets(),
  };
}

/** Keys from what a vendor's object gives. Throws when it gives nothing, as several do in silence. */
export function keysFrom(id: unknown, secret: unknown, token: unknown, otherwise: string): Keys {
  if (!isText(id) || !isText(secret)) throw new Error(otherwise);
  return {
    id: new Secret(id),
    secret: new Secret(secret),
    token: isText(token) ? new Secret(token) : null,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/**
 * The first of several origins that has keys, in their order. It stays with that one: a passing
 * failure there must not quietly turn this process into somebody else.
 */
export function firstOf(name: string, links: readonly Origin[]): Origin {
  let chosen: Origin | null = null;
  const advice = "Set up one of these, or name it in credentials.type";
  const resolve = async (signal: AbortSignal): Promise<Resolution> => {
    const said: string[] = [];
    for (const link of chosen === null ? links : [chosen]) {
      signal.throwIfAborted();
      try {
        const resolution = await link.resolve(signal);
        chosen = link;
        return resolution;
      } catch (error) {
        said.push(`${link.name}: ${explain(error, link.secrets())}`);
      }
    }
    throw new Error(said.join("; "));
  };
  return { name, advice, resolve, secrets: () => links.flatMap((link) => link.secrets()) };
}
