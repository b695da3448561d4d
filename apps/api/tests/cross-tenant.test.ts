import { Readable } from 'node:stream'
import { createTestPlatform, type TestMember, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'

/**
 * Walks every route that there is, as somebody of another tenant, with every id of the first tenant's in the path. Whatever stands
 * in a route's declaration is in here by itself; a feature adds what it creates to `furnish`.
 */
let weft: TestPlatform
beforeAll(async () => {
  weft = await createTestPlatform()
})
afterAll(() => weft?.[Symbol.asyncDispose]())

/** Makes one of everything that a tenant can own. Gives the ids, and texts that must never reach another tenant. */
async function furnish(): Promise<{ ids: string[]; marks: string[] }> {
  const owner = await weft.owner()
  const app = await addApp(owner, 'Plans of Ada')
  const { body: tag } = await owner.call('POST', '/tags', { name: 'Word of Ada', type: 'app' })
  const file = await addFile(owner)
  return {
    ids: [...app.ids, owner.scope.tenantId, owner.account.id, tag.id, file.id],
    marks: [owner.account.email, "Ada's Workspace", owner.account.id, 'Plans of Ada', 'Word of Ada', app.key, file.name, 'Boats of Ada'],
  }
}

async function addFile({ scope, account }: TestMember) {
  const body = Readable.from([Buffer.from('Boats of Ada')])
  await using upload = await weft.platform.files.uploads.receive(scope, { filename: 'tides-of-ada.txt', mimeType: 'text/plain', body })
  return upload.keep({ role: 'account', id: account.id }, '')
}

/** Nothing in these is the tenant's: setting up, logging in and out. */
const LEFT_OUT = new Set(['/logout', '/setup', '/init', '/login', '/refresh-token', '/account/password'])

test("no route gives another tenant's things away, or takes orders about them", async () => {
  const { ids, marks } = await furnish()
  const before = await contentsOfDatabase()
  const stranger = await weft.stranger()
  const strangersKey = (await addApp(stranger, 'Of no interest')).key
  for (const { prefix, routes } of weft.server.surfaces) {
    for (const route of routes) {
      if (LEFT_OUT.has(route.path)) continue
      for (const used of combinations(ids, route.path.split(':').length - 1)) {
        const url = prefix + used.reduce((path, id) => path.replace(/:\w+/, id), route.path)
        for (const authorization of [`Bearer ${stranger.token}`, `Bearer ${strangersKey}`, undefined]) {
          const body = route.method === 'GET' || route.method === 'DELETE' ? undefined : { name: 'Taken over', tenant_id: ids[0] }
          const answer = await weft.call(route.method, url, { headers: authorization ? { authorization } : {}, ...(body ? { body } : {}) })
          const place = `${route.method} ${url}`
          expect(answer.status, place).toBeLessThan(500)
          // What the caller wrote may be repeated to them.
          const told = used.reduce((text, id) => text.replaceAll(id, ''), answer.text)
          for (const mark of marks) expect(told, place).not.toContain(mark)
        }
      }
    }
  }
  const after = await contentsOfDatabase()
  for (const [row, text] of before) expect(after.get(row), row).toBe(text)
})

/** Ways to fill so many places with the ids: all with one, or the first with an app's. */
function combinations([appId = '', ...others]: string[], places: number): string[][] {
  const fill = (first: string, rest: string) => [first, ...Array<string>(places - 1).fill(rest)]
  if (!places) return [[]]
  if (places === 1) return [appId, ...others].map(id => [id])
  return [fill(appId, appId), ...others.flatMap(id => [fill(id, id), fill(appId, id)])]
}

/** A published app with a key. */
async function addApp(member: TestMember, mark: string) {
  const graph = { nodes: [{ id: 's', data: { type: 'start', title: mark, variables: [] } }], edges: [] }
  const environment_variables = [{ name: 'token', value_type: 'secret', value: mark }]
  const yaml_content = JSON.stringify({
    version: '0.4.0',
    app: { name: mark, mode: 'workflow' },
    workflow: { graph, features: {}, environment_variables },
  })
  const id: string = (await member.call('POST', '/apps/imports', { mode: 'yaml-content', yaml_content })).body.app_id
  await member.call('POST', `/apps/${id}/workflows/publish`, {})
  const { body: key } = await member.call('POST', `/apps/${id}/api-keys`)
  const { body: published } = await member.call('GET', `/apps/${id}/workflows/publish`)
  return { id, key: key.token as string, ids: [id, key.id as string, published.id as string] }
}

/** Every row of every table that names a tenant, as text. */
async function contentsOfDatabase(): Promise<Map<string, string>> {
  const { database } = weft.platform
  const { scope } = await weft.owner()
  const tables = await database.query<{ name: string }>({
    text: "select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'",
  })
  const contents = new Map<string, string>()
  for (const { name } of tables.rows) {
    const { rows } = await database.query<{ text: string }>({
      text: `select t::text as text from ${name} t where tenant_id = $1 order by 1`,
      values: [scope.tenantId],
    })
    contents.set(name, rows.map(row => row.text).join('\n'))
  }
  const { rows } = await database.query<{ text: string }>({
    text: 'select t::text as text from tenants t where id = $1',
    values: [scope.tenantId],
  })
  contents.set('tenants', rows[0]?.text ?? '')
  return contents
}
