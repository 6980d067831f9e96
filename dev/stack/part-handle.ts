/**
 * Steers one part of the stack. Every method but `start` may be called at any time and does nothing
 * to a part that is down already.
 */
export interface PartHandle {
  /** The pid of the Java process; undefined while it is down, or when it is not ours. */
  readonly pid: number | undefined;
  /** SIGTERM; resolves once it has ended, by SIGKILL if it takes longer than `stopTimeoutMs`. */
  stop(): Promise<void>;
  /** SIGKILL; resolves once it has ended. */
  kill(): Promise<void>;
  /** SIGSTOP: its sockets stay open, nothing answers. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /**
   * Starts it again on the same port with the same data; resolves once it answers. Throws when it
   * runs already. The registry keeps its schemas in memory only, so it comes back empty. A broker
   * that was killed is let in again only after its old session (`broker.session.timeout.ms`, 9 s).
   */
  start(): Promise<void>;
}

/** The handle of a part that was not started by us: every method throws and says why. */
export function foreignPart(why: string): PartHandle {
  const refuse = (): never => {
    throw new Error(why);
  };
  const refuseLater = async (): Promise<never> => Promise.reject(new Error(why));
  return {
    pid: undefined,
    stop: refuseLater,
    kill: refuseLater,
    freeze: refuse,
    thaw: refuse,
    start: refuseLater,
  };
}
