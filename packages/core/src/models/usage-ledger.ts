import { addUsage, type ModelType, type ModelUsage } from '@weft/ports'
import { asc, gte, sql } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { modelUsage } from './model-usage-table.ts'

/** Which model was asked. */
export interface UsageOwner {
  provider: string
  model: string
  type: ModelType
}

export interface DailyUsage {
  /** `2025-10-31`, of UTC. */
  day: string
  provider: string
  model: string
  type: ModelType
  calls: number
  promptTokens: number
  completionTokens: number
  /** Decimal text. */
  totalPrice: string
  currency: string
}

/** What models were asked for and what that cost, summed by day. */
export interface UsageLedger extends AsyncDisposable {
  /** Counts a call. Written some seconds later, together with others. */
  record(scope: TenantScope, owner: UsageOwner, usage: ModelUsage): void
  /** @param since the first day, `2025-10-01` */
  daily(scope: TenantScope, since: string): Promise<DailyUsage[]>
  /** Writes what was counted. */
  flush(): Promise<void>
}

/** Milliseconds between two writes. A process that dies loses no more; runs keep the usage of each call themselves. */
const FLUSH_EVERY = 5000

interface Sum {
  scope: TenantScope
  owner: UsageOwner
  day: string
  calls: number
  usage: ModelUsage
}

export function createUsageLedger({ database, now = Date.now }: { database: Database; now?: () => number }): UsageLedger {
  let sums = new Map<string, Sum>()
  let timer: NodeJS.Timeout | undefined

  async function write({ scope, owner, day, calls, usage }: Sum): Promise<void> {
    const { provider, model, type: modelType } = owner
    const row = {
      ...{ day, provider, model, modelType, calls, currency: usage.currency },
      promptTokens: usage.prompt_tokens,
      completionTokens: usage.completion_tokens,
      totalPrice: usage.total_price,
    }
    const table = modelUsage
    await database.tenant(scope).upsert(table, row, {
      on: [table.tenantId, table.day, table.provider, table.model, table.modelType, table.currency],
      set: {
        calls: sql`${table.calls} + ${row.calls}`,
        promptTokens: sql`${table.promptTokens} + ${row.promptTokens}`,
        completionTokens: sql`${table.completionTokens} + ${row.completionTokens}`,
        totalPrice: sql`${table.totalPrice} + ${row.totalPrice}::numeric`,
      },
    })
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const pending = [...sums.values()]
    sums = new Map()
    // A tenant may have been deleted meanwhile; its sums go with it.
    await Promise.allSettled(pending.map(write))
  }

  return {
    record(scope, owner, usage) {
      const day = new Date(now()).toISOString().slice(0, 10)
      const key = JSON.stringify([scope.tenantId, day, owner.provider, owner.model, owner.type, usage.currency])
      const sum = sums.get(key)
      sums.set(key, { scope, owner, day, calls: (sum?.calls ?? 0) + 1, usage: sum ? addUsage(sum.usage, usage) : usage })
      timer ??= setTimeout(() => void flush(), FLUSH_EVERY).unref()
    },
    async daily(scope, since) {
      const rows = await database.tenant(scope).find(modelUsage, {
        where: gte(modelUsage.day, since),
        orderBy: [asc(modelUsage.day), asc(modelUsage.provider), asc(modelUsage.model)],
      })
      return rows.map(({ day, provider, model, modelType: type, calls, promptTokens, completionTokens, totalPrice, currency }) => ({
        ...{ day, provider, model, type, calls, promptTokens, completionTokens, currency },
        totalPrice: totalPrice.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, ''),
      }))
    },
    flush,
    [Symbol.asyncDispose]: flush,
  }
}
