import { isFile, publicTypeName, segmentTypeOf, stringifyJson, type Value, type ValueMap } from '@weft/contracts'
import type { Execution, RunState } from '@weft/engine'
import { and, asc, eq, inArray, notInArray, type SQL } from 'drizzle-orm'
import { newId } from '../database/columns.ts'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { type NodeExecutionRecord, nodeExecutionOf } from '../runs/node-executions.ts'
import { type DraftVariable, draftNodeRuns, draftVariables } from './draft-tables.ts'

/** Outputs that say nothing to a builder. */
const HIDDEN_OUTPUTS: Record<string, string[]> = { llm: ['finish_reason'], loop: ['loop_round'] }

/** What a draft's nodes gave last. One set per app; a run in the editor replaces what it touches. */
export class DraftVariables {
  readonly #database: Database
  constructor(database: Database) {
    this.#database = database
  }

  /** Keeps what a run of the draft left behind. */
  async keep(scope: TenantScope, appId: string, userId: string, state: RunState): Promise<void> {
    const executions = [...state.executions.values()].filter(execution => execution.finishedAt !== undefined)
    await this.#database.transaction(async transaction => {
      for (const execution of executions) {
        if (!execution.frame.container) await this.#keepRun(transaction, scope, appId, userId, nodeExecutionOf(execution, state))
        const isKept = execution.status === 'succeeded' || execution.status === 'exception'
        if (isKept && (!execution.frame.container || execution.node.type === 'assigner'))
          await this.#keepOutputs(transaction, scope, appId, execution)
      }
    })
  }

  async #keepRun(database: Database, scope: TenantScope, appId: string, userId: string, record: NodeExecutionRecord): Promise<void> {
    await database
      .tenant(scope)
      .upsert(
        draftNodeRuns,
        { appId, nodeId: record.node_id, record, createdBy: userId },
        { on: [draftNodeRuns.appId, draftNodeRuns.nodeId], set: { record, createdBy: userId, updatedAt: new Date() } },
      )
  }

  async #keepOutputs(database: Database, scope: TenantScope, appId: string, execution: Execution): Promise<void> {
    const { node, result } = execution
    const hidden = HIDDEN_OUTPUTS[node.type] ?? []
    const outputs = Object.entries(result.outputs ?? {}).filter(([name]) => !hidden.includes(name))
    const kept: { nodeId: string; name: string; value: Value; isVisible: boolean; isEditable: boolean }[] = []
    for (const [name, value] of outputs) {
      const isSystem = name.startsWith('sys.')
      const own = isSystem ? name.slice(4) : name
      kept.push({
        nodeId: isSystem ? 'sys' : node.id,
        name: own,
        value,
        isVisible: true,
        isEditable: !isSystem || own === 'query' || own === 'files',
      })
    }
    for (const { selector, value } of 'assignments' in result
      ? ((result.assignments as { selector: string[]; value: Value }[]) ?? [])
      : []) {
      const [owner, name] = selector
      if (owner === 'conversation' && name) kept.push({ nodeId: owner, name, value, isVisible: true, isEditable: true })
    }
    const hasOwn = kept.some(variable => variable.nodeId === node.id)
    if (!hasOwn && (node.type === 'assigner' || node.type === 'start')) {
      kept.push({ nodeId: node.id, name: '__dummy__', value: null, isVisible: false, isEditable: false })
    }
    const names = kept.filter(variable => variable.nodeId === node.id).map(variable => variable.name)
    const rows = database.tenant(scope)
    await rows.delete(
      draftVariables,
      and(
        eq(draftVariables.appId, appId),
        eq(draftVariables.nodeId, node.id),
        names.length ? notInArray(draftVariables.name, names) : undefined,
      ),
    )
    for (const variable of kept) {
      const set = {
        valueType: publicTypeName(segmentTypeOf(variable.value)),
        value: variable.value,
        originalValue: variable.value,
        isEdited: false,
        isVisible: variable.isVisible,
        isEditable: variable.isEditable,
        nodeExecutionId: execution.id,
        updatedAt: new Date(),
      }
      await rows.upsert(
        draftVariables,
        { id: newId(), appId, nodeId: variable.nodeId, name: variable.name, ...set },
        { on: [draftVariables.appId, draftVariables.nodeId, draftVariables.name], set },
      )
    }
  }

  /** The last execution of a node. @throws DomainError `not_found` */
  async lastRun(scope: TenantScope, appId: string, nodeId: string): Promise<{ record: NodeExecutionRecord; createdBy: string }> {
    const found = await this.#database
      .tenant(scope)
      .first(draftNodeRuns, { where: and(eq(draftNodeRuns.appId, appId), eq(draftNodeRuns.nodeId, nodeId)) })
    if (!found) throw new DomainError('not_found', 'last run not found')
    return found
  }

  async list(
    scope: TenantScope,
    appId: string,
    filter: { nodeId?: string; page?: number; limit?: number } = {},
  ): Promise<{ total: number; variables: DraftVariable[] }> {
    const where = and(eq(draftVariables.appId, appId), filter.nodeId ? eq(draftVariables.nodeId, filter.nodeId) : undefined)
    const rows = this.#database.tenant(scope)
    const total = await rows.count(draftVariables, where)
    const limit = filter.limit ?? 1000
    const variables = await rows.find(draftVariables, {
      where,
      orderBy: [asc(draftVariables.createdAt), asc(draftVariables.id)],
      limit,
      offset: ((filter.page ?? 1) - 1) * limit,
    })
    return { total, variables }
  }

  /** @throws DomainError `not_found` */
  async get(scope: TenantScope, appId: string, id: string): Promise<DraftVariable> {
    const found = await this.#database
      .tenant(scope)
      .first(draftVariables, { where: and(eq(draftVariables.appId, appId), eq(draftVariables.id, id)) })
    if (!found) throw new DomainError('not_found', 'variable not found')
    return found
  }

  /** The values of selectors that the draft's last runs left. */
  async values(scope: TenantScope, appId: string, nodeIds: readonly string[]): Promise<{ [nodeId: string]: ValueMap }> {
    if (!nodeIds.length) return {}
    const found = await this.#database.tenant(scope).find(draftVariables, {
      where: and(eq(draftVariables.appId, appId), inArray(draftVariables.nodeId, [...nodeIds])),
    })
    const values: { [nodeId: string]: ValueMap } = {}
    for (const { nodeId, name, value } of found) {
      values[nodeId] ??= {}
      ;(values[nodeId] as ValueMap)[name] = value
    }
    return values
  }

  /** @throws DomainError */
  async change(
    scope: TenantScope,
    appId: string,
    id: string,
    change: { name?: string | undefined; value?: Value | undefined },
  ): Promise<DraftVariable> {
    const variable = await this.get(scope, appId, id)
    if (!variable.isEditable) throw new DomainError('forbidden', 'this variable cannot be changed')
    if (change.value !== undefined) requireSameType(variable, change.value)
    const [changed] = await this.#database.tenant(scope).update(draftVariables, {
      set: {
        ...(change.name ? { name: change.name } : {}),
        ...(change.value !== undefined
          ? { value: change.value, isEdited: stringifyJson(change.value) !== stringifyJson(variable.originalValue) }
          : {}),
      },
      where: eq(draftVariables.id, id),
    })
    return changed ?? variable
  }

  /** Takes edits back. Undefined where the variable is gone with it. */
  async reset(scope: TenantScope, appId: string, id: string): Promise<DraftVariable | undefined> {
    const variable = await this.get(scope, appId, id)
    if (variable.originalValue === null && !variable.nodeExecutionId) {
      await this.delete(scope, appId, { id })
      return undefined
    }
    const [changed] = await this.#database.tenant(scope).update(draftVariables, {
      set: { value: variable.originalValue, isEdited: false },
      where: eq(draftVariables.id, id),
    })
    return changed
  }

  async delete(scope: TenantScope, appId: string, which: { id?: string; nodeId?: string } = {}): Promise<void> {
    const conditions: (SQL | undefined)[] = [
      eq(draftVariables.appId, appId),
      which.id ? eq(draftVariables.id, which.id) : undefined,
      which.nodeId ? eq(draftVariables.nodeId, which.nodeId) : undefined,
    ]
    await this.#database.tenant(scope).delete(draftVariables, and(...conditions))
  }
}

/** @throws DomainError where the new value is of another kind */
function requireSameType(variable: DraftVariable, value: Value): void {
  const type = publicTypeName(segmentTypeOf(value))
  const isList = variable.valueType.startsWith('array') && Array.isArray(value)
  if (type === variable.valueType || variable.valueType === 'none' || isList || (isFile(value) && variable.valueType === 'file')) return
  throw new DomainError('invalid_param', `the value of ${variable.name} must be of type ${variable.valueType}, not ${type}`)
}
