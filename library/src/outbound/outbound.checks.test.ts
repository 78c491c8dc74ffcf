import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outboundChecks } from './outbound.checks.ts'
import { type OutboundOptions, outboundPolicy } from './outbound.ts'

const GOOD: OutboundOptions = {
  name: 'good',
  purpose: 'webhooks to addresses that shop owners choose',
  schemes: ['https'],
  observe: () => {},
}

function findings(options: Partial<OutboundOptions>, tls?: string): string[] {
  const { settings } = outboundPolicy({ ...GOOD, ...options })
  const facts = {
    policies: [outboundPolicy(GOOD).settings, settings],
    ...(tls === undefined ? {} : { tlsRejectUnauthorized: tls }),
  }
  return outboundChecks.filter(check => check.found(facts) !== false).map(({ id }) => id)
}

test('a careful policy has nothing to be told', () => assert.deepEqual(findings({}), []))

test('a finding names the policy', () => {
  const { settings } = outboundPolicy({ ...GOOD, name: 'bad', purpose: ' ' })
  const found = outboundChecks.map(check => check.found({ policies: [settings] }))
  assert.deepEqual(found.filter(Boolean), ['bad'])
})

test('every check has an id of its own, under this word', () => {
  const ids = outboundChecks.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^outbound\.[a-z-]+$/)
})

const WIDE = 'outbound.wide-exception'
for (const [what, options, found] of [
  ['link-local excepted', { allowAddresses: ['169.254.0.0/16'] }, ['outbound.metadata-reachable']],
  ['Azure excepted', { allowAddresses: ['168.63.129.16/32'] }, ['outbound.metadata-reachable']],
  [
    'unique-local excepted',
    { allowAddresses: ['fd00::/8'] },
    ['outbound.metadata-reachable', WIDE],
  ],
  ['loopback excepted', { allowAddresses: ['127.0.0.0/24'] }, ['outbound.loopback-reachable']],
  ['IPv6 loopback excepted', { allowAddresses: ['::1'] }, ['outbound.loopback-reachable']],
  [
    'metadata excepted and denied',
    { allowAddresses: ['169.254.0.0/16'], denyAddresses: ['169.254.0.0/16'] },
    [],
  ],
  ['all private space excepted', { allowAddresses: ['10.0.0.0/8'] }, [WIDE]],
  ['one subnet excepted', { allowAddresses: ['10.20.0.0/16', 'fd12:3456:789a::/48'] }, []],
  [
    'many ports',
    { ports: Array.from({ length: 17 }, (_, at) => 8000 + at) },
    ['outbound.many-ports'],
  ],
  ['a downgrade', { dangerouslyAllowDowngrade: true }, ['outbound.downgrade']],
  ['http to anyone', { schemes: ['http', 'https'] }, ['outbound.plain-http']],
  ['http to a few', { schemes: ['http'], allowHosts: ['a.example.com'] }, []],
  ['answers at once', { refusalStepMs: 0 }, ['outbound.told-by-time']],
  [
    'a proxy',
    { proxy: { url: 'http://p:3128', trustedToFilter: true } },
    ['outbound.proxy-judges'],
  ],
] as const) {
  test(`the doctor hears of ${what}`, () => {
    assert.deepEqual(findings(options as Partial<OutboundOptions>), found)
  })
}

test('the doctor hears of certificate checks switched off for others', () => {
  assert.deepEqual(findings({}, '0'), ['outbound.tls-switched-off'])
  assert.deepEqual(findings({}, '1'), [])
})

test('the doctor hears of a policy that nobody watches', () => {
  const { observe: _observe, ...unwatched } = GOOD
  const facts = { policies: [outboundPolicy(unwatched).settings] }
  const found = outboundChecks.filter(check => check.found(facts) !== false)
  assert.deepEqual(
    found.map(({ id }) => id),
    ['outbound.unobserved'],
  )
})
