import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { audit } from 'bulwark/audit'
import { deriveKeys } from 'bulwark/keys'
import { postgresStores } from 'bulwark/postgres'
import { systemRandom } from 'bulwark/random'
import { command } from './audit.ts'

interface Engine {
  readonly url: string
  stop(): Promise<void>
}
interface Absent {
  readonly absent: string
}
interface Engines {
  leftOut(what: string, why: Absent): void
  testPostgres(): Promise<Engine | Absent>
  query(url: string, sql: string): Promise<unknown>
}

/** The library's own test engines; no published face of it, so they are not imported by a name. */
const engines = new URL('../../../library/src/store/conformance/engines.ts', import.meta.url)
const { leftOut, testPostgres, query }: Engines = await import(engines.href)
const postgres = await testPostgres()
const ROOT = Buffer.from('a root key for the audit command, 32+').toString('base64url')

async function run(args: readonly string[], url: string) {
  const said = { out: '', err: '' }
  const status = await command.run(args, {
    out(text) {
      said.out += text
    },
    err(text) {
      said.err += text
    },
    input: (async function* () {})(),
    env: { BULWARK_ROOT_KEY: ROOT, DATABASE_URL: url },
    cwd: process.cwd(),
    interactive: false,
    signal: new AbortController().signal,
  })
  return { status, ...said }
}

if ('absent' in postgres) leftOut('the audit command on PostgreSQL', postgres)
else {
  after(() => postgres.stop())
  test('a log in PostgreSQL is read, exported and checked, and a changed row is told', async () => {
    const stores = await postgresStores({ connectionString: postgres.url, migrate: 'apply' })
    const parts = { keys: deriveKeys(ROOT), clock: Date.now, random: systemRandom() }
    const heard = audit({}, { ...parts, log: stores.auditLog })
    for (let at = 0; at < 20; at++) {
      await heard.recordDurable({ code: 'login.succeeded', actorId: 'ann', outcome: 'success' })
    }
    await heard.close()
    await stores.close()

    const whole = await run(['verify'], postgres.url)
    assert.match(whole.out, /20 rows, 1 to 20/)
    assert.equal(whole.status, 0)
    const exported = await run(['export', '--format', 'jsonl'], postgres.url)
    assert.equal(exported.out.trim().split('\n').length, 20, exported.err)

    await query(
      postgres.url,
      "UPDATE bulwark_audit_log SET text = replace(text, 'ann', 'eve') WHERE sequence = 7",
    )
    const changed = await run(['verify'], postgres.url)
    assert.match(changed.out, /changed +Row 7 is not what was written/)
    assert.equal(changed.status, 1)
    assert.doesNotMatch(whole.out + changed.out + changed.err, new RegExp(ROOT))
  })
}
