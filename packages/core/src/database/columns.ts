import { parseJson, stringifyJson } from '@weft/contracts'
import { customType, timestamp, uuid } from 'drizzle-orm/pg-core'
import { v7 } from 'uuid'

/** A new UUIDv7: they sort by the time they were made. */
export function newId(): string {
  return v7()
}

/** The primary key column. */
export const id = () => uuid().primaryKey().$defaultFn(newId)

/** A moment, to the millisecond, with zone. */
export const instant = () => timestamp({ withTimezone: true, precision: 3, mode: 'date' })

/** When the row was made. */
export const createdAt = () =>
  instant()
    .notNull()
    .$defaultFn(() => new Date())

/** When the row last changed. */
export const updatedAt = () =>
  instant()
    .notNull()
    .$defaultFn(() => new Date())
    .$onUpdateFn(() => new Date())

/**
 * A JSON document in a `text` column. Not `jsonb`, which turns `1.0` into `1`, rounds large integers and refuses `\u0000`.
 * Typed by the writer; read it through a schema where it came from outside.
 */
export const json = <T>() =>
  customType<{ data: T; driverData: string }>({
    dataType: () => 'text',
    toDriver: value => stringifyJson(value),
    fromDriver: text => parseJson(text) as T,
  })()
