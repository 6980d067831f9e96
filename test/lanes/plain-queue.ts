import type { OperationName } from "../../src/domain/operation.ts";
import { PRIORITIES, type Priority } from "../../src/domain/rerun-request.ts";
import { RISES_EVERY_MS } from "../../src/lanes/turn-order.ts";

/** A request in the plain queue. */
export interface Plain {
  readonly id: number;
  readonly partition: number;
  readonly rank: number;
  readonly requester: string;
  readonly operation: OperationName;
  /** What may share a call. */
  readonly shelf: string;
  readonly targets: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  place: "early" | "due" | "staged" | "delayed" | "parked" | "taken";
  parkedFor: string | null;
  dueAt: number;
  since: number;
  sequence: number;
  level: number;
  tag: number;
}

export type NewPlain = Omit<
  Plain,
  "place" | "parkedFor" | "dueAt" | "since" | "sequence" | "level" | "tag"
>;

/**
 * What the lane's queue promises, written down in the plainest way: a list that is searched from end
 * to end. It knows nothing of inherited places, so its order holds while no targets are shared.
 */
export class PlainQueue {
  now = 1000;
  /** The wall clock, which may be set. */
  epoch = 1_700_000_000_000;
  all: Plain[] = [];
  readonly #last = new Map<string, number>();
  readonly #reached = [0, 0, 0];
  readonly #highest = [0, 0, 0];
  #sequence = 0;

  get waiting(): readonly Plain[] {
    return this.all.filter(({ place }) => place !== "taken");
  }

  /** Those that nothing keeps but their turn, in order. */
  due(isWanted: (one: Plain) => boolean = () => true): readonly Plain[] {
    return this.all
      .filter((one) => one.place === "due" && this.ahead(one).length === 0 && isWanted(one))
      .toSorted((a, b) => b.level - a.level || a.tag - b.tag || a.sequence - b.sequence);
  }

  /** The earlier ones of its partition that share a target with it. */
  ahead(one: Plain): readonly Plain[] {
    return this.all.filter(
      (other) =>
        other.partition === one.partition &&
        other.id < one.id &&
        other.place !== "early" &&
        other.targets.some((target) => one.targets.includes(target)),
    );
  }

  /** What may go in one call with a head: what is free on its shelf, or kept by those that go only. */
  joinable(head: Plain): ReadonlySet<Plain> {
    const going = new Set([head]);
    for (let before = 0; before !== going.size;) {
      before = going.size;
      for (const one of this.all) {
        const isKept = this.ahead(one).some((other) => !going.has(other));
        if (one.place === "due" && one.shelf === head.shelf && !isKept) going.add(one);
      }
    }
    going.delete(head);
    return going;
  }

  add(added: NewPlain): void {
    const fresh = { place: "early", parkedFor: null, dueAt: 0, since: 0, tag: 0 } as const;
    const one: Plain = { ...added, ...fresh, sequence: this.#sequence++, level: added.rank };
    this.all.push(one);
    if (one.notBefore <= this.epoch) this.#arrive(one);
  }

  take(one: Plain): void {
    one.place = "taken";
    one.parkedFor = null;
    const heads = ["TencentRerunTaskInstances", "DataWorksRerunTaskInstances"].flatMap(
      (operation) => this.due((due) => due.operation === operation)[0] ?? [],
    );
    if (heads.some(({ level }) => level > one.level)) return;
    const tags = heads.filter(({ level }) => level === one.level).map(({ tag }) => tag);
    const tag = Math.min(one.tag, ...tags);
    this.#reached[one.level] = Math.max(this.#reached[one.level] ?? 0, tag);
  }

  putBack(one: Plain, dueAt: number, isBehind: boolean): void {
    if (isBehind) {
      one.sequence = this.#sequence++;
      one.tag = this.#highest[one.level] ?? 0;
    }
    if (dueAt === 0) this.line(one);
    else Object.assign(one, { place: "delayed", dueAt });
  }

  remove(one: Plain): void {
    this.all = this.all.filter((other) => other !== one);
  }

  /** It is due again, from wherever it was. */
  line(one: Plain): void {
    one.place = "due";
    one.parkedFor = null;
  }

  look(): void {
    const byTime = (a: Plain, b: Plain) => a.dueAt - b.dueAt || a.sequence - b.sequence;
    const delayed = this.all.filter((one) => one.place === "delayed" && one.dueAt <= this.now);
    for (const one of delayed.toSorted(byTime)) this.line(one);
    const early = this.all.filter((one) => one.place === "early" && one.notBefore <= this.epoch);
    const byHour = (a: Plain, b: Plain) => a.notBefore - b.notBefore || a.sequence - b.sequence;
    for (const one of early.toSorted(byHour)) this.#arrive(one);
    for (;;) {
      const [next] = this.due(({ level }) => level < 2).toSorted(
        (a, b) => risesAt(a) - risesAt(b) || a.sequence - b.sequence,
      );
      if (next === undefined || risesAt(next) > this.now) return;
      this.#age(next);
    }
  }

  nextDueAt(): number {
    if (this.due().length > 0) return 0;
    const delays = this.all.filter(({ place }) => place === "delayed").map(({ dueAt }) => dueAt);
    const early = this.all
      .filter(({ place }) => place === "early")
      .map(({ notBefore }) => this.now + Math.min(60_000, notBefore - this.epoch));
    return Math.min(Infinity, ...delays, ...early);
  }

  depth(): Record<Priority, number> {
    const count = (priority: Priority) =>
      this.waiting.filter(({ rank }) => PRIORITIES[rank] === priority).length;
    return { LOW: count("LOW"), NORMAL: count("NORMAL"), HIGH: count("HIGH") };
  }

  #arrive(one: Plain): void {
    Object.assign(one, { place: "due", since: this.now, sequence: this.#sequence++ });
    one.tag = this.#nextTag(one);
  }

  #age(one: Plain): void {
    const steps = Math.floor((this.now - one.since) / RISES_EVERY_MS);
    const level = Math.min(2, one.rank + steps);
    if (level <= one.level) return;
    one.level = level;
    one.tag = this.#nextTag(one);
  }

  #nextTag({ requester, rank, level }: Plain): number {
    const flow = `${requester} ${rank} ${level}`;
    const tag = Math.max(this.#last.get(flow) ?? 0, this.#reached[level] ?? 0) + 1;
    this.#last.set(flow, tag);
    this.#highest[level] = Math.max(this.#highest[level] ?? 0, tag);
    return tag;
  }
}

function risesAt({ since, level, rank }: Plain): number {
  return since + (level - rank + 1) * RISES_EVERY_MS;
}
