/** The registry did not answer, or not as a registry: worth another try, nothing is known. */
export class RegistryUnavailable extends Error {
  override readonly name = "RegistryUnavailable";
}

/** The registry answered that the subject has no such schema. */
export class SchemaNotRegistered extends Error {
  override readonly name = "SchemaNotRegistered";
}

/** The registry understood and said no, an incompatible schema for example; in its own words. */
export class RegistryRefused extends Error {
  override readonly name = "RegistryRefused";
}
