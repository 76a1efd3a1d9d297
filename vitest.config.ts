import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("packages", import.meta.url));

export default defineConfig({
  resolve: {
    // Tests run on the sources; test/dist.test.ts runs the built packages in plain Node.
    alias: [
      { find: /^@sweetspot\/([a-z]+)$/, replacement: `${packages}/$1/src/index.ts` },
      { find: /^@sweetspot\/([a-z]+)\/([a-z]+)$/, replacement: `${packages}/$1/src/$2.ts` },
    ],
  },
  test: {
    include: ["packages/*/{src,test}/**/*.test.ts", "test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    // What hangs is found, and a busy machine is not: speed is judged in bench.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: [
      "default",
      ["json", { outputFile: process.env["SWEETSPOT_TEST_REPORT"] ?? ".run/tests.json" }],
    ],
  },
});
