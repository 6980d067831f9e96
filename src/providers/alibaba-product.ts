import { createHash } from "node:crypto";
import { type AccessTrouble, accessTroubleOf } from "../domain/access.ts";
import type { CallEnd } from "../domain/call-end.ts";
import type { ReadEnd, ReadTurns, WireTerms } from "../domain/provider.ts";
import { fieldsOf } from "./alibaba-answer.ts";
import type { AlibabaAction, AlibabaAnswer, AlibabaSdk } from "./alibaba-sdk.ts";
import type { Asker } from "./ask.ts";

/** One action of a product, its version left to the product. */
export type ProductAction = Omit<AlibabaAction, "version" | "nonce">;

export interface AlibabaProductOptions {
  readonly asker: Asker;
  readonly sdk: AlibabaSdk;
  /** The API's version, a date. */
  readonly version: string;
}

/** As long as the nonces that Alibaba's own SDKs make up; no limit is documented. */
const NONCE_LENGTH = 32;

/** One version of one product's API: what the adapters of all Alibaba products do alike. */
export class AlibabaProduct {
  readonly #options: AlibabaProductOptions;

  constructor(options: AlibabaProductOptions) {
    this.#options = options;
  }

  /**
   * Makes one call under the claim's nonce. The gateway takes a nonce once: should something below
   * this process send the request again, the second copy is refused. Nothing here relies on it: no
   * claim is ever sent twice, and `SignatureNonceUsed` is uncertain.
   */
  async rerun(
    claimId: string,
    action: ProductAction,
    terms: WireTerms,
    endOf: (answer: AlibabaAnswer) => CallEnd,
  ): Promise<CallEnd> {
    const { asker, sdk, version } = this.#options;
    const nonce = nonceOf(claimId);
    const asked = await asker.ask(terms, async (agent, keys) =>
      sdk.request(agent, keys, { ...action, version, nonce }),
    );
    return asked.kind === "failed" ? asked.end : endOf(asked.value);
  }

  /** Reads one thing when it is the action's turn; a null of `parse` is an unreadable answer. */
  async read<T>(
    turns: ReadTurns,
    action: ProductAction,
    parse: (answer: AlibabaAnswer) => T | null,
  ): Promise<ReadEnd<T>> {
    const { asker, sdk, version } = this.#options;
    return asker.read(
      turns,
      action.action,
      async (agent, keys) => sdk.request(agent, keys, { ...action, version }),
      parse,
    );
  }

  /** Makes a harmless read: null when the API answered for itself, else what is wrong. */
  async accessTrouble(action: ProductAction, terms: WireTerms): Promise<AccessTrouble | null> {
    const { asker, sdk, version } = this.#options;
    const asked = await asker.ask(terms, async (agent, keys) =>
      sdk.request(agent, keys, { ...action, version }),
    );
    if (asked.kind === "failed") return accessTroubleOf(asked.end);
    const isTheApi = fieldsOf(asked.value) !== null;
    if (isTheApi) return null;
    const message = `the answer (HTTP ${asked.value.status}) is not the API's`;
    return { message, isAnswered: false };
  }
}

/** The nonce of a claim's call: always the same for one claim, never for two. */
export function nonceOf(claimId: string): string {
  return createHash("sha256").update(claimId).digest("hex").slice(0, NONCE_LENGTH);
}
