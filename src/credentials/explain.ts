import { Secret } from "../domain/secret.ts";
import { LogValues } from "../observability/log-value.ts";

const LONGEST = 1500;

/**
 * What an error says, fit for a log: without these secrets, without the queries of URLs (Alibaba's
 * transport quotes them whole, session tokens included) and what stands before their hosts, without pieces of unreadable answers.
 */
export function explain(error: unknown, secrets: readonly string[]): string {
  const said = messageOf(error)
    .replace(/\?[^\s'"]+/g, "")
    .replace(/\/\/[^\s/@]*@/g, "//")
    .replace(/(Unexpected|Expected|Bad|Unterminated) .*JSON.*$/s, "an answer that is not JSON")
    .replace(/[\s.]+$/, "");
  const text = new LogValues(secrets.map((secret) => new Secret(secret))).text(said);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "no reason given";
  if (error.message !== "") return error.message;
  // Node's error of several failed addresses has no message of its own.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(", ");
  return "code" in error ? String(error.code) : error.name;
}
