export * from './database/columns.ts'
export * from './database/database.ts'
export { grantTenantScope, TenantScope } from './database/tenant-scope.ts'
export { type AnyTable, acrossTenants, type TenantTable, tenantTable } from './database/tenant-table.ts'
