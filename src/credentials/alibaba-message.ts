/**
 * An error of Alibaba's credentials library without what it quotes: whole answers, the whole of the
 * CLI's config file, commands and their output. Of an answer that is an error of the cloud's, the
 * code and the message remain.
 */
export function sayable(error: unknown): Error {
  if (!(error instanceof Error)) return new Error("no reason given");
  // Transport errors and missing files quote nothing but URLs and paths.
  if ("code" in error || error.name === "RequestTimeoutError") return error;
  const quoting = QUOTING.exec(error.message);
  // What this version of the library does not quote yet: bodies begin with a brace or a tag.
  if (quoting === null) return new Error(error.message.replace(/[{<\n].*$/s, "(…)"));
  const [, said = "", quoted = ""] = quoting;
  return new Error(`${said}: ${cloudError(quoted)}`);
}

// The places in the library's code that put a body, a file or an output behind their own words.
const QUOTING =
  /^(refresh session token failed|get sts token failed with OIDC|get sts token failed, httpStatus: \d+|error retrieving credentials from credentialsURI|refresh RoleArn sts token err|get sts token failed|parse aliyun cli config from '[^']*' failed|failed to (?:execute|parse) external command(?: output)?|get session token from (?:CloudSSO|OAuth) failed|refresh session token from OAuth failed|failed to refresh OAuth token)[:,. ](.+)$/s;

const NOT_SHOWN = "what was said is not shown, it may hold secrets";

/** `Code: Message` of an error as Alibaba's gateway writes it. */
function cloudError(quoted: string): string {
  const body = /\{.*\}/s.exec(quoted)?.[0];
  try {
    const { Code, Message } = JSON.parse(body ?? "") as { Code?: unknown; Message?: unknown };
    if (typeof Code !== "string" || typeof Message !== "string") return NOT_SHOWN;
    // A refused signature is answered with what was signed: the session token, among others.
    return `${Code}: ${Message.replace(/server string to sign is:.*$/s, "(…)")}`;
  } catch {
    return NOT_SHOWN;
  }
}
