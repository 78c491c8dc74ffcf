import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { storesConform } from '../conformance/conformance.ts'
import { sqliteStores } from './sqlite.ts'

const directory = mkdtempSync(join(tmpdir(), 'bulwark-sqlite-'))
after(() => rmSync(directory, { recursive: true, force: true }))

storesConform('sqlite', async () => sqliteStores({ path: join(directory, 'new', 'bulwark.db') }))
storesConform('sqlite in memory', async () => sqliteStores({ path: ':memory:' }))
