import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

/** Where a scope may be made: where a caller has proved who they are, or work goes on that such a caller began. */
const GRANTS = [
  'packages/core/src/accounts/sessions.ts',
  'packages/core/src/apps/app-access.ts',
  'packages/core/src/conversations/history.ts',
  'packages/core/src/files/graph-files.ts',
  'packages/core/src/mcp/app-servers.ts',
  'packages/core/src/mcp/mcp-providers.ts',
  'packages/core/src/models/model-access.ts',
  'packages/core/src/runs/replay.ts',
  'packages/core/src/runs/run-service.ts',
  'packages/core/src/runs/run-store.ts',
  'packages/core/src/tools/tool-runtime.ts',
  'packages/platform/src/platform.ts',
]
/** Where a query may look at all tenants: to find whose a key is, or to sweep. */
const ACROSS = [
  'packages/core/src/apps/app-access.ts',
  'packages/core/src/files/file-deliveries.ts',
  'packages/core/src/files/unreferenced-files.ts',
  'packages/core/src/mcp/app-servers.ts',
]

const DECLARATIONS = [
  'packages/core/src/database/tenant-scope.ts',
  'packages/core/src/database/tenant-table.ts',
  'packages/core/src/index.ts',
]

function filesWith(pattern: RegExp): string[] {
  const sources = globSync('{packages,adapters,apps}/*/src/**/*.ts', { cwd: root, exclude: path => /\.test\.ts$|node_modules/.test(path) })
  return sources.filter(file => !DECLARATIONS.includes(file) && pattern.test(readFileSync(resolve(root, file), 'utf8'))).sort()
}

test('scopes are made only where a caller has proved who they are', () => {
  expect(filesWith(/\bgrantTenantScope\b|TenantScope\.grant\b/)).toEqual(GRANTS)
})

test('queries over all tenants are few, and listed', () => {
  expect(filesWith(/\bacrossTenants\b/)).toEqual(ACROSS)
})
