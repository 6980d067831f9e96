/** Nobody answered in the time that was given. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/**
 * The work's end, or a rejection with `NoAnswer` after `ms` milliseconds. Late work goes on
 * unwatched.
 */
export async function within<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(`no answer to ${what} for ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
