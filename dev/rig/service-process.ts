import { type Child, endChild, type Program, startChild } from "./child.ts";

/** The service in a process of its own, as its users run it. */
export interface ServiceProcess {
  readonly pid: number;
  /** Base of `/metrics`, `/livez`, `/readyz`, `/status`. */
  readonly url: string;
  /** Every line of its log so far. */
  readonly logLines: readonly string[];
  /** The last lines of its standard error, which should have none. */
  lastWords(): string;
  /** Resolves when `/readyz` says so; rejects when the process ends before. */
  ready(): Promise<void>;
  status(): Promise<ServiceStatusPage>;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<number | string>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | string>;
}

/** The parts of `/status` that are looked at here. */
export interface ServiceStatusPage {
  readonly ready: boolean;
  readonly lanes: readonly {
    readonly provider: string;
    readonly kind: string;
    readonly waiting: Readonly<Record<"LOW" | "NORMAL" | "HIGH", number>>;
    readonly waitingOutsideOfMemory: number;
    readonly inFlight: number;
    readonly trackedJobs: number;
    readonly callsPerSecond: number;
    readonly limitedTo: number | null;
    readonly held: readonly { readonly why: string; readonly message: string }[];
    readonly breaker: string;
  }[];
  /** Null until the journal is read. */
  readonly journal: {
    readonly open: boolean;
    readonly drivenClaims: number;
    readonly partitions: readonly {
      readonly position: string;
      readonly summarisedTo: string;
      readonly openRequests: number;
      readonly finishedRequests: number;
    }[];
  } | null;
}

export interface ServiceProcessOptions {
  readonly configFile: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLog?: (line: string) => void;
  /** Further arguments for Node, such as a preloaded module. */
  readonly nodeOptions?: string;
  /** Unless told, the sources. */
  readonly program?: Program;
}

const SOURCES: Program = { script: "src/main.ts" };

const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;
const STOP_WITHIN_MS = 60_000;

/** Starts the service and resolves when its HTTP server listens. Rejects when it ends before. */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const logLines: string[] = [];
  let listening: (port: number) => void = () => undefined;
  const port = new Promise<number>((resolve) => (listening = resolve));
  const child = startChild({
    ...(options.program ?? SOURCES),
    args: ["run", "--config", options.configFile],
    env: {
      ...options.env,
      ...(options.nodeOptions === undefined ? {} : { NODE_OPTIONS: options.nodeOptions }),
    },
    onLine: (line) => {
      logLines.push(line);
      options.onLog?.(line);
      const started = /"event":"service.started".*"httpPort":(\d+)/.exec(line);
      if (started !== null) listening(Number(started[1]));
    },
  });
  const first = await Promise.race([
    port.then((number) => ({ number })),
    child.ended.then(() => null),
  ]);
  if (first === null) throw new Error(`the service did not start:\n${tellOf(child, logLines)}`);
  const url = `http://127.0.0.1:${first.number}`;
  return {
    pid: child.process.pid ?? 0,
    url,
    logLines,
    lastWords: () => child.lastWords(),
    ended: child.ended,
    ready: async () => untilReady(url, child, logLines),
    status: async () => (await fetch(`${url}/status`)).json() as Promise<ServiceStatusPage>,
    signal: (signal) => void child.process.kill(signal),
    stop: async () => endChild(child, STOP_WITHIN_MS),
  };
}

async function untilReady(url: string, child: Child, logLines: readonly string[]): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const ok = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    if (child.process.exitCode !== null || performance.now() > giveUpAt) {
      throw new Error(`the service did not become ready:\n${tellOf(child, logLines)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function tellOf(child: Child, logLines: readonly string[]): string {
  return [...logLines.slice(-20), child.lastWords()].join("\n");
}
