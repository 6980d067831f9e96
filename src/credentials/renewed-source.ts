import { unlessAborted } from "../lifecycle/unless-aborted.ts";
import { abandonable } from "./abandonable.ts";
import type { CredentialSource, Keys } from "../domain/credentials.ts";
import { type CredentialOptions, sameKeys, secretsOf } from "./credential-source.ts";
import { explain } from "./explain.ts";
import type { Origin, Resolution } from "./origin.ts";

const DEADLINE_MS = 10_000;
/** Keys are renewed when this much, or a fifth, of their life is left, whichever is more. */
const MARGIN_MS = 300_000;
const MARGIN_SHARE = 1 / 5;
/** Keys whose end nobody tells are asked for again at this age. */
const UNDATED_AGE_MS = 300_000;
/** A call that begins now must still be within the life of its keys when it arrives. */
const LAST_CALL_MS = 10_000;
const FIRST_RETRY_MS = 5000;
const MAX_RETRY_MS = 60_000;
/** Refused keys are asked for anew at once, but not again so soon: every read is refused then. */
const REFUSED_AGAIN_MS = 5000;
const REMEMBERED = 4;

interface Held {
  readonly keys: Keys;
  /** Monotonic; from then on no call may begin with them. */
  readonly endsAt: number;
}

/**
 * Keys from an origin, kept and renewed by clocks of our own: the vendors' margins are too short, and
 * their objects keep failures. While keys live, a failed renewal costs nothing but a retry.
 */
export class RenewedSource implements CredentialSource {
  readonly #origin: Origin;
  readonly #options: CredentialOptions;
  #held: Held | null = null;
  #running: Promise<Keys> | null = null;
  #renewAt = 0;
  #failures = 0;
  /** Monotonic, of the refusal that was listened to last. */
  #refusedAt = -Infinity;
  #recent: readonly Keys[] = [];

  constructor(origin: Origin, options: CredentialOptions) {
    this.#origin = origin;
    this.#options = options;
  }

  async keys(signal: AbortSignal): Promise<Keys> {
    signal.throwIfAborted();
    const held = this.#held;
    const now = this.#options.now();
    if (held === null || now >= held.endsAt) return unlessAborted(this.#resolution(), signal);
    // In the background: these are still good.
    if (now >= this.#renewAt) this.#resolution().catch((error: unknown) => this.#tell(error));
    return held.keys;
  }

  refused(keys: Keys): void {
    const now = this.#options.now();
    const isCurrent = this.#held !== null && sameKeys(this.#held.keys, keys);
    if (!isCurrent || now - this.#refusedAt < REFUSED_AGAIN_MS) return;
    this.#refusedAt = now;
    this.#held = null;
  }

  secrets(): readonly string[] {
    return [...new Set([...this.#recent.flatMap(secretsOf), ...this.#origin.secrets()])];
  }

  /** The one resolution that is under way, or a new one. */
  async #resolution(): Promise<Keys> {
    this.#running ??= this.#resolve().finally(() => (this.#running = null));
    return this.#running;
  }

  async #resolve(): Promise<Keys> {
    const deadline = new AbortController();
    const ms = this.#options.deadlineMs ?? DEADLINE_MS;
    const late = new Error(`no answer within ${ms / 1000} s`);
    const timer = setTimeout(() => deadline.abort(late), ms);
    try {
      const ask = async () => this.#origin.resolve(deadline.signal);
      return this.#hold(await abandonable(ask, deadline.signal));
    } catch (error) {
      const delay = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
      this.#failures = Math.min(this.#failures + 1, 10);
      this.#renewAt = this.#options.now() + delay;
      throw this.#failure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #hold({ keys, expiresAt }: Resolution): Keys {
    this.#remember(keys);
    const now = this.#options.now();
    const life = expiresAt === null ? null : expiresAt - this.#options.epoch();
    if (life !== null && !(life > 0)) {
      throw new Error("its keys had expired when they came; is this machine's clock right?");
    }
    const lastCall = Math.min(LAST_CALL_MS, (life ?? 0) / 10);
    this.#held = { keys, endsAt: life === null ? Infinity : now + life - lastCall };
    this.#renewAt = now + (life === null ? UNDATED_AGE_MS : renewalDelay(life));
    this.#failures = 0;
    return keys;
  }

  #remember(keys: Keys): void {
    const others = this.#recent.filter((one) => !sameKeys(one, keys));
    this.#recent = [keys, ...others].slice(0, REMEMBERED);
  }

  #failure(error: unknown): Error {
    const { name, advice } = this.#origin;
    // Without a cause: logs print causes, and that one may quote secrets nobody knows of.
    return new Error(`no credentials from ${name}: ${explain(error, this.secrets())}. ${advice}.`);
  }

  #tell(error: unknown): void {
    const message = error instanceof Error ? error.message : "no reason given";
    this.#options.onTrouble?.(`the present keys still serve, but ${message}`);
  }
}

/** Never less than a little while: a metadata service hands out the same keys until they are nearly over. */
function renewalDelay(life: number): number {
  const untilMargin = life - Math.max(MARGIN_MS, life * MARGIN_SHARE);
  return Math.max(untilMargin, Math.min(MAX_RETRY_MS, life / 2));
}
