import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreFault } from 'bulwark/fault'
import { postgresDatabase } from './database.ts'

const failure = (code?: string) => Object.assign(new Error('no'), code && { code })
const failing = (code?: string) =>
  postgresDatabase({
    query: async () => Promise.reject(failure(code)),
    connect: done => done(failure(code), undefined),
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
    await assert.rejects(failing(code).inTurn('ann', 'select 1'), StoreFault)
  })
}

test('a turn that fails half-way takes its connection along, and with it what it had begun', async () => {
  const asked: string[] = []
  const released: boolean[] = []
  const listening = new Set<() => void>()
  const database = postgresDatabase({
    query: async () => Promise.reject(failure()),
    connect: done =>
      done(undefined, {
        async query({ text }) {
          asked.push(text)
          if (text.startsWith('insert')) throw failure('23514')
          return { rows: [] }
        },
        on: (_event, listener) => listening.add(listener),
        off: (_event, listener) => listening.delete(listener),
        release: broken => released.push(broken),
      }),
  })
  await assert.rejects(database.inTurn('ann', 'insert into a values (?)', [1]), { code: '23514' })
  await database.inTurn('ann', 'select 1')
  assert.deepEqual(released, [true, false])
  assert.equal(asked.filter(text => text === 'commit').length, 1)
  assert.equal(listening.size, 0)
})

test('a statement that is wrong is our mistake, and no outage', async () => {
  await assert.rejects(failing('42601').all('selekt 1'), { code: '42601' })
})

test('every statement has a deadline', async () => {
  const deadlines: number[] = []
  const query = async ({ query_timeout }: { readonly query_timeout: number }) => {
    deadlines.push(query_timeout)
    return { rows: [] }
  }
  const nothing = (): void => {}
  const client = { query, on: nothing, off: nothing, release: nothing }
  const database = postgresDatabase({ query, connect: done => done(undefined, client) })
  await database.define(['create table a (b int)'])
  await database.all('select 1')
  await database.inTurn('ann', 'select 1')
  assert.deepEqual(
    deadlines,
    Array.from({ length: 6 }, () => 3_000),
  )
})
