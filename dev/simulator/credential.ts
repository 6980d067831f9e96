import { z } from "zod";

/** The clouds that the simulator speaks for. */
export const clouds = ["tencent", "alibaba"] as const;

/** One of the clouds that the simulator speaks for. */
export type Cloud = (typeof clouds)[number];

const credentialSchema = z.strictObject({
  cloud: z.enum(clouds),
  id: z.string().min(1),
  secret: z.string().min(1),
  token: z.string().min(1).optional(),
});

/** A key that the simulator accepts; with `token`, only together with that security token. */
export type Credential = z.infer<typeof credentialSchema>;

/** Reads a credentials file's JSON value. Throws a `ZodError` naming every problem. */
export function parseCredentials(value: unknown): Credential[] {
  return z.array(credentialSchema).parse(value);
}

/** Finds the secret behind a key id, or nothing: what a cloud's account service does. */
export type FindCredential = (cloud: Cloud, id: string) => Credential | undefined;

/** Looks keys up in a fixed list. */
export function credentialFinder(credentials: readonly Credential[]): FindCredential {
  const byKey = new Map(credentials.map((one) => [`${one.cloud} ${one.id}`, one]));
  return (cloud, id) => byKey.get(`${cloud} ${id}`);
}
