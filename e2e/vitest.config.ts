import { defineConfig } from 'vitest/config'

/** Black-box tests: whole processes, real services, real clients. One file at a time, for they share the machine. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    fileParallelism: false,
    // CI says which test needed a second try; such a test is to be mended.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
