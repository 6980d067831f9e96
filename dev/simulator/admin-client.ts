import { type HandRerun } from "./admin-api.ts";
import { type Arrival } from "./arrivals.ts";
import { type Fault } from "./fault.ts";
import { type FaultEntry } from "./fault-book.ts";
import { type FlowSeed } from "./flow-book.ts";
import { type Summary } from "./summary.ts";

/** Talks to a simulator's admin port. Everything rejects when the simulator refuses or is away. */
export class SimulatorAdmin {
  readonly #url: string;

  constructor(adminUrl: string) {
    this.#url = adminUrl;
  }

  /** Puts a fault in force, behind those that are. */
  async inject(fault: Fault): Promise<FaultEntry> {
    // The admin port answers in exactly these types: it is the same program.
    return (await this.#ask("POST", "/faults", fault)) as FaultEntry;
  }

  /** The faults injected since the last clearing, and how often each has hit. */
  async faults(): Promise<FaultEntry[]> {
    return (await this.#ask("GET", "/faults")) as FaultEntry[];
  }

  /** Clears every fault; what has arrived stays booked. */
  async clear(): Promise<void> {
    await this.#ask("DELETE", "/faults");
  }

  /** Reruns an instance as if somebody else did: nothing arrives, but every reading shows it. */
  async rerunByHand(rerun: HandRerun): Promise<void> {
    await this.#ask("POST", "/reruns", rerun);
  }

  /** Makes execution records known to a DMS task flow, which otherwise lists what calls named. */
  async seedFlow(flow: FlowSeed): Promise<void> {
    await this.#ask("POST", "/flows", flow);
  }

  /** Forgets everything: arrivals, faults, instances, jobs, nonces, lateness. */
  async reset(): Promise<void> {
    await this.#ask("POST", "/reset");
  }

  /** Every arrival in order, or those with a sequence beyond `after`. */
  async arrivals({ after = 0 }: { readonly after?: number } = {}): Promise<Arrival[]> {
    return (await this.#ask("GET", `/arrivals?after=${after}`)) as Arrival[];
  }

  /** What the provider counted; the window is one second unless given. */
  async summary({ windowMs = 1000 }: { readonly windowMs?: number } = {}): Promise<Summary> {
    return (await this.#ask("GET", `/summary?windowMs=${windowMs}`)) as Summary;
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`The simulator refused ${method} ${path}: ${text}`);
    }
    return JSON.parse(text);
  }
}
