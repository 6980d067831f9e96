import { type IncomingHttpHeaders, type IncomingMessage } from "node:http";

/** One HTTP request as it stood on the wire; signatures are checked against this, never a parse. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** What follows the question mark, still encoded. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The head of a request whose body is still on its way. */
export function requestHead(message: IncomingMessage): RawRequest {
  const [path = "", ...rest] = (message.url ?? "/").split("?");
  return {
    method: message.method ?? "",
    path,
    query: rest.join("?"),
    headers: message.headers,
    body: Buffer.alloc(0),
  };
}

/** The whole body. Rejects when the client goes away before its end. */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A header's value by its lower-case name; repeated ones are joined as HTTP says. */
export function headerOf(request: RawRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}
