import { createHash } from 'node:crypto'
import { isValueMap, pythonJson, type Value, type ValueMap } from '@weft/contracts'
import { and, desc, eq, inArray, ne } from 'drizzle-orm'
import { accounts } from '../accounts/accounts-table.ts'
import type { AppChanges } from '../apps/app-changes.ts'
import { type App, apps } from '../apps/apps-table.ts'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { compareCodePoints } from '../dsl/write-yaml.ts'
import { DomainError } from '../errors.ts'
import { hashGraph } from '../runs/run-store.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { readFeatures } from './workflow-features.ts'
import { checkSizes, sealVariables } from './workflow-variables.ts'
import { type ConversationVariable, DRAFT, type EnvironmentVariable, type Workflow, workflows } from './workflows-table.ts'

export interface DraftContent {
  graph: ValueMap
  features: ValueMap
  environmentVariables: EnvironmentVariable[]
  conversationVariables: ConversationVariable[]
}

export interface VersionLabel {
  markedName?: string
  markedComment?: string
}

export interface WorkflowAuthor {
  id: string
  name: string
  email: string
}

/** Editing an app's graph: its draft, and the versions that were published. */
export interface WorkflowEditing {
  /**
   * Saves the draft, over the one whose hash the editor last saw.
   * @throws DomainError `draft_workflow_not_sync` where somebody else has saved since, `invalid_param` where the features are malformed
   */
  save(scope: TenantScope, accountId: string, app: App, content: DraftContent, hash: string | null | undefined): Promise<Workflow>
  /** Makes the draft a version that the app runs from now on. @throws DomainError `invalid_param` where there is no draft */
  publish(scope: TenantScope, accountId: string, app: App, label: VersionLabel): Promise<Workflow>
  /** The draft, then versions from the newest on. Nothing until one is published. */
  versions(
    scope: TenantScope,
    app: App,
    query: { page: number; limit: number; createdBy?: string | undefined; isNamed?: boolean },
  ): Promise<{ items: Workflow[]; hasMore: boolean }>
  /** @throws DomainError `not_found` */
  label(scope: TenantScope, accountId: string, app: App, workflowId: string, label: VersionLabel): Promise<Workflow>
  /** @throws DomainError `not_found`, or `bad_request` for the draft and the version in use */
  delete(scope: TenantScope, app: App, workflowId: string): Promise<void>
  /** Who made and who changed these, by account id. */
  authorsOf(workflows: Pick<Workflow, 'createdBy' | 'updatedBy'>[]): Promise<Map<string, WorkflowAuthor>>
}

/** What an editor compares to see that a draft has changed: Dify's hash, of `json.dumps` with sorted keys and a word at its end. */
export function draftHash({ graph, features }: Pick<Workflow, 'graph' | 'features'>): string {
  const text = pythonJson(withSortedKeys({ graph, features }))
  const ascii = text.replace(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return createHash('sha256').update(ascii).update('None').digest('hex')
}

function withSortedKeys(value: Value): Value {
  if (Array.isArray(value)) return value.map(withSortedKeys)
  if (!isValueMap(value)) return value
  const keys = Object.keys(value).sort(compareCodePoints)
  return Object.fromEntries(keys.map(key => [key, withSortedKeys(value[key] as Value)]))
}

/** What storing a draft takes. */
export interface DraftStorage {
  secrets: Secrets
  /** Bytes of one variable's value. */
  maxVariableSize: number
}

export interface WorkflowEditingOptions extends DraftStorage {
  database: Database
  changes: AppChanges
}

export function createWorkflowEditing(options: WorkflowEditingOptions): WorkflowEditing {
  const { database, changes } = options
  return {
    save: (scope, accountId, app, content, hash) =>
      database.transaction(async tx => {
        const stored = await lockDraft(tx, scope, app.id)
        if (stored && draftHash(stored) !== hash) throw new DomainError('draft_workflow_not_sync')
        return writeDraft(tx, options, { scope, accountId, app, content, stored })
      }),
    async publish(scope, accountId, app, label) {
      const version = await database.transaction(async tx => {
        const draft = await lockDraft(tx, scope, app.id)
        if (!draft) throw new DomainError('invalid_param', 'No valid workflow found.')
        const now = new Date()
        const { id: _, tenantId: __, ...content } = draft
        const made = await tx.tenant(scope).insert(workflows, {
          ...content,
          version: versionOf(),
          markedName: label.markedName ?? '',
          markedComment: label.markedComment ?? '',
          createdBy: accountId,
          updatedBy: null,
          createdAt: now,
          updatedAt: now,
        })
        await tx.tenant(scope).update(apps, { set: { workflowId: made.id }, where: eq(apps.id, app.id) })
        return made
      })
      changes.announce(app.id)
      return version
    },
    async versions(scope, app, { page, limit, createdBy, isNamed }) {
      if (!app.workflowId) return { items: [], hasMore: false }
      const found = await database.tenant(scope).find(workflows, {
        where: and(
          eq(workflows.appId, app.id),
          createdBy ? eq(workflows.createdBy, createdBy) : undefined,
          isNamed ? ne(workflows.markedName, '') : undefined,
        ),
        orderBy: desc(workflows.version),
        limit: limit + 1,
        offset: (page - 1) * limit,
      })
      return { items: found.slice(0, limit), hasMore: found.length > limit }
    },
    async label(scope, accountId, app, workflowId, label) {
      const [workflow] = await database.tenant(scope).update(workflows, {
        set: { ...label, updatedBy: accountId },
        where: and(eq(workflows.id, workflowId), eq(workflows.appId, app.id)),
      })
      if (!workflow) throw new DomainError('not_found', 'Workflow not found')
      changes.announce(app.id)
      return workflow
    },
    async delete(scope, app, workflowId) {
      await database.transaction(async tx => {
        const where = and(eq(workflows.id, workflowId), eq(workflows.appId, app.id))
        const workflow = await tx.tenant(scope).first(workflows, { where, lock: 'update' })
        if (!workflow) throw new DomainError('not_found', `Workflow with ID ${workflowId} not found`)
        if (workflow.version === DRAFT) throw new DomainError('bad_request', 'Cannot delete draft workflow versions')
        if (await tx.tenant(scope).first(apps, { where: eq(apps.workflowId, workflowId) })) {
          throw new DomainError('bad_request', `Cannot delete workflow that is currently in use by app '${app.id}'`)
        }
        await tx.tenant(scope).delete(workflows, where)
      })
      changes.announce(app.id)
    },
    async authorsOf(list) {
      const ids = [...new Set(list.flatMap(({ createdBy, updatedBy }) => [createdBy, updatedBy]).filter(id => id !== null))]
      if (!ids.length) return new Map()
      const rows = await database.global
        .select({ id: accounts.id, name: accounts.name, email: accounts.email })
        .from(accounts)
        .where(inArray(accounts.id, ids))
      return new Map(rows.map(row => [row.id, row]))
    },
  }
}

export function lockDraft(tx: Database, scope: TenantScope, appId: string): Promise<Workflow | undefined> {
  return tx.tenant(scope).first(workflows, { where: and(eq(workflows.appId, appId), eq(workflows.version, DRAFT)), lock: 'update' })
}

/** Stores a draft over the one that is there, which the transaction holds. */
export async function writeDraft(
  tx: Database,
  { secrets, maxVariableSize }: DraftStorage,
  draft: { scope: TenantScope; accountId: string; app: App; content: DraftContent; stored: Workflow | undefined },
): Promise<Workflow> {
  const { scope, accountId, app, content, stored } = draft
  checkSizes([...content.environmentVariables, ...content.conversationVariables], maxVariableSize)
  const columns = {
    graph: content.graph,
    graphHash: hashGraph(content.graph),
    features: readFeatures(app.mode, content.features),
    environmentVariables: await sealVariables(secrets, scope, content.environmentVariables, stored?.environmentVariables ?? []),
    conversationVariables: content.conversationVariables,
  }
  if (!stored) {
    const type = app.mode === 'workflow' ? 'workflow' : 'chat'
    return tx.tenant(scope).insert(workflows, { ...columns, appId: app.id, type, version: DRAFT, createdBy: accountId })
  }
  const [written] = await tx
    .tenant(scope)
    .update(workflows, { set: { ...columns, updatedBy: accountId }, where: eq(workflows.id, stored.id) })
  if (!written) throw new Error('a draft that is locked has gone')
  return written
}

let lastMicroseconds = 0

/** The moment as versions are named: `2025-10-01 08:00:00.123456`, never twice the same in one process. */
function versionOf(): string {
  lastMicroseconds = Math.max(lastMicroseconds + 1, Date.now() * 1000)
  const iso = new Date(Math.floor(lastMicroseconds / 1000)).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}${String(lastMicroseconds % 1000).padStart(3, '0')}`
}
