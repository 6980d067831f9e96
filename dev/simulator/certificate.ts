import { generate } from "selfsigned";

/** What a TLS port needs, and what its clients need to trust it. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly caPem: string;
}

/** Makes a CA of its own and a certificate for localhost and 127.0.0.1 under it. */
export async function makeCertificate(): Promise<Certificate> {
  const ca = await generate([{ name: "commonName", value: "Provider simulator CA" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    ca: { key: ca.private, cert: ca.cert },
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
  return { key: leaf.private, cert: leaf.cert, caPem: ca.cert };
}
