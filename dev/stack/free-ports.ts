import { createServer, type Server } from "node:net";

/**
 * Ports of 127.0.0.1 that nobody listened on a moment ago, all different. The system chooses them;
 * somebody else may take one before its user does (withFreePorts).
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

/** Runs `start` with free ports, and once more with others when it failed because one was taken. */
export async function withFreePorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T>,
): Promise<T> {
  try {
    return await start(await freePorts(count));
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    return start(await freePorts(count));
  }
}

/** Whether a failed start says that its port was in use; the words are the JVM's, Kafka's and Quarkus'. */
export function isPortTaken(error: unknown): boolean {
  return (
    error instanceof Error &&
    /address already in use|BindException|already bound|in use by another process/i.test(
      error.message,
    )
  );
}

async function listenAnywhere(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port was bound");
  return address.port;
}

async function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
