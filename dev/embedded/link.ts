/** What a process asks the embedded brokers for. */
export type Errand =
  | "append to the journal"
  | "read the journal"
  | "write a checkpoint"
  | "read the checkpoints"
  | "publish"
  | "join the group"
  | "fetch requests"
  | "commit offsets"
  | "leave the group"
  | "ask for ranges"
  | "append a slot"
  | "read the slots"
  | "ask the registry";

/** The line between one process and the embedded brokers: where everything can go wrong. */
export interface Link {
  /**
   * Asks the brokers; `serve` is what they do for it, and resolves when they have an answer.
   *
   * Resolves with their answer. Rejects when the answer did not come: then they did it not at all,
   * once or several times, before now or later.
   */
  exchange<T>(errand: Errand, serve: () => T | Promise<T>): Promise<T>;
}

/** A line on which nothing goes wrong. */
export const calmLink: Link = {
  exchange: async (_errand, serve) => {
    // Answers of brokers come in a later turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    return serve();
  },
};
