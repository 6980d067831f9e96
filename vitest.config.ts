import { defineConfig } from "vitest/config";

// Unit tests need nothing but Node. Integration tests share one real broker and one registry,
// started once; each test file brings topics of its own.
export default defineConfig({
  test: {
    // Integration tests mostly wait for each other's brokers and time-outs; two go well beside each other.
    maxWorkers: 2,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/integration/**"],
          // Only for what hangs: machines are shared, and a property takes as long as it takes.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          globalSetup: ["test/support/stack-for-tests.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
