import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { StoreFault } from '../../kernel/fault.ts'
import { assertChain } from '../conformance/audit-log.ts'
import {
  account,
  credential,
  entry,
  fresh,
  HOUR,
  job,
  NOW,
  refreshToken,
  session,
  together,
  token,
} from '../conformance/examples.ts'
import type { Stores } from '../port/stores.ts'
import { sqlStores } from '../sql/stores.ts'
import { Connection } from './connection.ts'
import { sqliteCounters } from './counters.ts'
import { sqliteEngine } from './engine.ts'
import { applySqlite } from './migrations.ts'
import { sqliteStores } from './sqlite.ts'

const directory = mkdtempSync(join(tmpdir(), 'bulwark-bad-days-'))
after(() => rmSync(directory, { recursive: true, force: true }))

test('on a full disk writes fail with a fault and leave nothing; with room they go on', async () => {
  const connection = new Connection(join(directory, 'full.db'), 10)
  applySqlite(connection, NOW)
  const engine = sqliteEngine(connection, 1_000)
  const stores = sqlStores('sqlite', engine, sqliteCounters(engine))
  const hash = fresh('token')
  await stores.oneTimeTokens.issue(hash, token())
  const kept = session()
  await stores.sessions.create(kept)

  connection.exec('PRAGMA max_page_count = 60')
  const written: string[] = []
  let fault: unknown
  while (fault === undefined) {
    const record = session({ device: 'x'.repeat(500) })
    const along = { events: [entry()] }
    await stores.sessions.create(record, along).then(
      () => written.push(record.idHash),
      (error: unknown) => {
        fault = error
      },
    )
  }
  assert.ok(fault instanceof StoreFault)
  assert.equal(fault.verb, 'sessions.create')
  assert.deepEqual(await stores.sessions.find(kept.idHash), kept)
  assert.equal(await stores.sessions.count(NOW), written.length + 1)
  assert.equal((await stores.auditLog.head())?.sequence, written.length)
  const big = (): Promise<void> => stores.sessions.create(session({ device: 'x'.repeat(9_000) }))
  const group = await Promise.allSettled([
    big(),
    stores.oneTimeTokens.redeem(hash, NOW),
    stores.oneTimeTokens.redeem(hash, NOW),
  ])
  assert.deepEqual(
    group.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
    'a neighbour in the same group does not fail with the big one',
  )
  assert.equal(await stores.oneTimeTokens.peek(hash, NOW), undefined)

  connection.exec('PRAGMA max_page_count = 100000')
  await big()
  await stores.auditLog.append([entry()], 'durable')
  const rows = await stores.auditLog.read({ limit: 1_000, oldestFirst: true })
  assertChain(rows, 0, '')
  await stores.close()
})

test('while another process holds the lock, writes wait, checks go on, and the loop stays free', async () => {
  const path = join(directory, 'locked.db')
  const stores = sqliteStores({ path })
  const other = new Connection(path, 0)
  const record = session()
  await stores.sessions.create(record)
  other.exec('BEGIN IMMEDIATE')
  const waiting = stores.sessions.revoke(record.idHash)
  let turns = 0
  const end = performance.now() + 200
  while (performance.now() < end) {
    assert.ok(await stores.sessions.find(record.idHash))
    await new Promise(resolve => setImmediate(resolve))
    turns += 1
  }
  assert.ok(turns > 20, `the loop turned ${turns} times`)
  other.exec('COMMIT')
  assert.equal(await waiting, true)
  other.close()
  await stores.close()
})

test('a lock that is never let go fails the write in time, and the next one works', async () => {
  const path = join(directory, 'stuck.db')
  const stores = sqliteStores({ path, deadlineMs: 100, busyMs: 2 })
  const other = new Connection(path, 0)
  other.exec('BEGIN IMMEDIATE')
  const record = session()
  await assert.rejects(stores.sessions.create(record), StoreFault)
  other.exec('ROLLBACK')
  other.close()
  assert.equal(await stores.sessions.find(record.idHash), undefined)
  await stores.sessions.create(record)
  await stores.close()
})

test('what was begun before closing is finished, and what comes later is refused', async () => {
  const path = join(directory, 'closing.db')
  const stores = sqliteStores({ path })
  const records = Array.from({ length: 20 }, () => session())
  const begun = records.map(record => stores.sessions.create(record))
  const closing = stores.close()
  await Promise.all([...begun, closing])
  await assert.rejects(stores.sessions.create(session()), StoreFault)
  await assert.rejects(async () => stores.sessions.find('x'), StoreFault)
  const again = sqliteStores({ path })
  assert.equal(await again.sessions.count(NOW), 20)
  await again.close()
})

/** Stores on a file, and the `synchronous` level of each commit: 1 is NORMAL, 2 is FULL. */
function watched(name: string): { stores: Stores; commits: unknown[] } {
  const connection = new Connection(join(directory, name), 10)
  applySqlite(connection, NOW)
  const commits: unknown[] = []
  const run = connection.run.bind(connection)
  connection.run = (sql, params) => {
    if (sql === 'COMMIT') commits.push(connection.rows('PRAGMA synchronous', [])[0]?.[0])
    return run(sql, params)
  }
  const engine = sqliteEngine(connection, 1_000)
  return { stores: sqlStores('sqlite', engine, sqliteCounters(engine)), commits }
}

test('two hundred writes that arrive together wait for the disk once, not two hundred times', async () => {
  const { stores, commits } = watched('group.db')
  await together(200, () => stores.auditLog.append([entry()], 'durable'))
  assert.deepEqual(commits, [2])
  await stores.close()
})

test('what must outlive a power cut waits for the disk; counting and touching do not', async () => {
  const { stores, commits } = watched('levels.db')
  const record = session()
  const hash = fresh('token')
  const ann = account()
  const signIn = { events: [entry()], startSession: session({ accountId: ann.id }) }
  const durable: readonly (() => Promise<unknown>)[] = [
    () => stores.accounts.create(ann),
    () => stores.accounts.update(ann.id, ann.version, { role: 'admin' }, { events: [entry()] }),
    () => stores.oneTimeTokens.issue(hash, token()),
    () => stores.oneTimeTokens.redeem(hash, NOW),
    () => stores.refreshTokens.issue(refreshToken()),
    () => stores.credentials.add([credential()]),
    () => stores.auditLog.append([entry()], 'durable'),
    () => stores.jobs.enqueue([job()]),
    () => stores.sessions.revoke(record.idHash),
  ]
  const quick: readonly (() => Promise<unknown>)[] = [
    () => stores.sessions.create(record),
    () => stores.sessions.create(session(), { events: [entry()] }),
    () => stores.accounts.update(ann.id, ann.version + 1, {}, signIn),
    () => stores.sessions.touch(record.idHash, NOW, NOW + HOUR),
    async () => stores.counters.hit([{ key: 'a', rate: { limit: 1, windowMs: 1 } }], NOW),
    () => stores.auditLog.append([entry()]),
  ]
  for (const verb of durable) await verb()
  assert.deepEqual(
    commits,
    durable.map(() => 2),
  )
  commits.length = 0
  for (const verb of quick) await verb()
  assert.deepEqual(
    commits,
    quick.map(() => 1),
  )
  commits.length = 0
  await Promise.all([stores.auditLog.append([entry()]), stores.jobs.enqueue([job()])])
  assert.deepEqual(commits, [2])
  await stores.close()
})
