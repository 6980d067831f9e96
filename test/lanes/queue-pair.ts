import { PRIORITIES } from "../../src/domain/rerun-request.ts";
import type { OperationName } from "../../src/domain/operation.ts";
import { type Queued, RequestQueue } from "../../src/lanes/request-queue.ts";
import { aDataWorksRerun, aReceived, aTencentRerun } from "../support/a-received-request.ts";
import { packing } from "../support/packing.ts";
import { type Plain, PlainQueue } from "./plain-queue.ts";

/** What is done to a queue; `pick` chooses one of those that are there. */
export type Step =
  | {
      readonly kind: "add";
      readonly rank: number;
      readonly requester: string;
      readonly operation: OperationName;
      readonly shelf: string;
      readonly partition: number;
      /** Null: one that nobody else has. */
      readonly targets: readonly string[] | null;
      readonly notBeforeIn: number | null;
      readonly expiresIn: number | null;
    }
  | {
      readonly kind: "take";
      readonly closed: OperationName | null;
      /** Asks for the first one to come last. */
      readonly skips: boolean;
      /** How many go along in the same call. */
      readonly joined: number;
    }
  | { readonly kind: "stage" | "drop" | "left"; readonly pick: number }
  | { readonly kind: "staged"; readonly pick: number; readonly then: "take" | "unstage" | "drop" }
  | { readonly kind: "park"; readonly pick: number; readonly target: string }
  | { readonly kind: "unpark"; readonly target: string }
  | {
      readonly kind: "putBack";
      readonly pick: number;
      readonly delayMs: number;
      readonly isBehind: boolean;
    }
  | { readonly kind: "pass"; readonly ms: number; readonly wallMs: number }
  | { readonly kind: "expire" }
  | { readonly kind: "forget"; readonly partition: number };

/** What waits for these is parked. */
const PARKED_FOR = ["x", "y"];

/**
 * The lane's queue and the plain one, side by side: does the same to both, and notes what they say.
 *
 * Where targets are shared the plain one does not know the order, for it knows nothing of inherited
 * places; it still knows who may go at all.
 */
export class QueuePair {
  readonly plain = new PlainQueue();
  readonly queue = new RequestQueue(packing, {
    now: () => this.plain.now,
    epoch: () => this.plain.epoch,
  });
  /** What the lane's queue said, and what the plain one says to it. */
  readonly told: unknown[] = [];
  readonly awaited: unknown[] = [];
  /** How many were added, and the ids of those that left for good, in order. */
  added = 0;
  readonly ended: number[] = [];
  readonly #handles = new Map<number, Queued>();
  readonly #knowsOrder: boolean;
  #parked = 0;

  constructor({ knowsOrder }: { readonly knowsOrder: boolean }) {
    this.#knowsOrder = knowsOrder;
  }

  do(step: Step): void {
    this.plain.look();
    for (const head of this.queue.heads(this.plain.now)) {
      this.#meet(head);
      [...this.queue.joinable(head, this.plain.now)].forEach((one) => this.#meet(one));
    }
    this.#do(step);
    this.plain.look();
    this.#compareSizes();
  }

  /** Ends all that is in the lane, one by one. */
  drain(): void {
    for (let round = 0; this.plain.all.length > 0 && round < 500; round += 1) {
      for (const target of PARKED_FOR) this.do({ kind: "unpark", target });
      for (let left = this.#at("staged").length; left > 0; left -= 1) {
        this.do({ kind: "staged", pick: 0, then: "unstage" });
      }
      this.do({ kind: "take", closed: null, skips: false, joined: 0 });
      for (let left = this.#at("taken").length; left > 0; left -= 1) {
        this.do({ kind: "left", pick: 0 });
      }
      this.do({ kind: "pass", ms: 50, wallMs: 20_000 });
    }
  }

  #do(step: Step): void {
    const { queue, plain } = this;
    switch (step.kind) {
      case "add": {
        this.#add(step);
        return;
      }
      case "take": {
        this.#takeCall(step);
        return;
      }
      case "stage": {
        this.#with(this.#due(), step.pick, (one, handle) => {
          queue.stage(handle);
          one.place = "staged";
        });
        return;
      }
      case "drop": {
        this.#with(this.#due(), step.pick, (one, handle) => this.#drop(one, handle));
        return;
      }
      case "left": {
        this.#with(this.#at("taken"), step.pick, (one, handle) => {
          queue.left(handle);
          this.#end(one);
        });
        return;
      }
      case "staged": {
        this.#with(this.#at("staged"), step.pick, (one, handle) => {
          if (step.then === "drop") {
            this.#drop(one, handle);
            return;
          }
          if (step.then === "take") {
            this.#take(one, handle);
            return;
          }
          queue.unstage(handle);
          plain.line(one);
        });
        return;
      }
      case "park": {
        this.#with([...this.#due(), ...this.#at("staged")], step.pick, (one, handle) => {
          queue.park(handle, step.target);
          const dueAt = (this.#parked += 1);
          Object.assign(one, { place: "parked", parkedFor: step.target, dueAt });
        });
        return;
      }
      case "unpark": {
        queue.unpark(step.target);
        const parked = plain.all.filter(({ parkedFor }) => parkedFor === step.target);
        parked.toSorted((a, b) => a.dueAt - b.dueAt).forEach((one) => plain.line(one));
        return;
      }
      case "putBack": {
        this.#with(this.#at("taken"), step.pick, (one, handle) => {
          // No two come back at one time: their order is certain.
          const dueAt = step.delayMs === 0 ? 0 : plain.now + step.delayMs + one.id / 1024;
          queue.putBack(handle, dueAt, step.isBehind ? "behind" : "old place");
          plain.putBack(one, dueAt, step.isBehind);
        });
        return;
      }
      case "pass":
        plain.now += step.ms;
        plain.epoch += step.wallMs;
        return;
      case "expire": {
        this.#expire();
        return;
      }
      case "forget": {
        const gone = plain.waiting.filter(({ partition }) => partition === step.partition);
        const forgotten = queue.forget(step.partition).map(({ source }) => Number(source.offset));
        this.#compare(forgotten.toSorted(), gone.map(({ id }) => id).toSorted());
        gone.forEach((one) => this.#end(one));
      }
    }
  }

  #add({ rank, requester, operation, shelf, partition, ...step }: Step & { kind: "add" }): void {
    const { plain } = this;
    this.added += 1;
    const id = this.added;
    const targets = step.targets ?? [`${id}00`];
    const notBefore = step.notBeforeIn === null ? null : plain.epoch + step.notBeforeIn;
    const least = notBefore ?? plain.epoch;
    const notAfter = step.expiresIn === null ? null : least + step.expiresIn;
    const asked =
      operation === "DataWorksRerunTaskInstances"
        ? aDataWorksRerun({ instanceIds: targets, comment: shelf })
        : aTencentRerun({ instanceKeys: targets, projectId: shelf });
    const asker = { requestedBy: requester, requestedAt: 0 };
    const terms = { ...asker, operation: asked, notBefore, notAfter };
    const priority = PRIORITIES[rank] ?? "NORMAL";
    this.queue.add(aReceived({ offset: id, partition }, { ...terms, priority }));
    const [from, until] = [notBefore ?? 0, notAfter ?? Infinity];
    plain.add({
      ...{ id, partition, rank, requester, operation, targets },
      ...{ shelf: `${operation} ${shelf}`, notBefore: from, notAfter: until },
    });
  }

  #takeCall({ closed, skips, joined }: Step & { kind: "take" }): void {
    const { queue, plain } = this;
    const mayGo = (operation: OperationName) => operation !== closed;
    const free = plain.due(({ operation }) => mayGo(operation));
    const last = skips ? (queue.first(plain.now, mayGo) ?? null) : null;
    const head = queue.first(plain.now, mayGo, last);
    if (this.#knowsOrder) {
      const next = free.find(({ id }) => last === null || id !== Number(last.offset));
      this.#compare(idOf(head), (next ?? free[0])?.id);
    }
    const one = free.find(({ id }) => id === idOf(head));
    this.#compare(one === undefined, free.length === 0);
    if (head === undefined || one === undefined) return;

    const joinable = [...queue.joinable(head, plain.now)];
    const ids = joinable.map((each) => Number(each.offset));
    const expected = plain.joinable(one);
    const inOrder = plain.due((each) => expected.has(each)).map(({ id }) => id);
    this.#compare(ids.toSorted(), [...expected].map(({ id }) => id).toSorted());
    if (this.#knowsOrder) this.#compare(ids, inOrder);
    this.#take(one, head);
    for (const each of joinable.slice(0, joined)) {
      const also = [...expected].find(({ id }) => id === Number(each.offset));
      // Nobody is overtaken: whoever stands before it is on the way as well.
      if (also === undefined) continue;
      this.#compare(plain.ahead(also).filter(({ place }) => place !== "taken").length, 0);
      this.#take(also, each);
    }
  }

  #take(one: Plain, handle: Queued): void {
    this.#handles.set(one.id, handle);
    this.queue.take(handle);
    this.plain.take(one);
  }

  #drop(one: Plain, handle: Queued): void {
    this.queue.drop(handle);
    this.#end(one);
  }

  #expire(): void {
    const late = this.plain.waiting.filter(({ notAfter }) => notAfter < this.plain.epoch);
    const gone: number[] = [];
    for (;;) {
      const expired = this.queue.takeExpired(this.plain.epoch);
      if (expired === undefined) break;
      gone.push(Number(expired.offset));
    }
    this.#compare(gone.toSorted(), late.map(({ id }) => id).toSorted());
    late.forEach((one) => this.#end(one));
  }

  /** What waits stands in both, in the same number and for the same time. */
  #compareSizes(): void {
    const { queue, plain } = this;
    this.#compare(
      queue.nextDueAt(plain.now, () => 0),
      plain.nextDueAt(),
    );
    this.#compare(queue.depth, plain.depth());
    this.#compare(queue.size, plain.waiting.length);
    const expiries = plain.waiting.map(({ notAfter }) => notAfter);
    this.#compare(queue.nextExpiry(), Math.min(Infinity, ...expiries));
    const count = (place: Plain["place"]) => plain.all.filter((one) => one.place === place).length;
    const [early, delayed, parked] = [count("early"), count("delayed"), count("parked")];
    const blocked = count("due") - plain.due().length;
    this.#compare(queue.waits, { early, blocked, delayed, parked });
  }

  #with(choice: readonly Plain[], pick: number, act: (one: Plain, handle: Queued) => void): void {
    const one = choice[pick % Math.max(1, choice.length)];
    const handle = this.#handles.get(one?.id ?? 0);
    if (one !== undefined && handle !== undefined) act(one, handle);
  }

  /** Those that are due and were met. */
  #due(): readonly Plain[] {
    return this.plain.due(({ id }) => this.#handles.has(id));
  }

  #at(place: Plain["place"]): readonly Plain[] {
    return this.plain.all.filter((one) => one.place === place);
  }

  #meet(handle: Queued): void {
    this.#handles.set(Number(handle.offset), handle);
  }

  #end(one: Plain): void {
    this.plain.remove(one);
    this.ended.push(one.id);
  }

  #compare(told: unknown, awaited: unknown): void {
    this.told.push(told);
    this.awaited.push(awaited);
  }
}

function idOf(waiting: Queued | undefined): number | undefined {
  return waiting === undefined ? undefined : Number(waiting.offset);
}
