import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { memoryStores } from 'bulwark/memory'
import { sqliteDatabase } from './data/database.ts'
import { service } from './service.ts'
import { settings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'bulwark-lifecycle-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const KEYS = [
  'q3Tq8m0JvW5nR7sYdLx2cA9uEoKf4hGzPb1iMwXl6tU',
  'Zk9vB2nQ7rXc5mTe1LpYh8sWdJ4gFu0aRoVi3KqNxHw',
] as const

test('starts, stops and a new root key are in the log, and its end is signed', async () => {
  const stores = memoryStores()
  const seen = async (): Promise<string[]> => {
    const rows = await stores.auditLog.read({ limit: 100 })
    return rows.map(({ code }) => code).filter(code => code.startsWith('system.'))
  }
  for (const key of [KEYS[0], KEYS[0], KEYS[1]]) {
    const database = sqliteDatabase(':memory:')
    const given = settings({ BULWARK_DATA: folder, BULWARK_ROOT_KEY: key, PORT: '1' }, folder)
    const { app } = await service(given, { stores, database, mailer: undefined })
    await app.close()
    await database.close()
  }
  assert.deepEqual((await seen()).toReversed(), [
    'system.started',
    'system.stopped',
    'system.started',
    'system.stopped',
    'system.started',
    'system.key_rotated',
    'system.stopped',
  ])
  assert.ok(existsSync(join(folder, 'audit-checkpoints.jsonl')))
})
