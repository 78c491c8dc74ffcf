import { createCipheriv, createSecretKey, randomFillSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { fields, progressBar, reseal, sqlColumn } from 'bulwark/fields'
import { systemRandom } from 'bulwark/random'
import { keyRing } from 'bulwark/secrets'
import { shown, spread } from './statistics.ts'

const OLD = Buffer.from('the old root key is at least 32 bytes')
const NEW = Buffer.from('a new root key that has 32 bytes, too')
const random = systemRandom()
const TEXT = 'x'.repeat(64)
const ROW = '0b3f3a54-1111-4222-8333-0123456789ab'

/** Nothing but node:crypto: the same derivation, the same cipher, the same text. */
function plain(): () => string {
  const key = createSecretKey(Buffer.alloc(32, 7))
  const block = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  const nonce = Buffer.alloc(24)
  const input = Buffer.alloc(32)
  return () => {
    randomFillSync(nonce)
    nonce.copy(input, 4, 0, 12)
    nonce.copy(input, 20, 0, 12)
    const derived = block.update(input)
    const cipher = createCipheriv('aes-256-gcm', derived, nonce.subarray(12), { authTagLength: 16 })
    cipher.setAAD(Buffer.from(`["accounts","phone","${ROW}"]`))
    const sealed = [nonce, cipher.update(TEXT, 'utf8'), cipher.final(), cipher.getAuthTag()]
    return Buffer.concat(sealed).toString('base64url')
  }
}

function microseconds(work: () => unknown, times: number): number {
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

/** What sealing costs beside plain node:crypto; and sealing a table anew while it is being read. */
export async function fieldsBench(options: {
  readonly rounds: number
  readonly rows: number
}): Promise<void> {
  const field = fields({ ring: keyRing(OLD), random }).field('accounts', 'phone')
  const bare = plain()
  const sealed = field.seal(ROW, TEXT)
  const costs = { seal: [] as number[], open: [] as number[], plain: [] as number[] }
  for (let round = 0; round < options.rounds; round++) {
    costs.plain.push(microseconds(bare, 20_000))
    costs.seal.push(microseconds(() => field.seal(ROW, TEXT), 20_000))
    costs.open.push(microseconds(() => field.open(ROW, sealed), 20_000))
  }
  for (const [name, list] of Object.entries(costs)) {
    console.log(`${name.padEnd(28)} ${spread(list).median.toFixed(1)} us CPU, 64 bytes`)
  }
  const ratios = costs.seal.map((cost, round) => cost / (costs.plain[round] ?? 1))
  console.log(`${'seal against plain crypto'.padEnd(28)} ${shown(spread(ratios))}`)
  await resealWhileServing(options.rows)
}

async function resealWhileServing(count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-fields-'))
  const db = new DatabaseSync(join(folder, 'rows.db'))
  try {
    db.exec(
      'pragma journal_mode = wal; pragma synchronous = normal;' +
        'create table accounts (id text primary key, phone text not null) strict, without rowid',
    )
    const old = fields({ ring: keyRing(OLD), random }).field('accounts', 'phone')
    const insert = db.prepare('insert into accounts values (?, ?)')
    db.exec('begin')
    for (let i = 0; i < count; i++) {
      const id = String(i).padStart(9, '0')
      insert.run(id, old.seal(id, `+49 ${i}`))
    }
    db.exec('commit')
    const ring = keyRing(NEW, [{ root: OLD, until: 0 }])
    const now = fields({ ring, random }).field('accounts', 'phone')
    const source = sqlColumn(
      async (text, values) =>
        db.prepare(text).all(...(values as SQLInputValue[])) as Record<string, unknown>[],
      { table: 'accounts', column: 'phone', dialect: 'sqlite' },
    )
    // Somebody reads all the while: every row opens, under whichever key it is.
    const waits: number[] = []
    let reading = true
    const read = db.prepare('select phone from accounts where id = ?')
    const reader = (async () => {
      while (reading) {
        const asked = performance.now()
        await new Promise(resolve => setTimeout(resolve, 5))
        const id = String(Math.floor(Math.random() * count)).padStart(9, '0')
        const opened = now.open(id, String(read.get(id)?.['phone']))
        if (!opened.ok) throw new Error(`row ${id}: ${opened.refusal.code}`)
        waits.push(performance.now() - asked - 5)
      }
    })()
    const start = performance.now()
    const end = await reseal(now, source, {
      batch: 100,
      onProgress: progress => {
        if (process.stderr.isTTY) process.stderr.write(`\r${progressBar(progress)}`)
      },
    }).done
    const seconds = (performance.now() - start) / 1000
    reading = false
    await reader
    waits.sort((a, b) => a - b)
    const p99 = waits[Math.floor(waits.length * 0.99)] ?? Number.NaN
    const rate = Math.round(end.resealed / seconds).toLocaleString('en')
    console.log(
      `${'reseal while serving'.padEnd(28)} ${end.resealed.toLocaleString('en')} rows in ${seconds.toFixed(1)} s (${rate}/s), ` +
        `${end.unopened.length} unopened; ${waits.length} reads meanwhile waited ${p99.toFixed(1)} ms more at p99`,
    )
  } finally {
    db.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const [rounds = '5', rows = '100000'] = process.argv.slice(2)
  await fieldsBench({ rounds: Number(rounds), rows: Number(rows) })
}
