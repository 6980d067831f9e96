import { hash } from "node:crypto";
import { batchKeyOf } from "../domain/batch.ts";
import type { Operation, OperationName } from "../domain/operation.ts";
import { Heap } from "./heap.ts";
import { goesBefore, type Packing, type Shelf, type WaitingRequest } from "./waiting-request.ts";

/** The requests that may share a call: those that are due stand here, in the lane's order. */
export class DueShelf extends Heap<Queued> implements Shelf {
  readonly operation: OperationName;
  readonly packing: Packing;
  readonly key: string;
  /** How many requests in the lane belong here, due or not. */
  requests = 0;
  /** Position among the shelves of its operation, -1 while nothing is due here. */
  position = -1;

  constructor(operation: OperationName, packing: Packing, key: string) {
    super(goesBefore, placeAmongDue);
    this.operation = operation;
    this.packing = packing;
    this.key = key;
  }
}

/** A request as the queue knows it. */
export type Queued = WaitingRequest<DueShelf>;

/**
 * All that is due in a lane, by what may share a call. There may be as many shelves as requests:
 * nothing here is linear in either. A shelf goes with its last request.
 */
export class Shelves {
  readonly #packing: Packing;
  readonly #byKey = new Map<string, DueShelf>();
  /** The shelves on which something is due, by their heads. */
  readonly #byOperation = new Map<OperationName, Heap<DueShelf>>();

  constructor(packing: Packing) {
    this.#packing = packing;
  }

  /** How many there are. */
  get size(): number {
    return this.#byKey.size;
  }

  /** The shelf for one more request of this operation. */
  enter(operation: Operation): DueShelf {
    const key = digestOf(batchKeyOf(operation));
    const shelf = this.#byKey.get(key) ?? this.#create(operation.kind, key);
    shelf.requests += 1;
    return shelf;
  }

  /** One that left is back, on the shelf that is now there for it. */
  enterAgain(waiting: Queued): void {
    const known = this.#byKey.get(waiting.shelf.key);
    if (known === undefined) this.#byKey.set(waiting.shelf.key, waiting.shelf);
    else waiting.shelf = known;
    waiting.shelf.requests += 1;
  }

  /** One of its requests is in the lane no more. */
  leave(shelf: DueShelf): void {
    shelf.requests -= 1;
    if (shelf.requests === 0) this.#byKey.delete(shelf.key);
  }

  /** It is due. */
  push(waiting: Queued): void {
    waiting.shelf.push(waiting);
    this.#headChanged(waiting.shelf);
  }

  /** It is due no more. */
  remove(waiting: Queued): void {
    waiting.shelf.removeAt(waiting.dueAs);
    this.#headChanged(waiting.shelf);
  }

  /** One that is due has another place in the order. */
  changed(waiting: Queued): void {
    waiting.shelf.changedAt(waiting.dueAs);
    this.#headChanged(waiting.shelf);
  }

  /** The first due one of each operation that may go. */
  heads(mayGo: (operation: OperationName) => boolean = () => true): readonly Queued[] {
    return [...this.#byOperation]
      .filter(([operation, shelves]) => shelves.size > 0 && mayGo(operation))
      .map(([, shelves]) => headOf(shelves.peek()))
      .filter((head) => head !== undefined);
  }

  /** Whether it is the first due one of its operation. */
  isHead(waiting: Queued): boolean {
    const { shelf } = waiting;
    return headOf(shelf) === waiting && this.#shelvesOf(shelf.operation).peek() === shelf;
  }

  #create(operation: OperationName, key: string): DueShelf {
    const shelf = new DueShelf(operation, this.#packing, key);
    this.#byKey.set(key, shelf);
    return shelf;
  }

  #headChanged(shelf: DueShelf): void {
    const shelves = this.#shelvesOf(shelf.operation);
    if (shelf.size === 0) shelves.removeAt(shelf.position);
    else if (shelf.position === -1) shelves.push(shelf);
    else shelves.changedAt(shelf.position);
  }

  #shelvesOf(operation: OperationName): Heap<DueShelf> {
    const known = this.#byOperation.get(operation);
    if (known !== undefined) return known;
    const created = new Heap<DueShelf>(isAhead, (shelf, position) => (shelf.position = position));
    this.#byOperation.set(operation, created);
    return created;
  }
}

/** Of long keys there may be as many as requests. */
function digestOf(key: string): string {
  return hash("sha256", key, "buffer").toString("latin1", 0, 16);
}

function headOf(shelf: DueShelf | undefined): Queued | undefined {
  return shelf?.peek();
}

function placeAmongDue(waiting: Queued, position: number): void {
  waiting.dueAs = position;
}

function isAhead(a: DueShelf, b: DueShelf): boolean {
  const [x, y] = [headOf(a), headOf(b)];
  return x !== undefined && y !== undefined && goesBefore(x, y);
}
