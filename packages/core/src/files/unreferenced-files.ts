import type { ObjectStore } from '@weft/ports'
import { and, asc, eq, inArray, isNull, lt, or } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { acrossTenants } from '../database/tenant-table.ts'
import { toolFiles } from './tool-files-table.ts'
import { uploadFiles } from './upload-files-table.ts'

export interface CleanUp {
  /** How many files went. */
  deleted: number
  /** How many were looked at and stay. */
  kept: number
}

const SHORTEST_GRACE = 24 * 3_600_000
const BATCH = 5000
const ID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
/** Where a file's own id stands. */
const OWN_TABLES = ['upload_files', 'tool_files']

/**
 * Deletes files that nothing in the database mentions: no message, run, journal, form, picture of an app or account. Every text,
 * JSON and id column of every table is searched for their ids, so that a new feature cannot be forgotten here. Files younger than
 * `olderThan`, or used by a request since, are left alone: their mention may be on its way.
 *
 * One call takes a few thousand files, those that were never looked at first; run it again while `deleted` is not 0.
 * @throws RangeError where `olderThan` is less than a day ago
 */
export async function deleteUnreferenced(
  { database, store }: { database: Database; store: ObjectStore },
  olderThan: Date,
  limit = BATCH,
): Promise<CleanUp> {
  if (olderThan.getTime() > Date.now() - SHORTEST_GRACE) throw new RangeError('files must be left alone for a day at least')
  const total: CleanUp = { deleted: 0, kept: 0 }
  for (const owned of [uploadFiles, toolFiles]) {
    const files = acrossTenants(owned as typeof uploadFiles)
    const isIdle = and(lt(files.createdAt, olderThan), or(isNull(files.usedAt), lt(files.usedAt, olderThan)))
    const candidates = await database.global
      .select({ id: files.id })
      .from(files)
      .where(and(isIdle, or(isNull(files.referencedAt), lt(files.referencedAt, olderThan))))
      .orderBy(asc(files.createdAt))
      .limit(limit)
    const unseen = new Set(candidates.map(file => file.id))
    const seen = unseen.size ? await mentioned(database, unseen) : []
    for (const id of seen) unseen.delete(id)
    if (seen.length) await database.global.update(files).set({ referencedAt: new Date() }).where(inArray(files.id, seen))
    total.kept += seen.length
    for (const id of unseen) {
      // The row is held until its bytes are gone: a request that names the file waits and then finds none. Cut off in between, the
      // row stays and is taken again.
      await database.transaction(async tx => {
        const [gone] = await tx.global
          .delete(files)
          .where(and(eq(files.id, id), isIdle))
          .returning({ key: files.key })
        if (!gone) return
        await store.delete(gone.key)
        total.deleted++
      })
    }
  }
  return total
}

interface Column {
  table: string
  column: string
  type: string
}

/** Which of the ids stand anywhere in the database. */
async function mentioned(database: Database, ids: ReadonlySet<string>): Promise<string[]> {
  const { rows: columns } = await database.query<Column>({
    text: `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as table, quote_ident(a.attname) as column, t.typname as type
           from pg_attribute a
           join pg_class c on c.oid = a.attrelid
           join pg_namespace n on n.oid = c.relnamespace
           join pg_type t on t.oid = a.atttypid
           where c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
             and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
             and not (n.nspname = current_schema() and c.relname = any($1))
             and t.typname in ('text', 'varchar', 'bpchar', 'json', 'jsonb', 'uuid', '_text', '_varchar', '_uuid', '_json', '_jsonb')`,
    values: [OWN_TABLES],
  })
  const found = new Set<string>()
  for (const [table, list] of Map.groupBy(columns, column => column.table)) {
    const texts = list.map(({ column }) => `${column}::text`).join(', ')
    const { rows } = await database.query<{ id: string }>({
      text: `select distinct lower(found[1]) as id from ${table}, regexp_matches(concat_ws(' ', ${texts}), '(${ID})', 'gi') found
             where lower(found[1]) = any($1)`,
      values: [[...ids].filter(id => !found.has(id))],
    })
    for (const { id } of rows) found.add(id)
  }
  return [...found]
}
