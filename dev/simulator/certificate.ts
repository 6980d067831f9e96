import { generate } from "selfsigned";

/** What a TLS port shows its clients. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

/** What a TLS port needs, and what its clients need to trust it. */
export interface Certificate extends ServerCertificate {
  readonly caPem: string;
}

/** The certificates of one authority, and one that it never saw. */
export interface Authority {
  readonly caPem: string;
  readonly issue: () => Promise<ServerCertificate>;
  /** Signed by the authority, with a validity that ended in 2001. */
  readonly issueExpired: () => Promise<ServerCertificate>;
  /** Signed by itself. */
  readonly forge: () => Promise<ServerCertificate>;
}

type LeafOptions = Pick<
  NonNullable<Parameters<typeof generate>[1]>,
  "ca" | "notBeforeDate" | "notAfterDate"
>;

const ecKey = { keyType: "ec", algorithm: "sha256" } as const;

/** Makes a CA of its own, for certificates of localhost and 127.0.0.1. */
export async function makeAuthority(): Promise<Authority> {
  const authority = await generate([{ name: "commonName", value: "Provider simulator CA" }], {
    ...ecKey,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { key: authority.private, cert: authority.cert };
  const past = { notBeforeDate: new Date("2000-01-01"), notAfterDate: new Date("2001-01-01") };
  return {
    caPem: authority.cert,
    issue: async () => makeLeaf({ ca }),
    issueExpired: async () => makeLeaf({ ca, ...past }),
    forge: async () => makeLeaf({}),
  };
}

/** Makes a CA of its own and a certificate for localhost and 127.0.0.1 under it. */
export async function makeCertificate(): Promise<Certificate> {
  const authority = await makeAuthority();
  return { ...(await authority.issue()), caPem: authority.caPem };
}

async function makeLeaf(options: LeafOptions): Promise<ServerCertificate> {
  const leaf = await generate([{ name: "commonName", value: "localhost" }], {
    ...ecKey,
    ...options,
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { key: leaf.private, cert: leaf.cert };
}
