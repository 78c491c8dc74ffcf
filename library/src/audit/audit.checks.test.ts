import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuditFacts, auditChecks } from './audit.checks.ts'

const fine: AuditFacts = {
  options: { failClosed: ['admin.'] },
  production: true,
  storeKind: 'sqlite',
  hasCheckpoints: true,
  retentionDays: 365,
  lost: 0,
}
const found = (facts: Partial<AuditFacts>) =>
  auditChecks.filter(check => check.found({ ...fine, ...facts })).map(({ id }) => id)

const rows: [string, Partial<AuditFacts>, string[]][] = [
  ['a log that is as it should be', {}, []],
  [
    'a log that is off',
    { options: false, hasCheckpoints: false, retentionDays: undefined },
    ['audit.off'],
  ],
  ['a log in memory', { storeKind: 'memory' }, ['audit.in-memory']],
  ['a log in memory while developing', { storeKind: 'memory', production: false }, []],
  ['a log without checkpoints', { hasCheckpoints: false }, ['audit.no-checkpoints']],
  ['a log that lost events', { lost: 3 }, ['audit.lost-events']],
  ['a log that never stops anything', { options: {} }, ['audit.nothing-fails-closed']],
  ['a log without an end', { retentionDays: undefined }, ['audit.kept-for-ever']],
]
for (const [what, facts, ids] of rows) {
  test(`the doctor finds ${ids.length === 0 ? 'nothing' : ids.join()} in ${what}`, () => {
    assert.deepEqual(found(facts), ids)
  })
}
