import type { ValueMap } from '@weft/contracts'
import { and, desc, eq, ilike, inArray } from 'drizzle-orm'
import { type Account, accounts } from '../accounts/accounts-table.ts'
import type { Database, DatabaseReader } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { escapeLike } from '../tags/like.ts'
import { tagsOf, targetsOf } from '../tags/tags.ts'
import type { Tag } from '../tags/tags-table.ts'
import { workflows } from '../workflows/workflows-table.ts'
import type { AppChanges } from './app-changes.ts'
import { appModelConfigs } from './app-model-configs-table.ts'
import { type App, type AppMode, apps } from './apps-table.ts'
import { initialModelConfig, isAgent, storedModelConfig } from './model-config.ts'
import { addSite } from './sites.ts'

export type AppModelConfig = (typeof appModelConfigs)['$inferSelect']

/** An app with what stands beside it wherever it is shown. */
export interface AppOverview {
  app: App
  modelConfig: AppModelConfig | undefined
  /** The published workflow, without its graph. */
  workflow: { id: string; createdBy: string | null; createdAt: Date; updatedBy: string | null; updatedAt: Date } | undefined
  tags: Tag[]
  authorName: string | null
}

export interface NewApp {
  name: string
  mode: AppMode
  description?: string
  iconType?: App['iconType']
  icon?: string | null
  iconBackground?: string | null
  useIconAsAnswerIcon?: boolean
}

export type AppChange = Partial<
  Pick<
    App,
    | 'name'
    | 'description'
    | 'iconType'
    | 'icon'
    | 'iconBackground'
    | 'useIconAsAnswerIcon'
    | 'maxActiveRequests'
    | 'enableSite'
    | 'enableApi'
    | 'tracing'
  >
>

export interface AppQuery {
  page: number
  limit: number
  /** Undefined: of every kind. */
  mode?: AppMode | undefined
  name?: string | undefined
  tagIds?: string[] | undefined
  createdBy?: string | undefined
}

/** The apps of a workspace. */
export interface Apps {
  list(scope: TenantScope, query: AppQuery): Promise<{ items: AppOverview[]; total: number }>
  /** @throws DomainError `app_not_found` where there is none of these modes */
  find(scope: TenantScope, appId: string, modes?: readonly AppMode[]): Promise<App>
  overview(scope: TenantScope, app: App): Promise<AppOverview>
  /** With its page, and where its kind has one a configuration to begin with. */
  create(scope: TenantScope, account: Account, app: NewApp): Promise<App>
  /** @throws DomainError `app_not_found` */
  change(scope: TenantScope, accountId: string, appId: string, change: AppChange): Promise<App>
  /** Saves what a chat, agent or completion app does. Conversations keep the configuration they began with. */
  configure(scope: TenantScope, accountId: string, app: App, config: ValueMap): Promise<AppModelConfig>
  delete(scope: TenantScope, appId: string): Promise<void>
}

export interface AppsOptions {
  database: Database
  changes: AppChanges
  /** The workspace's usual language model, as a configuration names it. */
  defaultModel?: (scope: TenantScope) => Promise<ValueMap | undefined>
}

export function createApps({ database, changes, defaultModel }: AppsOptions): Apps {
  return {
    async list(scope, { page, limit, mode, name, tagIds, createdBy }) {
      const tagged = tagIds?.length ? await targetsOf(database, scope, tagIds) : undefined
      if (tagged && !tagged.length) return { items: [], total: 0 }
      const where = and(
        mode && eq(apps.mode, mode),
        name ? ilike(apps.name, `%${escapeLike(name.slice(0, 30))}%`) : undefined,
        tagged && inArray(apps.id, tagged),
        createdBy ? eq(apps.createdBy, createdBy) : undefined,
      )
      const tenant = database.tenant(scope)
      const rows = await tenant.find(apps, {
        where,
        orderBy: [desc(apps.createdAt), desc(apps.id)],
        limit,
        offset: (page - 1) * limit,
      })
      return { items: await overviewsOf(database, scope, rows), total: await tenant.count(apps, where) }
    },
    async find(scope, appId, modes) {
      const app = await database.tenant(scope).first(apps, { where: and(eq(apps.id, appId), eq(apps.status, 'normal')) })
      if (!app || (modes && !modes.includes(app.mode))) throw new DomainError('app_not_found')
      return app
    },
    async overview(scope, app) {
      const [overview] = await overviewsOf(database, scope, [app])
      return overview as AppOverview
    },
    async create(scope, account, app) {
      const { mode } = app
      const isGraph = mode === 'workflow' || mode === 'advanced-chat'
      const config = isGraph ? undefined : initialModelConfig(mode, await defaultModel?.(scope))
      return database.transaction(async tx => {
        const made = await addApp(tx, scope, account, app)
        return config ? { ...made, appModelConfigId: (await addModelConfig(tx, scope, account.id, made, config)).id } : made
      })
    },
    async change(scope, accountId, appId, change) {
      const [app] = await database.tenant(scope).update(apps, { set: { ...change, updatedBy: accountId }, where: eq(apps.id, appId) })
      if (!app) throw new DomainError('app_not_found')
      changes.announce(appId)
      return app
    },
    async configure(scope, accountId, app, config) {
      const row = await database.transaction(tx => addModelConfig(tx, scope, accountId, app, config))
      changes.announce(app.id)
      return row
    },
    async delete(scope, appId) {
      if (!(await database.tenant(scope).delete(apps, eq(apps.id, appId)))) throw new DomainError('app_not_found')
      changes.announce(appId)
    },
  }
}

/** An app and its page. */
export async function addApp(tx: Database, scope: TenantScope, account: Account, app: NewApp): Promise<App> {
  const made = await tx.tenant(scope).insert(apps, { ...app, createdBy: account.id, updatedBy: account.id })
  await addSite(tx, scope, account, made)
  return made
}

/** A new configuration, which the app uses from now on. A chatbot whose configuration is an agent's becomes one. */
export async function addModelConfig(
  tx: Database,
  scope: TenantScope,
  accountId: string,
  app: App,
  config: ValueMap,
): Promise<AppModelConfig> {
  const row = await tx.tenant(scope).insert(appModelConfigs, { appId: app.id, config: storedModelConfig(config), createdBy: accountId })
  const mode = app.mode === 'chat' && isAgent(config) ? 'agent-chat' : app.mode
  await tx.tenant(scope).update(apps, { set: { appModelConfigId: row.id, mode, updatedBy: accountId }, where: eq(apps.id, app.id) })
  return row
}

async function overviewsOf(database: DatabaseReader, scope: TenantScope, list: App[]): Promise<AppOverview[]> {
  const tenant = database.tenant(scope)
  const configIds = present(list.map(app => app.appModelConfigId))
  const workflowIds = present(list.map(app => app.workflowId))
  const authorIds = present(list.map(app => app.createdBy))
  const [configs, published, tags, authors] = await Promise.all([
    configIds.length ? tenant.find(appModelConfigs, { where: inArray(appModelConfigs.id, configIds) }) : [],
    workflowIds.length
      ? tenant
          .select({
            id: workflows.id,
            createdBy: workflows.createdBy,
            createdAt: workflows.createdAt,
            updatedBy: workflows.updatedBy,
            updatedAt: workflows.updatedAt,
          })
          .from(tenant.rows(workflows))
          .where(inArray(workflows.id, workflowIds))
      : [],
    tagsOf(
      database,
      scope,
      list.map(app => app.id),
    ),
    authorIds.length
      ? database.global.select({ id: accounts.id, name: accounts.name }).from(accounts).where(inArray(accounts.id, authorIds))
      : [],
  ])
  return list.map(app => ({
    app,
    modelConfig: configs.find(config => config.id === app.appModelConfigId),
    workflow: published.find(workflow => workflow.id === app.workflowId),
    tags: (tags.get(app.id) ?? []).filter(tag => tag.type === 'app'),
    authorName: authors.find(author => author.id === app.createdBy)?.name ?? null,
  }))
}

function present(ids: (string | null)[]): string[] {
  return [...new Set(ids.filter(id => id !== null))]
}
