import { type CloudError } from "./answer.ts";
import { type FlowBook } from "./flow-book.ts";
import { type InstanceBook, type RunOrder } from "./instance-book.ts";
import { type JobBook, type JobEnd } from "./job-book.ts";
import { type Product } from "./product.ts";

/** Whether an action starts something again or only looks; the rate proofs count reruns alone. */
export type Effect = "rerun" | "read";

/** What one product remembers. */
export interface ProductState {
  readonly instances: InstanceBook;
  readonly flows: FlowBook;
}

/** What an action works on, with the faults that were drawn for this one call. */
export interface Backend extends ProductState {
  readonly jobs: JobBook;
  /** Whether a partial-success fault makes the rerun of this target fail. */
  readonly isFailing: (target: string) => boolean;
  /** How the run goes that a rerun of this target starts. */
  readonly orderFor: (target: string) => RunOrder;
  /** The end that a job-outcome fault asks for. */
  readonly jobEnd?: JobEnd;
  /** Whether this rerun makes an instance of a new id, as a new-instance fault asks for. */
  readonly takeNewInstance: () => boolean;
}

/** What running an action came to. */
export type ActionEnd =
  | {
      readonly kind: "done";
      readonly body: Readonly<Record<string, unknown>>;
      /** Whether the call took effect: a read was read, a job opened, an instance rerun. */
      readonly executed: boolean;
      /** The targets that really run again because of this call. */
      readonly ranTargets: readonly string[];
    }
  | { readonly kind: "refused"; readonly error: CloudError };

/** A call that passed every check and only needs to be run. */
export interface AdmittedCall {
  readonly product: Product;
  readonly targets: readonly string[];
  readonly run: (backend: Backend) => ActionEnd;
}

/** The gateway's verdict on a call. */
export type Admission =
  | { readonly kind: "admitted"; readonly call: AdmittedCall }
  | { readonly kind: "refused"; readonly error: CloudError };

/** The end of a read that found what it looked for. */
export function readDone(body: Readonly<Record<string, unknown>>): ActionEnd {
  return { kind: "done", body, executed: true, ranTargets: [] };
}

/** A refusal at the gateway. */
export function refuse(code: string, message: string, status?: number): Admission {
  return {
    kind: "refused",
    error: { code, message, ...(status === undefined ? {} : { status }) },
  };
}
