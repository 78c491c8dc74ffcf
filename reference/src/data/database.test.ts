import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreFault } from 'bulwark/fault'
import { postgresDatabase } from './database.ts'

const failing = (code?: string) =>
  postgresDatabase({
    query: async () => Promise.reject(Object.assign(new Error('no'), code && { code })),
  })

for (const [what, code] of [
  ['refuses connections', 'ECONNREFUSED'],
  ['cuts the connection', 'ECONNRESET'],
  ['says nothing in time', undefined],
  ['shuts down', '57P01'],
  ['has no connection left', '53300'],
] as const) {
  test(`a database that ${what} is a store that failed, so that people get 503`, async () => {
    await assert.rejects(failing(code).all('select 1'), StoreFault)
  })
}

test('a statement that is wrong is our mistake, and no outage', async () => {
  await assert.rejects(failing('42601').all('selekt 1'), { code: '42601' })
})

test('every statement has a deadline', async () => {
  const deadlines: number[] = []
  const database = postgresDatabase({
    async query({ query_timeout }) {
      deadlines.push(query_timeout)
      return { rows: [] }
    },
  })
  await database.define(['create table a (b int)'])
  await database.all('select 1')
  assert.deepEqual(deadlines, [3_000, 3_000])
})
