import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type StoreFacts, storeChecks } from './store.checks.ts'

const good: StoreFacts = { production: true, kind: 'redis+postgres', nodes: 4 }

const rows: readonly [what: string, facts: Partial<StoreFacts>, found: readonly string[]][] = [
  ['PostgreSQL and Redis', {}, []],
  ['SQLite in one process', { kind: 'sqlite', nodes: 1 }, []],
  ['memory', { kind: 'memory' }, ['store.memory']],
  ['Redis with accounts in memory', { kind: 'redis+memory' }, ['store.memory']],
  ['memory in development', { kind: 'memory', production: false }, []],
  ['SQLite under eight processes', { kind: 'sqlite', nodes: 8 }, ['store.sqlite-many-nodes']],
  ['a plain address', { plainAddresses: ['redis://cache'] }, ['store.plain-connection']],
  ['a Redis that evicts', { redisEviction: 'allkeys-lru' }, ['store.redis-eviction']],
  ['a Redis with snapshots only', { redisAppendOnly: false }, ['store.redis-snapshots']],
]

for (const [what, facts, found] of rows) {
  test(`the doctor on ${what}: ${found.join(', ') || 'nothing to say'}`, () => {
    const ids = storeChecks.filter(check => check.found({ ...good, ...facts })).map(one => one.id)
    assert.deepEqual(ids, found)
  })
}
