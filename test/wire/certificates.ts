import { generate } from "selfsigned";

/** A key, its certificate, and what a client must trust to take it. */
export interface OddCertificate {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** A certificate for 127.0.0.1 that has signed itself. */
export async function selfSigned(): Promise<OddCertificate> {
  const pair = await generate([{ name: "commonName", value: "self-signed" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [nameOf("127.0.0.1")],
  });
  return { key: pair.private, cert: pair.cert, ca: pair.cert };
}

/** A certificate of a trusted authority, for this address and until then. */
export async function signedFor(ip: string, notAfterDate: Date): Promise<OddCertificate> {
  const notBeforeDate = new Date("2020-01-01");
  const base = { keyType: "ec", algorithm: "sha256", notBeforeDate } as const;
  const ca = await generate([{ name: "commonName", value: "Test CA" }], {
    ...base,
    notAfterDate: new Date("2099-01-01"),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: "commonName", value: "provider" }], {
    ...base,
    notAfterDate,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "extKeyUsage", serverAuth: true },
      nameOf(ip),
    ],
  });
  return { key: leaf.private, cert: leaf.cert, ca: ca.cert };
}

function nameOf(ip: string) {
  return { name: "subjectAltName" as const, altNames: [{ type: 7 as const, ip }] };
}
