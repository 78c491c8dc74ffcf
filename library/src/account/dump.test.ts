import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { sqliteStores } from '../store/sqlite/sqlite.ts'
import { cookieHeader, type House, house, PASSWORD, visit } from './house.test.kit.ts'

const ANN = 'ann@example.com'
const NEXT = 'green pears in the rain'

/** Every text and blob in every table. */
function dump(path: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true })
  const tables = db.prepare("select name from sqlite_master where type = 'table'").all()
  const values: string[] = []
  for (const { name } of tables) {
    for (const row of db.prepare(`select * from "${String(name)}"`).all()) {
      for (const value of Object.values(row)) {
        if (typeof value === 'string') values.push(value)
        else if (value instanceof Uint8Array) values.push(Buffer.from(value).toString('latin1'))
      }
    }
  }
  db.close()
  return values
}

/** A day in the life of an account; answers every secret that was ever handed out. */
async function live(of: House): Promise<string[]> {
  const secrets = [PASSWORD, NEXT]
  const keep = (header: string): string => {
    secrets.push(...header.split('; ').map(pair => pair.slice(pair.indexOf('=') + 1)))
    return header
  }
  const link = async (to: string): Promise<string> => {
    const token = (await of.mailTo(to))?.token ?? ''
    secrets.push(token)
    return token
  }
  await of.flows.register(visit(), { email: ANN, password: PASSWORD })
  await of.flows.verifyEmail(visit(), { token: await link(ANN) })
  const first = await of.flows.login(visit(), { email: ANN, password: PASSWORD })
  assert.ok(first.ok)
  const session = await of.sessions.load(keep(cookieHeader(first.value.cookies)))
  assert.ok(session)
  for (let guess = 0; guess < 6; guess++) {
    await of.flows.login(visit(), { email: ANN, password: `guess ${guess}` })
  }
  await link(ANN)
  await of.flows.changeEmail(visit(), session, { email: 'ann@new.example' })
  await link('ann@new.example')
  await link(ANN)
  const changed = await of.flows.changePassword(visit(), session, { password: NEXT })
  assert.ok(changed.ok)
  const kept = await of.sessions.load(keep(cookieHeader(changed.value)))
  assert.ok(kept)
  const stepped = await of.flows.stepUp(visit(), kept, { password: NEXT })
  assert.ok(stepped.ok)
  keep(cookieHeader(stepped.value))
  await of.flows.forgotPassword(visit(), { email: ANN })
  await link(ANN)
  await of.flows.forgotPassword(visit(), { email: ANN }) // and one mail that still waits
  return secrets.filter(one => one !== '')
}

test('G21: a dump of the store holds nothing that works as a session, link, device or password', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-dump-'))
  const path = join(folder, 'dump.db')
  const of = await house({}, { stores: sqliteStores({ path }) })
  const secrets = await live(of)
  const values = dump(path)
  assert.ok(values.length > 100 && secrets.length > 10)

  const whole = values.join('\n')
  for (const secret of secrets) assert.ok(!whole.includes(secret), 'a secret stands in the store')

  const words = new Set(values.flatMap(value => value.match(/[\w+/=-]{16,}/g) ?? []))
  for (const word of words) {
    assert.equal(await of.sessions.load(`__Host-session=${word}`), undefined)
    for (const tried of [
      await of.flows.resetPassword(visit(), { token: word, password: 'yellow plums in the sun' }),
      await of.flows.verifyEmail(visit(), { token: word }),
      await of.flows.confirmEmail(visit(), { token: word }),
      await of.flows.undoEmail(visit(), { token: word }),
      await of.flows.unlockByLink(visit(), { token: word }),
    ]) {
      assert.equal(tried.ok, false)
    }
  }
  await of.close()
  rmSync(folder, { recursive: true, force: true })
})
