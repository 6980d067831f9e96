import type { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import type { Cloud } from "../../dev/simulator/credential.ts";
import type { Operation, OperationName } from "../../src/domain/operation.ts";

/** What differs from operation to operation: all that the contract needs to know of a new one. */
export interface ProviderTraits {
  readonly name: OperationName;
  readonly cloud: Cloud;
  /** The operation for these targets. */
  readonly operation: (targets: readonly string[]) => Operation;
  /** Two targets of one call in the spelling of outcomes, or the only one that a call can have. */
  readonly targets: readonly [string] | readonly [string, string];
  /** A target for calls beside. */
  readonly other: string;
  /** An error code that means `refused`, `not permitted`, `quota`, `uncertain`. */
  readonly codes: Readonly<Record<"refused" | "notPermitted" | "quota" | "uncertain", string>>;
  /** It answers with a job whose end is still to come. */
  readonly startsJob: boolean;
  /** Its answer, or the job's end, tells which of several targets ran. */
  readonly tellsEachTarget: boolean;
  /** A target that shows no new run for long enough did not run. */
  readonly absenceProves: boolean;
  /** Makes targets known where the provider lists only what it knows. */
  readonly prepare?: (admin: SimulatorAdmin, targets: readonly string[]) => Promise<void>;
}
