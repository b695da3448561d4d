import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { objectStoreSuite } from '@weft/testkit/suites'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DiskObjectStore } from './disk-object-store.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-disk-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

objectStoreSuite('disk', async () => new DiskObjectStore(join(folder, 'suite')))

describe('DiskObjectStore', () => {
  it('makes its folder when it is first used', async () => {
    const store = new DiskObjectStore(join(folder, 'a', 'new', 'one'))
    await store.check()
    expect(await readdir(join(folder, 'a', 'new', 'one'))).toEqual(['~incoming'])
  })

  it('leaves no half-written file behind when the source fails', async () => {
    const store = new DiskObjectStore(join(folder, 'failing'))
    async function* failing() {
      yield new Uint8Array(10)
      throw new Error('source broke')
    }
    await expect(store.put('some/object', failing())).rejects.toThrow('source broke')
    expect(await readdir(join(folder, 'failing', '~incoming'))).toEqual([])
  })

  it('clears away what a crash left half-written a day ago', async () => {
    const incoming = join(folder, 'crashed', '~incoming')
    await mkdir(incoming, { recursive: true })
    await writeFile(join(incoming, 'old'), '')
    await writeFile(join(incoming, 'recent'), '')
    await utimes(join(incoming, 'old'), 0, 0)
    await new DiskObjectStore(join(folder, 'crashed')).check()
    expect(await readdir(incoming)).toEqual(['recent'])
  })

  it('follows no link out of its folder', async () => {
    const root = join(folder, 'linked')
    const outside = join(folder, 'outside')
    await mkdir(root)
    await mkdir(outside)
    await writeFile(join(outside, 'secret'), 'secret')
    await symlink(outside, join(root, 'folder'))
    await symlink(join(outside, 'secret'), join(root, 'file'))
    const store = new DiskObjectStore(root)
    for (const key of ['folder/secret', 'file']) {
      await expect(store.get(key)).rejects.toMatchObject({ code: 'object-not-found' })
      expect(await store.size(key)).toBeUndefined()
      await store.delete(key)
    }
    await expect(store.put('folder/new', new Uint8Array(1))).rejects.toMatchObject({ code: 'invalid-object-key' })
    await store.put('file', new TextEncoder().encode('mine'))
    expect(await readdir(outside)).toEqual(['secret'])
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret')
  })

  it('may itself be reached over a link', async () => {
    await mkdir(join(folder, 'real'))
    await symlink(join(folder, 'real'), join(folder, 'mounted'))
    const store = new DiskObjectStore(join(folder, 'mounted'))
    await store.put('a/b', new Uint8Array(3))
    expect(await store.size('a/b')).toBe(3)
  })

  it('says clearly when its folder cannot be', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(new DiskObjectStore(join(folder, 'file')).check()).rejects.toThrow('ENOTDIR')
  })
})
