import { expect, test } from 'vitest'
import { isAddressAllowed, isHostAllowed, parseAllowedTargets } from './allowed-targets.ts'

test('reads hosts, addresses and networks, with and without ports', () => {
  expect(
    parseAllowedTargets(
      ' db.internal , API.internal:8080,127.0.0.1:9100, [::1]:80, ::1, 10.0.0.0/8, 10.1.0.0/16:443, fd00::/8,[fd00::/8]:443,',
    ),
  ).toEqual([
    { kind: 'name', value: 'db.internal', port: undefined },
    { kind: 'name', value: 'api.internal', port: 8080 },
    { kind: 'address', value: '127.0.0.1', port: 9100 },
    { kind: 'address', value: '0:0:0:0:0:0:0:1', port: 80 },
    { kind: 'address', value: '0:0:0:0:0:0:0:1', port: undefined },
    { kind: 'network', value: '10.0.0.0/8', port: undefined },
    { kind: 'network', value: '10.1.0.0/16', port: 443 },
    { kind: 'network', value: 'fd00:0:0:0:0:0:0:0/8', port: undefined },
    { kind: 'network', value: 'fd00:0:0:0:0:0:0:0/8', port: 443 },
  ])
  expect(parseAllowedTargets('')).toEqual([])
})

test.each([
  'http://a',
  '*.internal',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '10.0.0.0/33',
  '10.0.0.0/x',
  'a:0',
  'a:70000',
  'a:b',
  'a b',
  '10.0.0/8',
  'fe80::1%lo',
  'fe80::%lo/10',
  '-a',
  'a@b',
])('refuses the entry %s by name', entry => {
  expect(() => parseAllowedTargets(`ok.internal,${entry}`)).toThrow(`"${entry}"`)
})

test('a name allows that name alone, an address that address alone', () => {
  const targets = parseAllowedTargets('db.internal:5432,127.0.0.1,[::1]:80')
  expect(isHostAllowed(targets, 'DB.internal', 5432)).toBe(true)
  expect(isHostAllowed(targets, 'db.internal', 80)).toBe(false)
  expect(isHostAllowed(targets, 'a.db.internal', 5432)).toBe(false)
  expect(isHostAllowed(targets, 'db.internal.', 5432)).toBe(false)
  expect(isHostAllowed(targets, '127.0.0.1', 1)).toBe(true)
  expect(isHostAllowed(targets, '127.0.0.2', 1)).toBe(false)
  expect(isHostAllowed(targets, 'localhost', 1)).toBe(false)
  expect(isHostAllowed(targets, '0:0:0:0:0:0:0:1', 80)).toBe(true)
  expect(isHostAllowed(targets, '::1', 81)).toBe(false)
})

test('a network allows the addresses in it, on its port', () => {
  const targets = parseAllowedTargets('10.1.0.0/16:443,fd00::/8')
  expect(isAddressAllowed(targets, '10.1.2.3', 443)).toBe(true)
  expect(isAddressAllowed(targets, '10.1.2.3', 80)).toBe(false)
  expect(isAddressAllowed(targets, '10.2.0.1', 443)).toBe(false)
  expect(isAddressAllowed(targets, '::ffff:10.1.2.3', 443)).toBe(false)
  expect(isAddressAllowed(targets, 'fd12::1', 1)).toBe(true)
})
