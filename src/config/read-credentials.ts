import type {
  CredentialsConfig,
  OidcCredentials,
  ProfileCredentials,
  RoleCredentials,
  SourceCredentials,
  StaticCredentials,
} from "./config.ts";
import { isMissing } from "./config-value.ts";
import type { ReadingContext } from "./read-pem.ts";
import { mayBeMissing } from "./references.ts";
import { rereadingOf } from "./reread-keys.ts";
import { PLACEHOLDER, Section } from "./section.ts";
import { Secret } from "../domain/secret.ts";

const SOURCE_TYPES = ["static", "default", "env", "instance-role", "profile", "oidc"] as const;
const TYPES = [...SOURCE_TYPES, "role"] as const;
type CredentialsType = CredentialsConfig["type"];

const ABSOLUTE = { expected: "an absolute path: it is not searched for", matches: /^\// };
const DEFAULT_SESSION = "rerun-dispatcher";

/** What the two clouds call the same things by, and what they accept. */
interface Cloud {
  readonly providerKey: "providerId" | "providerArn";
  readonly role: { readonly expected: string; readonly matches: RegExp };
  readonly session: { readonly expected: string; readonly matches: RegExp };
  /** The variables that the vendor's own library reads. */
  readonly env: Readonly<Record<"roleArn" | "provider" | "tokenFile", string>>;
  readonly sessionEnv: string | null;
}

const TENCENT: Cloud = {
  providerKey: "providerId",
  role: {
    expected: "a role such as qcs::cam::uin/100000000001:roleName/reruns",
    matches: /^qcs::cam::\S+$/,
  },
  session: { expected: "2 to 128 characters of A-Za-z0-9_+=,.@-", matches: /^[\w+=,.@-]{2,128}$/ },
  env: {
    roleArn: "TKE_ROLE_ARN",
    provider: "TKE_PROVIDER_ID",
    tokenFile: "TKE_WEB_IDENTITY_TOKEN_FILE",
  },
  sessionEnv: null,
};

const ALIBABA: Cloud = {
  providerKey: "providerArn",
  role: {
    expected: "a role such as acs:ram::1000000000000001:role/reruns",
    matches: /^acs:ram::\S+$/,
  },
  session: { expected: "2 to 64 characters of A-Za-z0-9_.@-", matches: /^[\w.@-]{2,64}$/ },
  env: {
    roleArn: "ALIBABA_CLOUD_ROLE_ARN",
    provider: "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    tokenFile: "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
  },
  sessionEnv: "ALIBABA_CLOUD_ROLE_SESSION_NAME",
};

/** Reads `credentials` of one provider connection. */
export function readCredentials(provider: Section, context: ReadingContext): CredentialsConfig {
  const kind = provider.place("kind").value;
  const isAlibaba = kind?.kind === "scalar" && String(kind.value).startsWith("alibaba-");
  const cloud = isAlibaba ? ALIBABA : TENCENT;
  const type = typeWithin(provider, "credentials", TYPES, context);
  if (type === "role") return readRole(provider, cloud, context);
  return readSource(provider, "credentials", type, cloud, context);
}

/** The type that a mapping names; undefined when it names none, which has been reported. */
function typeWithin<const T extends CredentialsType>(
  parent: Section,
  key: string,
  types: readonly T[],
  { findings }: ReadingContext,
): T | undefined {
  const { path, value } = parent.place(key);
  if (value?.kind !== "map") {
    if (!isMissing(value))
      parent.refuse(key, "{ type: static, id, secret, token } or another type");
    return undefined;
  }
  const entries = new Map([...value.entries].filter(([one]) => one === "type"));
  // The keys of another type are not looked at: they are neither wrong nor understood.
  return new Section({ path, value: { kind: "map", entries } }, ["type"], findings).choice(
    "type",
    types,
  );
}

function readRole(provider: Section, cloud: Cloud, context: ReadingContext): RoleCredentials {
  const keys = ["type", "roleArn", "sessionName", "externalId", "source"];
  const role = provider.section("credentials", keys);
  const source = role.place("source").value;
  const ofSource = source?.kind === "map" ? source.entries.get("type") : undefined;
  const isNested = ofSource?.kind === "scalar" && ofSource.value === "role";
  if (isNested) {
    const expected = `one of ${SOURCE_TYPES.join(", ")}: a role is not taken on from within another`;
    context.findings.add(`${role.path}.source.type`, '"role"', expected);
  }
  const type = isNested ? undefined : typeWithin(role, "source", SOURCE_TYPES, context);
  return {
    type: "role",
    roleArn: role.text("roleArn", cloud.role),
    sessionName: role.text("sessionName", { ...cloud.session, default: DEFAULT_SESSION }),
    externalId: role.optionalText("externalId", {
      expected: "2 to 1224 characters without blanks",
      matches: /^\S{2,1224}$/,
    }),
    source: readSource(role, "source", type, cloud, context),
  };
}

function readSource(
  parent: Section,
  key: string,
  type: SourceCredentials["type"] | undefined,
  cloud: Cloud,
  context: ReadingContext,
): SourceCredentials {
  const section = (...keys: readonly string[]) => parent.section(key, ["type", ...keys]);
  switch (type) {
    case undefined: {
      const none = new Secret(PLACEHOLDER);
      return { type: "static", id: none, secret: none, token: null, reread: null };
    }
    case "static":
      return readStatic(section("id", "secret", "token"), context);
    case "profile":
      return readProfile(section("file", "profile"));
    case "oidc":
      return readOidc(
        section("roleArn", cloud.providerKey, "tokenFile", "sessionName"),
        cloud,
        context,
      );
    case "default":
    case "env":
    case "instance-role":
      section();
      return { type };
  }
}

function readStatic(credentials: Section, context: ReadingContext): StaticCredentials {
  const rule = { expected: "text without blanks and line ends", matches: /^\S+$/ };
  const keys = {
    id: credentials.secret("id", rule),
    secret: credentials.secret("secret", rule),
    token: credentials.optionalSecret("token", rule),
  };
  return { type: "static", ...keys, reread: rereadingOf(credentials, keys, rule, context) };
}

function readProfile(credentials: Section): ProfileCredentials {
  return {
    type: "profile",
    // What else the vendors' tools keep in JSON, their libraries only read in its own place.
    file: credentials.optionalText("file", {
      expected: "the absolute path of an INI file",
      matches: /^\/(?!.*\.json$)/,
    }),
    profile: credentials.optionalText("profile", {
      expected: "the name of a profile, without blanks and brackets",
      matches: /^[^\s[\]]{1,128}$/,
    }),
  };
}

function readOidc(credentials: Section, cloud: Cloud, context: ReadingContext): OidcCredentials {
  const { env } = context.surroundings;
  const found = (name: string) => (Object.hasOwn(env, name) ? env[name] : undefined) ?? "";
  const orFromEnv = (key: string, name: string, rule: { expected: string; matches: RegExp }) => {
    if (credentials.isGiven(key)) return credentials.text(key, rule);
    const value = found(name);
    if (rule.matches.test(value)) return value;
    const state = value === "" ? "not set" : "something else (not shown)";
    const path = `${credentials.path}.${key}`;
    if (value === "" && mayBeMissing(path, context.surroundings)) {
      context.findings.warn(path, `${name} is not set; a placeholder stands for it`);
    } else {
      const expected = `${rule.expected}, here or in the variable ${name}`;
      context.findings.add(path, `nothing, and ${name} is ${state}`, expected);
    }
    return PLACEHOLDER;
  };
  const fromEnv = cloud.sessionEnv === null ? "" : found(cloud.sessionEnv);
  const session = cloud.session.matches.test(fromEnv) ? fromEnv : DEFAULT_SESSION;
  return {
    type: "oidc",
    roleArn: orFromEnv("roleArn", cloud.env.roleArn, cloud.role),
    provider: orFromEnv(cloud.providerKey, cloud.env.provider, {
      expected: "the identity provider's name at the cloud",
      matches: /^\S+$/,
    }),
    tokenFile: orFromEnv("tokenFile", cloud.env.tokenFile, ABSOLUTE),
    sessionName: credentials.text("sessionName", { ...cloud.session, default: session }),
  };
}
