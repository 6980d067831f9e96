import { type Admission, type Effect } from "./action.ts";
import { type Answer, type CloudError } from "./answer.ts";
import { type Cloud } from "./credential.ts";
import { type Product } from "./product.ts";
import { type RawRequest } from "./raw-request.ts";

/** Who seems to want what, by the headers alone: good enough to book an arrival, proves nothing. */
export interface CallIdentity {
  readonly action: string;
  readonly version: string;
  /** `unknown` for a version that this cloud does not have. */
  readonly product: Product | "unknown";
  readonly accessKeyId: string;
  /** `unknown` for an action that this cloud does not have. */
  readonly effect: Effect | "unknown";
}

/** One cloud's way of reading requests and writing answers. */
export interface Protocol {
  readonly cloud: Cloud;
  /** Reads the headers; never refuses. */
  readonly identify: (request: RawRequest) => CallIdentity;
  /** Checks everything that a gateway checks before the product sees the call. */
  readonly admit: (request: RawRequest, serverNowMs: number) => Admission;
  /** Undoes what `admit` remembered: the request is held to be lost in front of the gateway. */
  readonly forget: (request: RawRequest) => void;
  readonly success: (body: Readonly<Record<string, unknown>>, requestId: string) => Answer;
  readonly failure: (error: CloudError, requestId: string) => Answer;
  /** The cloud's own words for "too many calls". */
  readonly throttled: CloudError;
}
