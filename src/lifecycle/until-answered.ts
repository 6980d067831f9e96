export interface AskingParts {
  /** Waits between two questions; rejects when nobody wants to know any more. */
  readonly pause: (ms: number) => Promise<void>;
  /** Told every question that was asked in vain. */
  readonly inVain: (error: unknown) => void;
}

const ASK_AGAIN_MS = 1000;

/** Asks until there is an answer: that the brokers are away ends nothing. */
export async function untilAnswered<T>(
  ask: () => Promise<T>,
  { pause, inVain }: AskingParts,
): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      inVain(error);
      await pause(ASK_AGAIN_MS);
    }
  }
}
