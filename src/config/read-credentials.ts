import type { StaticCredentials } from "./config.ts";
import { isMissing } from "./config-value.ts";
import type { ReadingContext } from "./read-pem.ts";
import { PLACEHOLDER, Section } from "./section.ts";
import { Secret } from "../domain/secret.ts";

/** Reads `credentials` of one provider connection. */
export function readCredentials(
  provider: Section,
  { findings }: ReadingContext,
): StaticCredentials {
  const none = new Secret(PLACEHOLDER);
  const place = provider.place("credentials");
  const missing: StaticCredentials = { type: "static", id: none, secret: none, token: null };
  if (place.value?.kind !== "map") {
    if (!isMissing(place.value))
      provider.refuse("credentials", "{ type: static, id, secret, token }");
    return missing;
  }
  const typeOnly = new Map([...place.value.entries].filter(([key]) => key === "type"));
  const type = new Section(
    { path: place.path, value: { kind: "map", entries: typeOnly } },
    ["type"],
    findings,
  ).choice("type", ["static"]);
  // The keys of another type are not looked at: they are neither wrong nor understood.
  if (type === undefined) return missing;
  const credentials = provider.section("credentials", ["type", "id", "secret", "token"]);
  const rule = { expected: "text without blanks and line ends", matches: /^\S+$/ };
  return {
    type,
    id: credentials.secret("id", rule),
    secret: credentials.secret("secret", rule),
    token: credentials.optionalSecret("token", rule),
  };
}
