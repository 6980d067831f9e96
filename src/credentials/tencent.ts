import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import sdk from "tencentcloud-sdk-nodejs/tencentcloud/common/credential.js";
import { abandonable } from "./abandonable.ts";
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

const VARIABLES = "TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY";
/** So that a chain which ends with OIDC gets there where no metadata service answers. */
const METADATA_IN_CHAIN_MS = 3000;

// What the library asks for, expiry included, before its caching, which keeps failures for ever and
// asks again without end when keys are shorter-lived than its margin.
class Sts extends sdk.STSCredential {
  async read(): Promise<TemporaryKeys> {
    return this.getCredentialWithStsAssumeRole();
  }
}

class Oidc extends sdk.OIDCRoleArnCredential {
  async read(): Promise<TemporaryKeys> {
    return this.getCredentialWithStsAssumeRoleWithWebIdentity();
  }
}

class InstanceRole extends sdk.CvmRoleCredential {
  async read(): Promise<TemporaryKeys> {
    return this.getRoleCredential((await this.getRoleName()).trim());
  }
}

interface TemporaryKeys {
  readonly TmpSecretId: string;
  readonly TmpSecretKey: string;
  readonly Token: string;
  /** Seconds since 1970. */
  readonly ExpiredTime: number;
}

/** Tencent Cloud's ways to come by keys, through the credential classes of its own SDK. */
export function tencentOrigins(options: CredentialOptions): Origins {
  const environment = () =>
    originOf("Tencent's environment variables", `Set ${VARIABLES}`, fromEnvironment);
  const instanceRole = () =>
    originOf(
      "the role of this Tencent instance",
      "Check that a role is bound to the instance and metadata.tencentyun.com answers",
      async () => dated(await new InstanceRole().read()),
    );
  const profile: Origins["profile"] = ({ file, profile: name }) =>
    originOf(
      "a Tencent profile",
      "Check the file, its section, secret_id and secret_key",
      async () => (file === null && name === null ? fromProfile() : fromIni(file, name)),
    );
  return {
    environment,
    instanceRole,
    profile,
    role: (role, source) => assumedRole(role, source, options),
    oidc: (role) => oidcRole(role, options),
    // The order of the SDK's DefaultCredentialProvider, which itself prints errors, secrets and all,
    // on the console, and returns empty keys instead of failing.
    chain: () =>
      firstOf("Tencent's default chain", [
        environment(),
        profile({ file: null, profile: null }),
        inTime(
          instanceRole(),
          Math.min(METADATA_IN_CHAIN_MS, (options.deadlineMs ?? Infinity) / 3),
        ),
        originOf("OIDC of TKE", "", async () => dated(await oidcFromEnvironment(options).read())),
      ]),
  };
}

async function fromEnvironment(): Promise<Resolution> {
  const { secretId, secretKey, token } =
    await new sdk.EnvironmentVariableCredential().getCredential();
  return undated(keysFrom(secretId, secretKey, token, `${VARIABLES} are not both set`));
}

async function fromProfile(): Promise<Resolution> {
  const { secretId, secretKey, token } = await new sdk.ProfileCredential().getCredential();
  const where = `~/.tencentcloud/credentials or /etc/tencentcloud/credentials`;
  const otherwise = `no [default] with secret_id and secret_key in ${where}`;
  return undated(keysFrom(secretId, secretKey, token, otherwise));
}

interface Ini {
  parse(text: string): Readonly<Record<string, unknown>>;
}

/** The SDK's own class only reads `[default]` of two fixed files: this is the same for others. */
async function fromIni(file: string | null, name: string | null): Promise<Resolution> {
  const path = file ?? defaultFile();
  const profile = name ?? "default";
  const text = await readFile(path, "utf8");
  const section: unknown = vendorsIni().parse(text)[profile];
  const { secret_id, secret_key, token } = (section ?? {}) as Readonly<Record<string, unknown>>;
  const otherwise = `no [${profile}] with secret_id and secret_key in ${path}`;
  return undated(keysFrom(secret_id, secret_key, token, otherwise));
}

function defaultFile(): string {
  const own = join(homedir(), ".tencentcloud", "credentials");
  return existsSync(own) ? own : "/etc/tencentcloud/credentials";
}

/** The very parser that the SDK's profiles are read with. */
function vendorsIni(): Ini {
  const require = createRequire(import.meta.url);
  const path = require.resolve("tencentcloud-sdk-nodejs/tencentcloud/common/credential.js");
  return createRequire(path)("ini") as Ini;
}

function assumedRole(role: AssumedRole, source: KeysOfSource, options: CredentialOptions): Origin {
  const { roleArn, sessionName, externalId } = role;
  return roleOrigin(`the role ${roleArn}`, source, async ({ id, secret, token }) => {
    const credential = {
      secretId: id.reveal(),
      secretKey: secret.reveal(),
      ...(token === null ? {} : { token: token.reveal() }),
    };
    const sts = new Sts(
      { credential, ...stsConfig(options) },
      {
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        ...(externalId === null ? {} : { ExternalId: externalId }),
      },
    );
    return dated(await sts.read());
  });
}

function oidcRole(role: OidcRole, options: CredentialOptions): Origin {
  let tokens: readonly string[] = [];
  const resolve = async (): Promise<Resolution> => {
    const token = (await readFile(role.tokenFile, "utf8")).trim();
    if (token === "") throw new Error(`${role.tokenFile} is empty`);
    tokens = [token];
    const oidc = new Oidc(
      { credential: NO_KEYS, ...stsConfig(options) },
      {
        RoleArn: role.roleArn,
        RoleSessionName: role.sessionName,
        WebIdentityToken: token,
        ProviderId: role.provider,
      },
    );
    return dated(await oidc.read());
  };
  return {
    name: `the role ${role.roleArn} by OIDC`,
    advice: "Check roleArn, providerId, tokenFile and the role's trust policy",
    resolve,
    secrets: () => tokens,
  };
}

const NO_KEYS = { secretId: "", secretKey: "" };

/** Everything from TKE's variables, as the SDK's chain does. */
function oidcFromEnvironment(options: CredentialOptions): Oidc {
  // The types know no constructor with a config alone; the code merges it with that of TKE.
  const FromEnvironment = Oidc as unknown as new (config: object) => Oidc;
  return new FromEnvironment({ credential: NO_KEYS, ...stsConfig(options) });
}

function stsConfig({ region, host, sts }: CredentialOptions) {
  // The API pages of the international site name a host of its own.
  const isInternational = host.endsWith(".intl.tencentcloudapi.com");
  const own = isInternational ? "sts.intl.tencentcloudapi.com" : "sts.tencentcloudapi.com";
  const httpProfile = {
    protocol: sts?.secure === false ? "http://" : "https://",
    endpoint: sts?.authority ?? own,
    // Our deadline ends the request; the SDK's timer would outlive it.
    reqTimeout: 0,
  };
  return { region, profile: { httpProfile } };
}

/** The same, given up earlier. */
function inTime(origin: Origin, ms: number): Origin {
  const resolve = async (signal: AbortSignal) =>
    abandonable(
      async () => origin.resolve(signal),
      AbortSignal.any([signal, AbortSignal.timeout(ms)]),
    );
  return { ...origin, resolve };
}

function undated(keys: Keys): Resolution {
  return { keys, expiresAt: null };
}

function dated(got: TemporaryKeys): Resolution {
  const { TmpSecretId, TmpSecretKey, Token, ExpiredTime } = got;
  const keys = keysFrom(TmpSecretId, TmpSecretKey, Token, "the answer holds no keys");
  return { keys, expiresAt: typeof ExpiredTime === "number" ? ExpiredTime * 1000 : null };
}
