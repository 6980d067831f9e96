import { createHash } from "node:crypto";

import { isFinal, type Outcome } from "../domain/outcome.ts";

/**
 * The id by which consumers drop repeats of an outcome: the same for every publication of one
 * outcome, by whichever process, and different for any two outcomes.
 *
 * Hex sha256 of the UTF-8 text of a JSON array of six strings, as `JSON.stringify` writes it:
 * `[provider, requestId, source topic, source partition, source offset, "accepted" | "final"]`, for
 * example `["dw","r-1","rerun.requests","3","42","final"]`. The quotes and escapes of JSON keep the
 * parts apart, whatever stands in them.
 */
export function outcomeIdOf({ echo, source, status }: Outcome): string {
  const parts = [
    echo.provider,
    echo.requestId,
    source.topic,
    String(source.partition),
    String(source.offset),
    isFinal(status) ? "final" : "accepted",
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
