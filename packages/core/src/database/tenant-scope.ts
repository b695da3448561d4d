/**
 * The right to a tenant's rows. Every store asks for one; there is no query on tenant-owned tables without it.
 * Made only where a caller has proved who they are, or where work is taken up that such a caller began: `tests/tenant-scope.test.ts`
 * lists the files that may call `grantTenantScope`.
 */
export class TenantScope {
  readonly #tenantId: string
  private constructor(tenantId: string) {
    this.#tenantId = tenantId
  }
  get tenantId(): string {
    return this.#tenantId
  }
  /** For `grantTenantScope` alone. */
  static grant(tenantId: string): TenantScope {
    return new TenantScope(tenantId)
  }
}

/** A scope for a tenant whose right has just been checked. For authentication, and for workers that go on with a tenant's work. */
export function grantTenantScope(tenantId: string): TenantScope {
  return TenantScope.grant(tenantId)
}
