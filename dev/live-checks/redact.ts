/** What tells whose account it is: ARNs, key ids, long numbers (accounts, instances), UUIDs. */
const TELLTALES: readonly (readonly [RegExp, string])[] = [
  [/\b(?:acs|qcs):[^\s"',;]+/g, "<resource>"],
  [/\b(?:LTAI|AKID|STS\.)[A-Za-z0-9]{8,}/g, "<key>"],
  [/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi, "<id>"],
  [/\d{9,}/g, "<number>"],
];

/** The same words without what tells whose account it is. Secrets never get this far. */
export function redact(text: string): string {
  return TELLTALES.reduce((rest, [telltale, stand]) => rest.replace(telltale, stand), text);
}
