import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { TopicNames } from "../config/config.ts";
import type { CompatibilityLevel } from "./subjects.ts";

/** One of the contract's schemas with the subject that it belongs under. */
export interface SchemaSpec {
  readonly role: "requests" | "outcomes";
  readonly subject: string;
  readonly level: CompatibilityLevel;
  /** The text of the .avsc file. */
  readonly text: string;
}

/** The schemas of both topics, read from the package's `schemas` folder. Throws when they are not there. */
export function loadSchemas(
  topics: Pick<TopicNames, SchemaSpec["role"]>,
): Readonly<Record<SchemaSpec["role"], SchemaSpec>> {
  return {
    requests: {
      role: "requests",
      subject: `${topics.requests}-value`,
      // We read requests and are upgraded first; FULL would forbid a sixth operation.
      level: "BACKWARD_TRANSITIVE",
      text: readSchema("rerun-request.avsc"),
    },
    outcomes: {
      role: "outcomes",
      subject: `${topics.outcomes}-value`,
      level: "FULL_TRANSITIVE",
      text: readSchema("rerun-outcome.avsc"),
    },
  };
}

function readSchema(file: string): string {
  // Both src/avro and dist/avro are two folders below the package's root.
  return readFileSync(join(import.meta.dirname, "..", "..", "schemas", file), "utf8");
}
