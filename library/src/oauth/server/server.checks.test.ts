import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OAuthFacts, oauthChecks } from './server.checks.ts'

const client = { clientId: 'web', name: 'Web', redirectUris: ['https://web.example/cb'] }
const good = { ...client, clientSecret: 's'.repeat(43) }

const cases: [string, OAuthFacts, string[]][] = [
  ['a long secret and no registration', { production: true, options: { clients: [good] } }, []],
  [
    'a short secret',
    { production: true, options: { clients: [{ ...client, clientSecret: 'short' }] } },
    ['oauth.short-client-secret'],
  ],
  [
    'a short secret of a developer',
    { production: false, options: { clients: [{ ...client, clientSecret: 'short' }] } },
    [],
  ],
  [
    'open registration',
    { production: true, options: { registration: 'open' } },
    ['oauth.open-registration'],
  ],
  [
    'a web client on loopback',
    { production: true, options: { clients: [{ ...good, redirectUris: ['http://127.0.0.1/'] }] } },
    ['oauth.loopback-redirect'],
  ],
]
for (const [what, facts, found] of cases) {
  test(`the doctor says ${found.length === 0 ? 'nothing' : found.join()} of ${what}`, () => {
    const ids = oauthChecks.filter(check => check.found(facts) !== false).map(({ id }) => id)
    assert.deepEqual(ids, found)
  })
}
