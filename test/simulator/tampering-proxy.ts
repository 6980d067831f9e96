import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo } from "node:net";

/** A man in the middle: passes requests on with their headers, and their bodies changed. */
export async function startTamperingProxy(
  target: string,
  change: (body: string) => string,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = change(Buffer.concat(chunks).toString("utf8"));
      const { method, headers, url } = incoming;
      const onward = request(target + (url ?? "/"), { method: method ?? "POST", headers });
      onward.on("response", (answer) => {
        outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(outgoing);
      });
      onward.end(body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
