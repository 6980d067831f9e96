import { type Effect } from "./action.ts";
import { type Cloud } from "./credential.ts";
import { type Mishap } from "./fault.ts";
import { type Product } from "./product.ts";

/** What the caller was given: a success, a refusal, or what a fault made of it. */
export type AnswerKind = "pending" | "success" | "refused" | "client-gone" | Mishap["kind"];

/** One HTTP request that reached a cloud's port. */
export interface Arrival {
  /** 1 for the first since the start or the last reset. */
  readonly sequence: number;
  /** When its headers had come: monotonic ms of the simulator's process. */
  readonly at: number;
  readonly cloud: Cloud;
  /** By its version; `unknown` for one that this cloud does not have. */
  readonly product: Product | "unknown";
  /** As its headers say, unverified; empty when they say nothing. */
  readonly action: string;
  readonly version: string;
  readonly accessKeyId: string;
  readonly effect: Effect | "unknown";
  /** Empty until the gateway admitted it, and for good when it did not. */
  readonly targets: readonly string[];
  /** The targets that really run again because of it. */
  readonly ranTargets: readonly string[];
  readonly requestId: string;
  /** Whether it took effect at the provider: a read was read, a job opened, an instance rerun. */
  readonly executed: boolean;
  readonly answer: AnswerKind;
  /** The error code it was answered with. */
  readonly code?: string;
}

/** What is known when the headers have come. */
export type ArrivalHead = Pick<
  Arrival,
  "at" | "cloud" | "product" | "action" | "version" | "accessKeyId" | "effect" | "requestId"
>;

/** What turns out later. */
export type ArrivalNews = Partial<
  Pick<Arrival, "targets" | "ranTargets" | "executed" | "answer" | "code">
>;

/** The book of everything that arrived, in order of arrival. */
export class ArrivalBook {
  #arrivals: Arrival[] = [];

  /** Books an arrival; the function it gives back adds what turns out later. */
  open(head: ArrivalHead): (news: ArrivalNews) => void {
    const arrivals = this.#arrivals;
    const index = arrivals.length;
    let arrival: Arrival = {
      sequence: index + 1,
      ...head,
      targets: [],
      ranTargets: [],
      executed: false,
      answer: "pending",
    };
    arrivals.push(arrival);
    return (news) => {
      arrival = { ...arrival, ...news };
      arrivals[index] = arrival;
    };
  }

  /** Those with a sequence beyond this one. */
  after(sequence: number): readonly Arrival[] {
    return this.#arrivals.slice(sequence);
  }

  /** Forgets all; a call still open then is forgotten too. */
  clear(): void {
    this.#arrivals = [];
  }
}
