import type { EmbeddedGroup } from "../embedded/embedded-group.ts";

/** How often the coordinator looks who is still there. */
export const LOOK_EVERY_MS = 2000;

/** Throws members out of the group that have not been heard of for a session. */
export class Coordinator {
  readonly #group: EmbeddedGroup;
  readonly #sessionMs: number;
  /** Member → when it was last heard of, virtual time. */
  readonly #heardAt = new Map<string, number>();

  constructor(group: EmbeddedGroup, sessionMs: number) {
    this.#group = group;
    this.#sessionMs = sessionMs;
  }

  /** `present`: the members whose processes run. */
  look(now: number, present: ReadonlySet<string>): void {
    for (const member of this.#group.members) {
      const heardAt = present.has(member) ? now : (this.#heardAt.get(member) ?? now);
      this.#heardAt.set(member, heardAt);
      if (now - heardAt > this.#sessionMs) this.#group.leave(member);
    }
  }
}
