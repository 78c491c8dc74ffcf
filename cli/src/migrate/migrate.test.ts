import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { EXIT } from '../command.ts'
import { main } from '../main.ts'
import { recorder } from '../output/terminal.test.kit.ts'
import { command } from './migrate.ts'

const folder = mkdtempSync(join(tmpdir(), 'bulwark-migrate-'))
after(() => rmSync(folder, { recursive: true }))

async function run(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  const terminal = recorder(folder)
  const exit = await main(['migrate', ...args], terminal)
  return { exit, out: terminal.stdout(), err: terminal.stderr() }
}

test('a new database is planned, brought up to date, and then needs nothing', async () => {
  const data = join(folder, 'fresh')
  assert.equal((await run('plan', '--data', data)).exit, EXIT.usage)
  const first = await run('apply', '--data', data, '--json')
  assert.equal(first.exit, EXIT.clean)
  assert.ok(JSON.parse(first.out).added.length > 0)
  assert.deepEqual(JSON.parse((await run('apply', '--data', data, '--json')).out).added, [])
  const planned = await run('plan', '--data', data)
  assert.equal(planned.exit, EXIT.clean)
  assert.match(planned.out, /has {3}1 begin, \d{4}-.*\nUp to date\./s)
})

test('an empty file needs everything; looking at it changes nothing', async () => {
  const data = mkdtempSync(join(folder, 'empty-'))
  new DatabaseSync(join(data, 'bulwark.db')).close()
  for (let turn = 0; turn < 2; turn++) {
    const { exit, out } = await run('plan', '--data', data, '--sql')
    assert.equal(exit, EXIT.findings)
    assert.match(out, /needs 1 begin\n[\s\S]*CREATE TABLE bulwark_accounts/)
  }
})

test('a database that a newer version wrote is refused with a sentence', async () => {
  const data = join(folder, 'newer')
  await run('apply', '--data', data)
  const database = new DatabaseSync(join(data, 'bulwark.db'))
  database.exec("INSERT INTO bulwark_migrations VALUES (999, 'later', 'x', 0)")
  database.close()
  const { exit, err } = await run('plan', '--data', data)
  assert.equal(exit, EXIT.failed)
  assert.match(err, /this version of Bulwark knows/)
})

test('an address that cannot be reached is not repeated', async () => {
  const word = 'violet'.repeat(2)
  const terminal = recorder(folder, {
    env: { DATABASE_URL: `postgres://ann:${word}@127.0.0.1:1/none` },
  })
  assert.equal(await main(['migrate', 'plan'], terminal), EXIT.failed)
  assert.doesNotMatch(terminal.stderr() + terminal.stdout(), /violet/)
})

test('row-level security is printed for tables that are named or exported', async () => {
  const one = await run('rls', '--table', 'orders=account_id', '--account-type', 'text')
  assert.match(one.out, /alter table "orders" force row level security;/)
  writeFileSync(
    join(folder, 'tables.mjs'),
    "export const tables = [{ table: 'notes', rule: { kind: 'owner', column: 'owner_id' } }]",
  )
  assert.match((await run('rls', 'tables.mjs')).out, /create policy bulwark_select on "notes"/)
})

test('who writes it wrongly is told how', async () => {
  const wrong = [
    [],
    ['drop'],
    ['plan', 'now'],
    ['rls'],
    ['rls', '--table', 'orders'],
    ['rls', 'nowhere.mjs'],
    ['rls', '--table', 'a=b', '--account-type', 'int'],
  ]
  for (const args of wrong) {
    assert.equal(await command.run(args, recorder(folder)), EXIT.usage, args.join(' '))
  }
})
