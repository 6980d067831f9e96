import type { Registry } from "../avro/registry.ts";
import type { RerunOutcome } from "../avro/wire-types.ts";
import type { KafkaRecord } from "../kafka/record.ts";
import { CommandFailed } from "./command-failed.ts";
import { registryAway } from "./explain-registry.ts";

const OUTCOME_SCHEMA = "rerun.v1.RerunOutcome";

/** Turns records of the outcomes topic into outcomes, each once. */
export class OutcomeReader {
  readonly #registry: Pick<Registry, "decode">;
  readonly #seen = new Set<string>();
  #skipped = 0;

  constructor(registry: Pick<Registry, "decode">) {
    this.#registry = registry;
  }

  /** How many records were no outcomes. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * The outcome in the record; null for a repeat of one that was read before, and for records that
   * are no outcomes. Rejects with `CommandFailed` when the registry is away.
   */
  async read(record: KafkaRecord): Promise<RerunOutcome | null> {
    const decoded = record.value === null ? null : await this.#registry.decode(record.value);
    if (decoded?.kind === "unavailable") {
      throw new CommandFailed(registryAway(decoded.message));
    }
    if (decoded?.kind !== "decoded" || decoded.schemaName !== OUTCOME_SCHEMA) {
      this.#skipped += 1;
      return null;
    }
    // The writer's schema has this name, and its versions are FULL_TRANSITIVE compatible.
    const outcome = decoded.value as RerunOutcome;
    if (this.#seen.has(outcome.outcomeId)) return null;
    this.#seen.add(outcome.outcomeId);
    return outcome;
  }
}
