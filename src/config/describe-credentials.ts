import type { CredentialsConfig } from "./config.ts";

const REDACTED = "[redacted]";

/** `credentials` of one connection in the contract's key names, without its secrets. */
export function describeCredentials(credentials: CredentialsConfig, isAlibaba: boolean): object {
  switch (credentials.type) {
    case "static": {
      const token = credentials.token === null ? null : REDACTED;
      return { type: "static", id: REDACTED, secret: REDACTED, token };
    }
    case "default":
    case "env":
    case "instance-role":
    case "profile":
      return credentials;
    case "oidc": {
      const { type, roleArn, provider, tokenFile, sessionName } = credentials;
      const identity = isAlibaba ? { providerArn: provider } : { providerId: provider };
      return { type, roleArn, ...identity, tokenFile, sessionName };
    }
    case "role":
      return { ...credentials, source: describeCredentials(credentials.source, isAlibaba) };
  }
}
