import { assertNever } from "../domain/assert-never.ts";
import type { Change } from "../journal/change.ts";
import type { Entry } from "../journal/claim-entry.ts";

/** What a change of the journal means for requests. */
export interface News {
  /** They stand in another way now, in this order. */
  readonly moved: readonly Entry[];
  /** Its final outcome is out; null: none is. */
  readonly finished: Entry | null;
}

const NONE: News = { moved: [], finished: null };

/** Tells whom a change is about, and how. */
export function newsOf(change: Change): News {
  switch (change.kind) {
    case "claimed":
    case "closed":
      return { moved: change.granted, finished: null };
    case "released":
    case "accepted":
    case "accepted-published":
    case "done":
      return { moved: [change.entry], finished: null };
    case "published":
      return { moved: [], finished: change.entry };
    case "freed":
    case "border":
    case "ignored":
      return NONE;
    default:
      return assertNever(change);
  }
}
