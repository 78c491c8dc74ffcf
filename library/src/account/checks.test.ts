import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Check } from '../kernel/check.ts'
import { type SessionsFacts, sessionsChecks } from '../session/sessions/sessions.checks.ts'
import { type LockoutFacts, lockoutChecks } from './lockout/lockout.checks.ts'
import { type MailFacts, mailChecks } from './mail/mail.checks.ts'
import { type PasswordFacts, passwordChecks } from './password/password.checks.ts'

const findings = <Facts>(checks: readonly Check<Facts>[], facts: Facts): string[] =>
  checks.filter(check => check.found(facts) !== false).map(check => check.id)

const sessions: SessionsFacts = { options: {}, production: true }
const password: PasswordFacts = {
  options: {},
  passwords: { cost: { memoryKiB: 32_768, passes: 2, lanes: 1 }, engine: 'node-rs' },
  permits: 2,
  threads: 4,
  secondFactorEnforced: false,
}
const lockout: LockoutFacts = { options: {}, storeKind: 'memory', processes: 1 }
const mail: MailFacts = {
  mailerKind: 'smtp',
  production: true,
  backlog: { waiting: 0, oldestRunAt: undefined },
  now: 1e9,
}

test('the doctor finds nothing in what nobody changed', () => {
  assert.deepEqual(findings(sessionsChecks, sessions), [])
  assert.deepEqual(findings(passwordChecks, password), [])
  assert.deepEqual(findings(lockoutChecks, lockout), [])
  assert.deepEqual(findings(mailChecks, mail), [])
})

const rows: readonly [id: string, found: () => string[]][] = [
  [
    'sessions.plain-http-cookie',
    () => findings(sessionsChecks, { ...sessions, options: { dangerouslyAllowHttp: true } }),
  ],
  [
    'sessions.longer-than-profile',
    () =>
      findings(sessionsChecks, { ...sessions, options: { dangerouslyLongerBecause: 'a kiosk' } }),
  ],
  [
    'sessions.lowest-profile',
    () => findings(sessionsChecks, { ...sessions, options: { profile: 'aal1' } }),
  ],
  ['password.short', () => findings(passwordChecks, { ...password, options: { minLength: 10 } })],
  [
    'password.too-short',
    () =>
      findings(passwordChecks, {
        ...password,
        secondFactorEnforced: true,
        options: { minLength: 6 },
      }),
  ],
  [
    'password.slow-engine',
    () =>
      findings(passwordChecks, {
        ...password,
        passwords: { ...password.passwords, engine: 'node' },
      }),
  ],
  ['password.starved-threads', () => findings(passwordChecks, { ...password, permits: 4 })],
  [
    'password.floor',
    () =>
      findings(passwordChecks, {
        ...password,
        passwords: { cost: { memoryKiB: 19_456, passes: 2, lanes: 1 }, engine: 'node-rs' },
      }),
  ],
  [
    'lockout.generous-account',
    () => findings(lockoutChecks, { ...lockout, options: { freeFailures: 20 } }),
  ],
  [
    'lockout.generous-address',
    () => findings(lockoutChecks, { ...lockout, options: { addressFailures: 9_000 } }),
  ],
  [
    'lockout.short-delay',
    () => findings(lockoutChecks, { ...lockout, options: { longestDelaySeconds: 30 } }),
  ],
  ['lockout.counted-apart', () => findings(lockoutChecks, { ...lockout, processes: 2 })],
  ['mail.nowhere', () => findings(mailChecks, { ...mail, mailerKind: 'outbox' })],
  [
    'mail.plain-smtp',
    () => findings(mailChecks, { ...mail, smtp: { tls: 'dangerouslyNone', host: 'mail.example' } }),
  ],
  ['mail.stuck', () => findings(mailChecks, { ...mail, backlog: { waiting: 3, oldestRunAt: 0 } })],
]
for (const [id, found] of rows)
  test(`the doctor finds ${id}`, () => assert.deepEqual(found(), [id]))

test('every finding has a name of its own', () => {
  const ids = [sessionsChecks, passwordChecks, lockoutChecks, mailChecks].flatMap(all =>
    all.map(one => one.id),
  )
  assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(ids.toSorted(), rows.map(([id]) => id).toSorted())
})
