import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type * as Library from "@alicloud/credentials";
import type { Keys } from "../domain/credentials.ts";
import type { CredentialOptions } from "./credential-source.ts";
import {
  type AssumedRole,
  firstOf,
  keysFrom,
  type KeysOfSource,
  type OidcRole,
  type Origin,
  originOf,
  type Origins,
  type Resolution,
  roleOrigin,
} from "./origin.ts";
import { sayable } from "./alibaba-message.ts";

// CommonJS with a `default` of its own, see src/providers/alibaba-sdk.ts.
const require = createRequire(import.meta.url);
const sdk = require("@alicloud/credentials") as typeof Library;

const VARIABLES = "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET";
/** The library's own time-outs; ours is shorter. */
const TIMEOUT_MS = 30_000;

/** Alibaba Cloud's ways to come by keys, through the provider classes of its own library. */
export function alibabaOrigins(options: CredentialOptions): Origins {
  const environment = () =>
    vendors("Alibaba's environment variables", `Set ${VARIABLES}`, () =>
      sdk.EnvironmentVariableCredentialsProvider.builder().build(),
    );
  const instanceRole = () =>
    vendors(
      "the role of this Alibaba instance",
      "Check that a RAM role is bound to the instance and 100.100.100.200 answers",
      () => sdk.ECSRAMRoleCredentialsProvider.builder().build(),
    );
  return {
    environment,
    instanceRole,
    profile: profileOrigin,
    role: (role, source) => assumedRole(role, source, options),
    oidc: (role) => oidcRole(role, options),
    // The order of the library's DefaultCredentialsProvider, which itself remembers the last one it
    // tried although that failed.
    chain: () =>
      firstOf("Alibaba's default chain", [
        environment(),
        vendors("OIDC", "", () => oidcBuilder(options).build()),
        cliProfile(null),
        credentialsFile(null),
        instanceRole(),
        vendors("a credentials URI", "", fromUri),
      ]),
  };
}

interface Provider {
  getCredentials(): Promise<{
    readonly accessKeyId: string;
    readonly accessKeySecret: string;
    readonly securityToken?: string;
  }>;
}

/** An origin that builds a provider of the library for each time it is asked. */
function vendors(name: string, advice: string, build: () => Provider | Promise<Provider>): Origin {
  return originOf(name, advice, async () => resolved(build));
}

async function resolved(build: () => Provider | Promise<Provider>): Promise<Resolution> {
  try {
    const provider = await build();
    const { accessKeyId, accessKeySecret, securityToken } = await provider.getCredentials();
    const keys = keysFrom(accessKeyId, accessKeySecret, securityToken, "it has no keys");
    return { keys, expiresAt: expiryOf(provider) };
  } catch (error) {
    throw sayable(error);
  }
}

/**
 * When the keys that a provider just gave expire; null when it does not know.
 *
 * The library tells nobody. Its providers keep the answer's own text in a private `session`, within
 * an `innerProvider` for profiles. Their `expirationTimestamp` is no help: it is moved for short lives.
 */
function expiryOf(provider: object): number | null {
  const inner: unknown = Reflect.get(provider, "innerProvider");
  if (typeof inner === "object" && inner !== null) return expiryOf(inner);
  const session: unknown = Reflect.get(provider, "session");
  if (typeof session !== "object" || session === null) return null;
  const text: unknown = Reflect.get(session, "expiration");
  const at = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : at;
}

function profileOrigin({ file, profile }: Parameters<Origins["profile"]>[0]): Origin {
  if (file !== null) {
    const advice = "Check the file, its section and the section's type";
    return vendors("an Alibaba profile", advice, async () => fromFile(file, profile));
  }
  // As in the library's chain.
  return firstOf("an Alibaba profile", [cliProfile(profile), credentialsFile(profile)]);
}

function cliProfile(profile: string | null): Origin {
  return vendors("~/.aliyun/config.json", "", () => {
    const builder = sdk.CLIProfileCredentialsProvider.builder();
    return (profile === null ? builder : builder.withProfileName(profile)).build();
  });
}

function credentialsFile(profile: string | null): Origin {
  const name = "ALIBABA_CLOUD_CREDENTIALS_FILE or ~/.alibabacloud/credentials";
  return vendors(name, "", () => profileBuilder(profile).build());
}

function profileBuilder(profile: string | null) {
  const builder = sdk.ProfileCredentialsProvider.builder();
  return profile === null ? builder : builder.withProfileName(profile);
}

/** The library takes no path: it gets the parsed file, from the parser that it uses itself. */
async function fromFile(file: string, profile: string | null): Promise<Provider> {
  const ini = createRequire(require.resolve("@alicloud/credentials"))("ini") as {
    parse(text: string): object;
  };
  const text = await readFile(file, "utf8");
  return profileBuilder(profile).build().getCredentialsProvider(ini.parse(text));
}

function fromUri(): Provider {
  const builder = sdk.URICredentialsProvider.builder();
  const provider = builder.build();
  // Without the variable the library would ask the host "undefined".
  if (!builder.credentialsURI) throw new Error("ALIBABA_CLOUD_CREDENTIALS_URI is not set");
  return provider;
}

function assumedRole(role: AssumedRole, source: KeysOfSource, options: CredentialOptions): Origin {
  const assume = async (keys: Keys) =>
    resolved(() => {
      const builder = sdk.RAMRoleARNCredentialsProvider.builder()
        .withCredentialsProvider(fixed(keys))
        .withRoleArn(role.roleArn)
        .withRoleSessionName(role.sessionName)
        .withStsRegionId(options.region)
        .withConnectTimeout(TIMEOUT_MS)
        .withReadTimeout(TIMEOUT_MS);
      if (role.externalId !== null) builder.withExternalId(role.externalId);
      if (options.sts !== undefined) builder.withStsEndpoint(options.sts.authority);
      return builder.build();
    });
  return roleOrigin(`the role ${role.roleArn}`, source, assume);
}

function fixed({ id, secret, token }: Keys) {
  if (token === null) {
    return sdk.StaticAKCredentialsProvider.builder()
      .withAccessKeyId(id.reveal())
      .withAccessKeySecret(secret.reveal())
      .build();
  }
  return sdk.StaticSTSCredentialsProvider.builder()
    .withAccessKeyId(id.reveal())
    .withAccessKeySecret(secret.reveal())
    .withSecurityToken(token.reveal())
    .build();
}

function oidcRole(role: OidcRole, options: CredentialOptions): Origin {
  let tokens: readonly string[] = [];
  return {
    name: `the role ${role.roleArn} by OIDC`,
    advice: "Check roleArn, providerArn, tokenFile and the role's trust policy",
    resolve: async () => {
      // The library reads it, too: this is for recognising it in what STS says.
      tokens = [(await readFile(role.tokenFile, "utf8")).trim()];
      return resolved(() =>
        oidcBuilder(options)
          .withRoleArn(role.roleArn)
          .withOIDCProviderArn(role.provider)
          .withOIDCTokenFilePath(role.tokenFile)
          .withRoleSessionName(role.sessionName)
          .build(),
      );
    },
    secrets: () => tokens,
  };
}

function oidcBuilder({ region, sts }: CredentialOptions) {
  const builder = sdk.OIDCRoleArnCredentialsProvider.builder()
    .withStsRegionId(region)
    .withConnectTimeout(TIMEOUT_MS)
    .withReadTimeout(TIMEOUT_MS);
  return sts === undefined ? builder : builder.withStsEndpoint(sts.authority);
}
