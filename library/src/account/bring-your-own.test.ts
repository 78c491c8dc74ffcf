import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { house, visit } from './house.test.kit.ts'

/** A shop that had users long before it had Bulwark. */
function shop(): DatabaseSync {
  const db = new DatabaseSync(':memory:')
  db.exec(`create table users (
    id integer primary key, login text, hash text, nickname text, points integer, account_id text unique)`)
  const add = db.prepare('insert into users (login, hash, nickname, points) values (?, ?, ?, ?)')
  add.run(
    'Ann@Example.com',
    '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    'annie',
    7,
  )
  add.run(
    'bob@example.com',
    'pbkdf2_sha256$260000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=',
    'bobby',
    3,
  )
  return db
}

test('users of an existing table sign in with the password they had; their profile stays where it is', async () => {
  const of = await house()
  const db = shop()
  const by = { visit: visit(), actorId: undefined }
  for (const row of db
    .prepare('select id, login, hash from users where account_id is null')
    .all()) {
    const made = await of.flows.createAccount(by, {
      email: String(row['login']),
      passwordHash: String(row['hash']),
      verified: true,
    })
    assert.ok(made.ok)
    db.prepare('update users set account_id = ? where id = ?').run(made.value.id, Number(row['id']))
  }
  for (const [email, password, nickname] of [
    ['ann@example.com', 'U*U', 'annie'],
    ['bob@example.com', 'lètmein', 'bobby'],
  ] as const) {
    const outcome = await of.flows.login(visit(), { email, password })
    assert.ok(outcome.ok && outcome.value.kind === 'session')
    const { accountId } = outcome.value.session
    const profile = db.prepare('select nickname from users where account_id = ?').get(accountId)
    assert.equal(profile?.['nickname'], nickname)
    const account = await of.stores.accounts.byId(accountId)
    assert.match(account?.passwordHash ?? '', /^\$argon2id\$.*keyid=/)
    assert.ok((await of.flows.login(visit(), { email, password })).ok)
  }
  db.close()
})
