/** Makes a forgotten case of a union a compile error; throws when a value lied about its type. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`);
}
