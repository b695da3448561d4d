import { createTestDatabase } from '@weft/testkit/platform'
import { expect, test } from 'vitest'
import { Schedules } from '../src/schedules/schedules.ts'

test('each firing happens in one process, and a new schedule waits its first period', async () => {
  await using connection = await createTestDatabase()
  const { database } = connection
  let fired = 0
  const create = () =>
    new Schedules(database, [{ name: 'count', everySeconds: 3600, work: async () => void fired++ }], error => {
      throw error
    })
  const processes = [create(), create(), create()]
  await Promise.all(processes.map(schedules => schedules.fireDue()))
  expect(fired).toBe(0)
  await database.query({ text: `update schedules set fired_at = now() - interval '2 hours'` })
  await Promise.all(processes.map(schedules => schedules.fireDue()))
  expect(fired).toBe(1)
})
