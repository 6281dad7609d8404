import { defineConfig } from "vitest/config";

/** The walk through a real AgentOS in a real browser: one file after the other, since they share both. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    bail: 1,
  },
});
