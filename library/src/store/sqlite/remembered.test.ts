import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { session as aSession } from '../conformance/examples.ts'
import { sqliteStores } from './sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'bulwark-remembered-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('a session that another process ended is unknown in the next turn, remembered or not', async () => {
  const path = join(folder, 'two.db')
  const [here, there] = [sqliteStores({ path }), sqliteStores({ path })]
  const record = aSession()
  await here.sessions.create(record)
  assert.equal((await here.sessions.find(record.idHash))?.id, record.id)
  assert.equal((await here.sessions.find(record.idHash))?.id, record.id)
  assert.equal(await there.sessions.revoke(record.idHash), true)
  await turn()
  assert.equal(await here.sessions.find(record.idHash), undefined)
  await here.close()
  await there.close()
})

test('whatever this process writes is seen at once', async () => {
  const stores = sqliteStores({ path: join(folder, 'one.db') })
  const { sessions } = stores
  const [first, second, third] = [aSession(), aSession(), aSession()]
  for (const record of [first, second, third]) {
    await sessions.create(record)
    await sessions.find(record.idHash)
  }
  await sessions.touch(first.idHash, first.lastSeenAt + 1000, first.idleExpiresAt + 1000)
  assert.equal((await sessions.find(first.idHash))?.lastSeenAt, first.lastSeenAt + 1000)
  await sessions.revoke(first.idHash)
  assert.equal(await sessions.find(first.idHash), undefined)
  await sessions.revokeById(second.accountId, second.id)
  assert.equal(await sessions.find(second.idHash), undefined)
  await sessions.revokeAll(third.accountId)
  assert.equal(await sessions.find(third.idHash), undefined)
  await stores.close()
})

test('what is remembered is not read from the file again', async () => {
  const path = join(folder, 'read.db')
  const stores = sqliteStores({ path })
  const record = aSession()
  await stores.sessions.create(record)
  await stores.sessions.find(record.idHash)
  const before = await stores.sessions.find(record.idHash)
  await turn()
  assert.equal(await stores.sessions.find(record.idHash), before, 'the very same object')
  const other = new DatabaseSync(path)
  other.exec("UPDATE bulwark_sessions SET device = 'another'")
  other.close()
  await turn()
  assert.equal((await stores.sessions.find(record.idHash))?.device, 'another')
  await stores.close()
})
