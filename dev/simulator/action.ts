import { type CloudError } from "./answer.ts";
import { type InstanceBook } from "./instance-book.ts";
import { type JobBook, type JobEnd } from "./job-book.ts";

/** Whether an action starts something again or only looks; the rate proofs count reruns alone. */
export type Effect = "rerun" | "read";

/** What an action works on, with the faults that were drawn for this one call. */
export interface Backend {
  readonly instances: InstanceBook;
  readonly jobs: JobBook;
  /** Whether a partial-success fault makes the rerun of this target fail. */
  readonly isFailing: (target: string) => boolean;
  /** The end that a job-outcome fault asks for. */
  readonly jobEnd?: JobEnd;
}

/** What running an action came to. */
export type ActionEnd =
  | {
      readonly kind: "done";
      readonly body: Readonly<Record<string, unknown>>;
      /** Whether the call took effect: a read was read, a job opened, an instance rerun. */
      readonly executed: boolean;
      /** The instances that really run again because of this call. */
      readonly ranTargets: readonly string[];
    }
  | { readonly kind: "refused"; readonly error: CloudError };

/** A call that passed every check and only needs to be run. */
export interface AdmittedCall {
  readonly targets: readonly string[];
  readonly run: (backend: Backend) => ActionEnd;
}

/** The gateway's verdict on a call. */
export type Admission =
  | { readonly kind: "admitted"; readonly call: AdmittedCall }
  | { readonly kind: "refused"; readonly error: CloudError };

/** A refusal at the gateway. */
export function refuse(code: string, message: string, status?: number): Admission {
  return {
    kind: "refused",
    error: { code, message, ...(status === undefined ? {} : { status }) },
  };
}
