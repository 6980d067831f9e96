/** The brokers' answer did not come. */
export class NoAnswer extends Error {
  constructor(why: string) {
    super(`no answer came: ${why}`);
  }
}
