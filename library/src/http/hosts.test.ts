import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigFault } from '../kernel/fault.ts'
import { arriving, runs } from './arriving.test.kit.ts'
import { hosts } from './hosts.ts'

const guard = hosts({
  origins: ['https://app.example', 'http://localhost:3000'],
  hosts: ['*.tenants.example', 'api.example:8443'],
  probePaths: ['/healthz'],
})
const with_ = (...rawHeaders: string[]) => ({ ...arriving('GET'), rawHeaders })
const answer = (...rawHeaders: string[]): string | undefined => guard(with_(...rawHeaders))?.code

const cases: readonly [string, string | undefined, string[]][] = [
  ['our own name', undefined, ['Host', 'app.example']],
  ['our own name with the port of its scheme', undefined, ['Host', 'app.example:443']],
  ['our own name in capitals', undefined, ['HOST', 'APP.EXAMPLE']],
  ['a second origin', undefined, ['Host', 'localhost:3000']],
  ['a tenant', undefined, ['Host', 'ann.tenants.example']],
  ['a host with its own port', undefined, ['Host', 'api.example:8443']],
  ['HTTP/2 authority', undefined, [':authority', 'app.example']],
  [
    'HTTP/2 authority that Host repeats',
    undefined,
    [':authority', 'app.example', 'host', 'app.example'],
  ],
  ['somebody else’s name', 'hosts.unknown', ['Host', 'evil.test']],
  ['our name on another port', 'hosts.unknown', ['Host', 'app.example:8080']],
  ['our name as a prefix', 'hosts.unknown', ['Host', 'app.example.evil.test']],
  ['our name as a suffix', 'hosts.unknown', ['Host', 'evilapp.example']],
  ['our name with a trailing dot', 'hosts.unknown', ['Host', 'app.example.']],
  ['the parent of all tenants', 'hosts.unknown', ['Host', 'tenants.example']],
  ['loopback outside development', 'hosts.unknown', ['Host', '127.0.0.1:3000']],
  ['no Host', 'hosts.missing', ['Accept', '*/*']],
  ['two Hosts', 'hosts.repeated', ['Host', 'app.example', 'host', 'app.example']],
  ['two different Hosts', 'hosts.repeated', ['Host', 'app.example', 'Host', 'evil.test']],
  [
    'an authority that Host contradicts',
    'hosts.repeated',
    [':authority', 'app.example', 'host', 'evil.test'],
  ],
  ['an empty Host', 'hosts.malformed', ['Host', '']],
  ['a Host with a user name', 'hosts.malformed', ['Host', 'app.example@evil.test']],
  ['a Host with a path', 'hosts.malformed', ['Host', 'app.example/evil']],
  ['a Host with a space', 'hosts.malformed', ['Host', 'app.example evil.test']],
  ['a list of Hosts', 'hosts.malformed', ['Host', 'app.example, evil.test']],
  ['a Host with a port that is none', 'hosts.malformed', ['Host', 'app.example:x']],
  ['a Host with a very long port', 'hosts.malformed', ['Host', 'app.example:999999']],
]
for (const [what, code, rawHeaders] of cases) {
  test(`${code === undefined ? 'lets through' : `answers ${code} to`} ${what}`, () => {
    assert.equal(answer(...rawHeaders), code)
  })
}

test('an unknown host is 421, everything malformed 400 and the end of the connection', () => {
  assert.equal(guard(with_('Host', 'evil.test'))?.status, 421)
  const two = guard(with_('Host', 'a', 'Host', 'b'))
  assert.deepEqual([two?.status, two?.close], [400, true])
})

test('a load balancer may probe by address, and only the paths named for it', () => {
  const probe = (target: string) => guard({ ...with_('Host', '10.0.0.7:3000'), target })?.code
  assert.equal(probe('/healthz'), undefined)
  assert.equal(probe('/healthz?x'), 'hosts.unknown')
  assert.equal(probe('/orders'), 'hosts.unknown')
  assert.equal(guard({ ...with_('Host', 'a b'), target: '/healthz' })?.code, 'hosts.malformed')
})

test('in development every loopback name will do, and a rebound name will not', () => {
  const local = hosts({ origins: ['http://localhost:3000'], loopback: true })
  for (const host of ['localhost', 'localhost:5173', '127.0.0.1:3000', '[::1]:3000']) {
    assert.equal(local(with_('Host', host)), undefined)
  }
  for (const host of ['localhost.evil.test', '127.0.0.1.evil.test', 'evil.test:3000']) {
    assert.equal(local(with_('Host', host))?.code, 'hosts.unknown')
  }
})

test('a host that is none stops the start', () => {
  for (const host of ['https://app.example', 'app.example/x', '', '*.', 'a b']) {
    assert.throws(() => hosts({ origins: [], hosts: [host] }), ConfigFault)
  }
})

test('no value of Host passes that is not on the list', () => {
  const ours = new Set(['app.example', 'app.example:443', 'localhost:3000', 'localhost:80'])
  const near = fc.constantFrom(
    'app.example',
    'x.app.example',
    'app.example.',
    'app.example:80',
    'APP.example',
  )
  fc.assert(
    fc.property(fc.oneof(fc.string(), near, fc.webAuthority()), host => {
      const name = host.toLowerCase()
      const mine =
        ours.has(name) || name === 'api.example:8443' || /^[^\s/@,]+\.tenants\.example$/.test(name)
      if (answer('Host', host) === undefined) assert.ok(mine, host)
    }),
    runs(500),
  )
})
