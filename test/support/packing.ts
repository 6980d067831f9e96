import { readFileSync } from "node:fs";
import { RequestPacker } from "../../src/inbound/pack-request.ts";
import { RequestParser } from "../../src/inbound/parse-request.ts";

const schemaText = readFileSync(
  new URL("../../schemas/rerun-request.avsc", import.meta.url),
  "utf8",
);

/** The packing that the service uses. */
export const packing = new RequestPacker(schemaText, new RequestParser({ targetsPerRequest: 200 }));
