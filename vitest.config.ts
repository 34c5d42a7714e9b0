import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // Real browsers and servers spend half their time waiting for one another: three files at a time fill two cores.
    pool: "forks",
    maxWorkers: 3,
    // What all of them import is loaded once a worker, not once a file: what a file changes of its process it puts back.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A state that comes is waited for as long as a busy machine needs; it is looked at often, so nobody waits longer.
    expect: { poll: { timeout: 10_000, interval: 25 } },
  },
});
