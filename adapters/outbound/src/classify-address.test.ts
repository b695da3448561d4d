import { expect, test } from 'vitest'
import { type AddressClass, classifyAddress, describeAddressClass } from './classify-address.ts'

const CASES: Record<AddressClass, string[]> = {
  public: [
    '1.1.1.1',
    '8.8.8.8',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:80b::200e',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ],
  loopback: ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '::127.0.0.1', '2002:7f00:1::'],
  private: [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    'fd00::1',
    'fc00::1',
    '::ffff:10.0.0.1',
    '2002:c0a8:1::1',
    '2001:0:a00:1::',
    '2a01:4f8::5efe:10.0.0.1',
    '2a01:4f8::200:5efe:192.168.1.1',
  ],
  'link-local': ['169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  'carrier-grade-nat': ['100.64.0.1', '100.127.255.255'],
  metadata: [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
  ],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  broadcast: ['255.255.255.255'],
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  reserved: [
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '240.0.0.1',
    '254.255.255.255',
    '::8.8.8.8',
    '2002:808:808::1',
    '2001:db8::1',
    '2001:2::1',
    '2001:10::1',
    '3fff::1',
    '5f00::1',
    '100::1',
    'fec0::1',
    '64:ff9b:1::1',
    '4000::1',
  ],
  invalid: ['', 'localhost', '127.1', '0x7f.0.0.1', '2130706433', '0177.0.0.1', '1.2.3.4.5', '256.1.1.1', '127.0.0.1.', ':::', 'fe80::g'],
}

for (const [addressClass, addresses] of Object.entries(CASES)) {
  test.each(addresses)(`classifies %s as ${addressClass}`, address => {
    expect(classifyAddress(address)).toBe(addressClass)
  })
}

test('a Teredo address is what its client or server is', () => {
  expect(classifyAddress('2001:0:808:808:0:0:f5ff:fffe')).toBe('private')
  expect(classifyAddress('2001:0:808:808:0:0:f7f7:f7f7')).toBe('reserved')
})

test('describes classes for messages', () => {
  expect(describeAddressClass('loopback')).toBe('a loopback address')
  expect(describeAddressClass('unspecified')).toBe('an unspecified address')
  expect(describeAddressClass('metadata')).toBe('a cloud metadata address')
})
