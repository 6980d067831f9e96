import {
  RegistryRefused,
  RegistryUnavailable,
  SchemaNotRegistered,
} from "../avro/registry-errors.ts";
import { CommandFailed } from "./command-failed.ts";

/** Runs `ask`; what the registry cannot or will not do becomes a `CommandFailed` with what to do. */
export async function explainingRegistry<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RegistryUnavailable) {
      throw new CommandFailed(registryAway(error.message), { cause: error });
    }
    if (error instanceof RegistryRefused) {
      throw new CommandFailed(`The schema registry refused: ${error.message}`, { cause: error });
    }
    if (error instanceof SchemaNotRegistered) {
      throw new CommandFailed(`${error.message}.`, { cause: error });
    }
    throw error;
  }
}

/** What to tell when the registry cannot be used now; `message` says where it is. */
export function registryAway(message: string): string {
  const hint = "Check schemaRegistry.url, username and password, and that it runs there.";
  return `Cannot use the schema registry: ${message}. ${hint}`;
}
