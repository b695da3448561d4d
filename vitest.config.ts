import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/tests/**/*.test.ts',
      'adapters/*/src/**/*.test.ts',
      'adapters/*/tests/**/*.test.ts',
      'apps/{api,weft,worker,sandbox,ssrf-proxy}/**/*.test.ts',
      'tools/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**'],
    // CI says which test needed a second try; such a test is to be mended.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
