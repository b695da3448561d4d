import { and, desc, eq, ilike, inArray, sql } from 'drizzle-orm'
import { apps } from '../apps/apps-table.ts'
import type { Database, DatabaseReader } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { escapeLike } from './like.ts'
import { tagBindings } from './tag-bindings-table.ts'
import { type Tag, type TagType, tags } from './tags-table.ts'

export interface Tags {
  /** Newest first, with how many things bear each. */
  list(scope: TenantScope, type: string, keyword?: string): Promise<(Tag & { bindingCount: number })[]>
  /** @throws DomainError `invalid_param` where the name is taken */
  create(scope: TenantScope, accountId: string, tag: { name: string; type: TagType }): Promise<Tag>
  /** @throws DomainError `not_found`, or `invalid_param` where the name is taken */
  rename(scope: TenantScope, tagId: string, name: string): Promise<Tag & { bindingCount: number }>
  /** @throws DomainError `not_found` */
  delete(scope: TenantScope, tagId: string): Promise<void>
  /** @throws DomainError `not_found` where the target or a tag is not the workspace's */
  bind(scope: TenantScope, accountId: string, binding: { tagIds: string[]; targetId: string; type: TagType }): Promise<void>
  /** The names of a thing's tags. */
  namesOf(scope: TenantScope, targetId: string): Promise<string[]>
  unbind(scope: TenantScope, binding: { tagId: string; targetId: string; type: TagType }): Promise<void>
}

export function createTags({ database }: { database: Database }): Tags {
  async function checkTarget(scope: TenantScope, type: TagType, targetId: string) {
    // Knowledge comes with its own table.
    const target = type === 'app' ? await database.tenant(scope).first(apps, { where: eq(apps.id, targetId) }) : undefined
    if (!target) throw new DomainError('not_found', type === 'app' ? 'App not found' : 'Dataset not found')
  }
  async function checkName(scope: TenantScope, type: TagType, name: string) {
    const taken = await database.tenant(scope).first(tags, { where: and(eq(tags.type, type), eq(tags.name, name)) })
    if (taken) throw new DomainError('invalid_param', 'Tag name already exists')
  }
  return {
    async list(scope, type, keyword) {
      const tenant = database.tenant(scope)
      const [owned, bindings] = [tenant.rows(tags), tenant.rows(tagBindings)]
      const rows = await tenant
        .select({
          id: tags.id,
          tenantId: tags.tenantId,
          type: tags.type,
          name: tags.name,
          createdBy: tags.createdBy,
          createdAt: tags.createdAt,
          bindingCount: sql<number>`count(${tagBindings.id})::int`,
        })
        .from(owned)
        .leftJoin(bindings, eq(tagBindings.tagId, tags.id))
        .where(and(eq(tags.type, type as TagType), keyword ? ilike(tags.name, `%${escapeLike(keyword)}%`) : undefined))
        .groupBy(tags.id, tags.tenantId, tags.type, tags.name, tags.createdBy, tags.createdAt)
        .orderBy(desc(tags.createdAt))
      return rows as (Tag & { bindingCount: number })[]
    },
    async create(scope, accountId, { name, type }) {
      await checkName(scope, type, name)
      return database.tenant(scope).insert(tags, { name, type, createdBy: accountId })
    },
    async rename(scope, tagId, name) {
      const tenant = database.tenant(scope)
      const tag = await tenant.first(tags, { where: eq(tags.id, tagId) })
      if (!tag) throw new DomainError('not_found', 'Tag not found')
      if (tag.name !== name) await checkName(scope, tag.type, name)
      await tenant.update(tags, { set: { name }, where: eq(tags.id, tagId) })
      return { ...tag, name, bindingCount: await tenant.count(tagBindings, eq(tagBindings.tagId, tagId)) }
    },
    async delete(scope, tagId) {
      if (!(await database.tenant(scope).delete(tags, eq(tags.id, tagId)))) throw new DomainError('not_found', 'Tag not found')
    },
    async bind(scope, accountId, { tagIds, targetId, type }) {
      await checkTarget(scope, type, targetId)
      const tenant = database.tenant(scope)
      const wanted = [...new Set(tagIds)]
      if (!wanted.length) return
      if ((await tenant.count(tags, inArray(tags.id, wanted))) < wanted.length) throw new DomainError('not_found', 'Tag not found')
      for (const tagId of wanted) {
        const conflict = { on: [tagBindings.tagId, tagBindings.targetId], set: { targetId } }
        await tenant.upsert(tagBindings, { tagId, targetId, createdBy: accountId }, conflict)
      }
    },
    namesOf: async (scope, targetId) => ((await tagsOf(database, scope, [targetId])).get(targetId) ?? []).map(tag => tag.name),
    async unbind(scope, { tagId, targetId, type }) {
      await checkTarget(scope, type, targetId)
      await database.tenant(scope).delete(tagBindings, and(eq(tagBindings.tagId, tagId), eq(tagBindings.targetId, targetId)))
    },
  }
}

/** The tags of each of these things. */
export async function tagsOf(database: DatabaseReader, scope: TenantScope, targetIds: string[]): Promise<Map<string, Tag[]>> {
  const found = new Map<string, Tag[]>()
  if (!targetIds.length) return found
  const tenant = database.tenant(scope)
  const bindings = await tenant.find(tagBindings, { where: inArray(tagBindings.targetId, targetIds) })
  if (!bindings.length) return found
  const known = await tenant.find(tags, { where: inArray(tags.id, [...new Set(bindings.map(({ tagId }) => tagId))]) })
  const byId = new Map(known.map(tag => [tag.id, tag]))
  for (const { tagId, targetId } of bindings) {
    const tag = byId.get(tagId)
    if (tag) found.set(targetId, [...(found.get(targetId) ?? []), tag])
  }
  return found
}

/** The things that bear any of these tags. */
export async function targetsOf(database: DatabaseReader, scope: TenantScope, tagIds: string[]): Promise<string[]> {
  if (!tagIds.length) return []
  const bindings = await database.tenant(scope).find(tagBindings, { where: inArray(tagBindings.tagId, tagIds) })
  return [...new Set(bindings.map(({ targetId }) => targetId))]
}
