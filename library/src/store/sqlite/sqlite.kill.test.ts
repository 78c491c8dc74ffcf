import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assertAcknowledged, raceProcesses, startChild } from '../conformance/children.ts'
import { sqliteBackup, sqliteStores } from './sqlite.ts'

const directory = mkdtempSync(join(tmpdir(), 'bulwark-kill-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const ROUNDS = process.env['THOROUGH'] === '1' ? 20 : 2

test('what was acknowledged before kill -9 is there afterwards, and the chain is whole', async () => {
  const path = join(directory, 'killed.db')
  const lines: string[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const child = startChild({ store: { kind: 'sqlite', path }, task: 'write' })
    await child.line(300 + 37 * round)
    child.process.kill('SIGKILL')
    await child.exited
    lines.push(...child.lines)
    const stores = sqliteStores({ path })
    const seen = await assertAcknowledged(stores, lines)
    assert.ok(seen > 300 * round)
    await stores.close()
  }
})

test('kill -9 of one of two processes does not hold up the other', async () => {
  const path = join(directory, 'shared.db')
  const store = { kind: 'sqlite', path } as const
  const [victim, survivor] = [
    startChild({ store, task: 'write' }),
    startChild({ store, task: 'write' }),
  ]
  await Promise.all([victim.line(150), survivor.line(150)])
  victim.process.kill('SIGKILL')
  await victim.exited
  await survivor.line(survivor.lines.length + 150)
  survivor.process.kill('SIGKILL')
  await survivor.exited
  const stores = sqliteStores({ path })
  await assertAcknowledged(stores, [...victim.lines, ...survivor.lines])
  await stores.close()
})

test('a copy made under load opens as a whole store, and is never overwritten', async () => {
  const path = join(directory, 'live.db')
  const to = join(directory, 'copies', 'live.db')
  const writer = startChild({ store: { kind: 'sqlite', path }, task: 'write' })
  await writer.line(200)
  const before = [...writer.lines]
  await sqliteBackup({ path, to })
  await writer.line(writer.lines.length + 50)
  writer.process.kill('SIGKILL')
  await writer.exited
  const copy = sqliteStores({ path: to, migrate: 'refuse' })
  await assertAcknowledged(copy, before)
  await copy.close()
  assert.equal(statSync(to).mode & 0o077, 0)
  await assert.rejects(sqliteBackup({ path, to }), { name: 'ConfigFault', option: 'sqlite.to' })
})

test('of four processes on one file, each thing goes to one', async () => {
  const path = join(directory, 'race.db')
  const stores = sqliteStores({ path })
  await raceProcesses(stores, { kind: 'sqlite', path })
  await stores.close()
})
