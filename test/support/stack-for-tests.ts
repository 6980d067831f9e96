import { type TestProject } from "vitest/node";

import { startStack } from "../../dev/stack/stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The broker that all integration tests share: bring topics and groups of your own. */
    brokers: string[];
    /** The schema registry that all integration tests share: bring subjects of your own. */
    registryUrl: string;
  }
}

/**
 * Starts one stack for all integration tests and returns its end. A default export, which vitest
 * demands of a globalSetup file.
 */
export default async function startStackForTests({
  provide,
}: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ log: (line) => process.stderr.write(`stack: ${line}\n`) });
  provide("brokers", stack.brokers);
  provide("registryUrl", stack.registryUrl);
  return async () => stack.stop();
}
