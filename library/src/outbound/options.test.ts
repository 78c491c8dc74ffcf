import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigFault } from '../kernel/fault.ts'
import { Secret } from '../kernel/secret.ts'
import { type OutboundOptions, outboundPolicy } from './outbound.ts'

for (const [option, wrong] of [
  ['name', { name: '' }],
  ['name', { name: 'Link Preview' }],
  ['port', { port: 443 }],
  ['schemes', { schemes: [] }],
  ['schemes', { schemes: ['ftp'] }],
  ['ports', { ports: [] }],
  ['ports', { ports: [0] }],
  ['ports', { ports: ['443'] }],
  ['mixed', { mixed: 'first' }],
  ['allowHosts', { allowHosts: ['http://a.example.com'] }],
  ['denyHosts', { denyHosts: ['a.*.com'] }],
  ['allowAddresses', { allowAddresses: ['10.0.0.1/8'] }],
  ['allowAddresses', { allowAddresses: ['::ffff:10.0.0.0/8'] }],
  ['denyAddresses', { denyAddresses: ['10.0.0'] }],
  ['nat64Prefixes', { nat64Prefixes: ['2001:db8::/33'] }],
  ['nat64Prefixes', { nat64Prefixes: ['10.0.0.0/8'] }],
  ['maxRedirects', { maxRedirects: -1 }],
  ['maxRedirects', { maxRedirects: 21 }],
  ['maxBodyBytes', { maxBodyBytes: 1.5 }],
  ['maxBodyBytes', { maxBodyBytes: Number.POSITIVE_INFINITY }],
  ['totalMs', { totalMs: 0 }],
  ['totalMs', { totalMs: '15s' }],
  ['proxy.url', { proxy: { url: 'proxy:3128', trustedToFilter: true } }],
  ['proxy.url', { proxy: { url: 'http://u:p@proxy:3128', trustedToFilter: true } }],
  ['proxy.url', { proxy: { url: 'socks5://proxy', trustedToFilter: true } }],
  ['proxy.trustedToFilter', { proxy: { url: 'http://proxy:3128' } }],
  ['ca', { ca: '-----BEGIN CERTIFICATE-----' }],
] as const) {
  test(`${JSON.stringify(wrong)} stops the start at outbound.${option}`, () => {
    const options = { name: 'p', ...wrong } as unknown as OutboundOptions
    assert.throws(
      () => outboundPolicy(options),
      (error: unknown) => {
        assert.ok(error instanceof ConfigFault)
        assert.equal(error.option, `outbound.${option}`)
        return true
      },
    )
  })
}

test('a policy cannot be changed once it is made', () => {
  const ports = [443]
  const policy = outboundPolicy({ name: 'p', ports, denyHosts: ['*.example.org'] })
  ports.push(22)
  assert.deepEqual(policy.settings.ports, [443])
  assert.throws(() => Object.assign(policy.settings, { ports: [22] }), TypeError)
  assert.throws(() => (policy.settings.ports as number[]).push(22), TypeError)
  assert.throws(() => Object.assign(policy, { guard: {} }), TypeError)
})

test('the password of a proxy is not shown with the settings', () => {
  const proxy = {
    url: 'http://proxy.example.net:3128',
    trustedToFilter: true,
    authorization: new Secret('Basic c2VjcmV0'),
  } as const
  const { settings } = outboundPolicy({ name: 'p', proxy })
  assert.doesNotMatch(JSON.stringify(settings), /c2VjcmV0/)
})

test('a narrowed policy only ever refuses more', () => {
  const wide = outboundPolicy({
    name: 'p',
    ports: [443, 8443],
    allowHosts: ['*.example.com'],
    maxRedirects: 2,
    allowAddresses: ['10.0.0.0/8'],
  })
  const tenant = wide.narrowed({
    tenant: 'acme',
    ports: [443, 22],
    allowHosts: ['a.example.com', 'evil.example.net'],
    maxRedirects: 9,
    totalMs: 100,
    denyAddresses: ['10.1.0.0/16'],
  })
  const code = (url: string): string => {
    const admitted = tenant.guard.admit(url)
    return admitted.ok ? 'allowed' : admitted.refusal.code
  }
  assert.equal(code('https://a.example.com/'), 'allowed')
  assert.equal(code('https://b.example.com/'), 'outbound.host')
  assert.equal(code('https://evil.example.net/'), 'outbound.host')
  assert.equal(code('https://a.example.com:8443/'), 'outbound.port')
  assert.equal(code('https://a.example.com:22/'), 'outbound.port')
  assert.equal(tenant.guard.judgeAddress('10.2.0.1'), undefined)
  assert.equal(tenant.guard.judgeAddress('10.1.0.1')?.code, 'outbound.denied_address')
  assert.equal(tenant.settings.maxRedirects, 2)
  assert.equal(tenant.settings.totalMs, 100)
  assert.equal(tenant.settings.tenant, 'acme')
  const twice = tenant.narrowed({ denyHosts: ['a.example.com'] })
  assert.equal(twice.guard.admit('https://a.example.com/').ok, false)
  assert.equal(twice.guard.judgeAddress('10.1.0.1')?.code, 'outbound.denied_address')
  const elsewhere = tenant.narrowed({ denyAddresses: ['10.3.0.0/16'] })
  for (const address of ['10.1.0.1', '10.3.0.1']) {
    assert.equal(elsewhere.guard.judgeAddress(address)?.code, 'outbound.denied_address')
  }
  for (const wider of [
    { allowAddresses: ['127.0.0.0/8'] },
    { allowLocalNames: ['x'] },
    { mixed: 'filter' },
  ]) {
    assert.throws(() => wide.narrowed(wider as object), ConfigFault)
  }
})
