/**
 * This process's environment, for callers that were given none: tests and the demo start the stack
 * without a configuration that could carry one.
 */
export function ownEnvironment(): NodeJS.ProcessEnv {
  // eslint-disable-next-line no-restricted-properties -- the one place of the stack that looks it up
  return process.env;
}
