import type { Registry } from "../avro/registry.ts";
import { RegistryUnavailable, SchemaNotRegistered } from "../avro/registry-errors.ts";
import type { RerunOutcome } from "../avro/wire-types.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { RecordPublisher } from "../kafka/publisher.ts";
import { retryDelay } from "../kafka/retry-delay.ts";
import {
  outcomeHeadersOf,
  outcomeKeyOf,
  wireOutcomeOf,
  withoutTargetMessages,
} from "./encode-outcome.ts";

export interface OutboxParts {
  readonly publisher: Pick<RecordPublisher, "publish" | "health">;
  readonly registry: Pick<Registry, "idOf" | "encode">;
  readonly topic: string;
  /** The subject under which the outcome schema is registered, and the schema. */
  readonly schema: { readonly subject: string; readonly text: string };
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** Where outcomes leave for Kafka. */
export class Outbox {
  readonly #parts: OutboxParts;
  #schemaId: number | null = null;
  #askingForId: Promise<number> | null = null;
  #registryTrouble: string | null = null;
  /** What the topic does not take, by outcomeId. */
  readonly #tooLarge = new Map<string, string>();

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /**
   * Resolves once the outcome is acknowledged, so that its request's offset may be released.
   *
   * Waits for as long as Kafka or the registry is away, the outcome schema is not registered, or
   * the topic does not take the record. Rejects with the signal's reason when that aborts first, or
   * on a bug.
   */
  async publish(outcome: Outcome): Promise<void> {
    const { publisher, topic, signal } = this.#parts;
    const wire = wireOutcomeOf(outcome);
    const key = outcomeKeyOf(outcome);
    const headers = outcomeHeadersOf(outcome);
    for (let attempt = 1; ; attempt++) {
      // Short of what its targets said, an outcome is better than none.
      const value = await this.#encode(attempt === 1 ? wire : withoutTargetMessages(wire));
      const end = await publisher.publish(topic, { key, value, headers });
      if (end.kind === "published") {
        this.#tooLarge.delete(wire.outcomeId);
        return;
      }
      if (attempt === 1) continue;
      const message = `the outcome of ${key} is too large for ${topic} (${value.length} bytes), raise its max.message.bytes: ${end.message}`;
      this.#tooLarge.set(wire.outcomeId, message);
      await retryDelay(attempt, signal);
    }
  }

  /** What keeps outcomes from leaving, for people; null when nothing does. */
  health(): string | null {
    const [tooLarge = null] = this.#tooLarge.values();
    return this.#registryTrouble ?? tooLarge ?? this.#parts.publisher.health();
  }

  async #encode(wire: RerunOutcome): Promise<Buffer> {
    const { registry, signal } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      try {
        const value = await registry.encode(await this.#id(), wire);
        this.#registryTrouble = null;
        return value;
      } catch (error) {
        if (error instanceof SchemaNotRegistered) {
          this.#registryTrouble = error.message;
        } else if (error instanceof RegistryUnavailable) {
          this.#registryTrouble = `the schema registry is away: ${error.message}`;
        } else {
          throw error;
        }
        await retryDelay(attempt, signal);
      }
    }
  }

  /** The schema's id; however many outcomes wait for it, the registry is asked by one of them. */
  async #id(): Promise<number> {
    if (this.#schemaId !== null) return this.#schemaId;
    const { registry, schema } = this.#parts;
    this.#askingForId ??= registry
      .idOf(schema.subject, schema.text)
      .finally(() => (this.#askingForId = null));
    this.#schemaId = await this.#askingForId;
    return this.#schemaId;
  }
}
