import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type AuditEvent, audit, rowsOf, verifyLog } from 'bulwark/audit'
import { deriveKeys } from 'bulwark/keys'
import { systemRandom } from 'bulwark/random'
import { sqliteStores } from 'bulwark/sqlite'
import { shown, spread } from './statistics.ts'

const keys = deriveKeys(Buffer.from('the root key of the audit bench, 32+'))
const event: AuditEvent = {
  code: 'login.succeeded',
  actorId: '0b3f3a54-1111-4222-8333-0123456789ab',
  outcome: 'success',
  request: { id: 'r-0123456789', method: 'POST', route: '/auth/login', address: '', device: '' },
}

/** What one way did: events a second, and microseconds of CPU an event. */
interface Done {
  readonly rate: number
  readonly cpu: number
}

/** `appenders` wait each for their own event before they send the next. */
type Way = (path: string, events: number, appenders: number) => Promise<Done>

async function appending(
  append: () => Promise<void>,
  events: number,
  appenders: number,
): Promise<Done> {
  let left = events
  const lane = async (): Promise<void> => {
    while (left-- > 0) await append()
  }
  const before = process.cpuUsage()
  const start = performance.now()
  await Promise.all(Array.from({ length: appenders }, lane))
  const rate = (events * 1000) / (performance.now() - start)
  const { user, system } = process.cpuUsage(before)
  return { rate, cpu: (user + system) / events }
}

const recorded =
  (how: 'durable' | 'quick'): Way =>
  async (path, events, appenders) => {
    const stores = sqliteStores({ path })
    const heard = audit({}, { log: stores.auditLog, keys, clock: Date.now, random: systemRandom() })
    const quick = async (): Promise<void> => {
      heard.record(event)
      await heard.flush()
    }
    const done = await appending(
      how === 'durable' ? () => heard.recordDurable(event) : quick,
      events,
      appenders,
    )
    await heard.close()
    await stores.close()
    return done
  }

/** What is left when there is only the essential: one line, one link, one row, FULL, in groups. */
const floor: Way = async (path, events, appenders) => {
  const db = new DatabaseSync(path)
  db.exec(
    'pragma journal_mode = wal; pragma synchronous = full;' +
      'create table log (sequence integer primary key, text text not null, link text not null) strict',
  )
  const insert = db.prepare('insert into log values (?, ?, ?)')
  let waiting: (() => void)[] = []
  let sequence = 0
  let link = ''
  const flush = (): void => {
    const group = waiting
    waiting = []
    db.exec('begin immediate')
    for (const _ of group) {
      const text = JSON.stringify({ ...event, at: Date.now() })
      link = createHash('sha256').update(`${++sequence}\n${link}\n${text}`).digest('base64url')
      insert.run(sequence, text, link)
    }
    db.exec('commit')
    for (const done of group) done()
  }
  const append = (): Promise<void> =>
    new Promise(done => {
      if (waiting.push(done) === 1) setImmediate(flush)
    })
  const done = await appending(append, events, appenders)
  db.close()
  return done
}

const ways: Readonly<Record<string, Way>> = {
  'durable, chained': recorded('durable'),
  'quick, chained': recorded('quick'),
  floor,
}

/** What the audit log costs: events a second, beside the least that SQLite can do; and verifying. */
export async function auditBench({ rounds }: { readonly rounds: number }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-audit-'))
  const all = new Map<string, Done[]>()
  const ratios: number[] = []
  try {
    for (const appenders of [64, 512]) {
      for (let round = 0; round < rounds; round++) {
        const now: Record<string, Done> = {}
        for (const [name, way] of Object.entries(ways)) {
          const key = `${name}, ${appenders} appenders`
          const done = await way(
            join(folder, `${appenders}-${round}-${name}.db`),
            20_000,
            appenders,
          )
          all.set(key, [...(all.get(key) ?? []), done])
          now[name] = done
        }
        ratios.push((now['durable, chained']?.rate ?? 0) / (now['floor']?.rate ?? 1))
      }
    }
    for (const [name, list] of all) {
      const rate = Math.round(spread(list.map(one => one.rate)).median).toLocaleString('en')
      const cpu = spread(list.map(one => one.cpu)).median.toFixed(1)
      console.log(`${name.padEnd(36)} ${rate.padStart(8)}/s  ${cpu} us CPU an event`)
    }
    console.log(`${'durable against the floor'.padEnd(36)} ${shown(spread(ratios))}`)
    const stores = sqliteStores({ path: join(folder, `64-0-durable, chained.db`) })
    const start = performance.now()
    const { rows, findings } = await verifyLog(rowsOf(stores.auditLog), { keys: [keys] })
    const perRow = ((performance.now() - start) * 1000) / rows
    console.log(`${'verify'.padEnd(36)} ${perRow.toFixed(1)} us a row, ${findings.length} findings`)
    await stores.close()
    await addedLatency(folder, rounds)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * What an event a request adds to the wait of its client: one server that records each request in
 * SQLite and one that does not, in turns; p99 of each turn.
 */
async function addedLatency(folder: string, rounds: number): Promise<void> {
  const stores = sqliteStores({ path: join(folder, 'latency.db') })
  const heard = audit({}, { log: stores.auditLog, keys, clock: Date.now, random: systemRandom() })
  const added: number[] = []
  for (let round = 0; round < rounds; round++) {
    const [without, with_] = [await p99(() => {}), await p99(() => heard.record(event))]
    added.push(with_ - without)
  }
  await heard.close()
  await stores.close()
  console.log(`${'added to a request at p99'.padEnd(36)} ${shown(spread(added))} ms`)
}

async function p99(eachRequest: () => void): Promise<number> {
  const server = createServer((_, answer) => {
    eachRequest()
    answer.end('ok')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const waits: number[] = []
  const ask = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const asked = performance.now()
      get({ port, host: '127.0.0.1', agent }, answer => {
        answer.resume().once('end', () => {
          waits.push(performance.now() - asked)
          resolve()
        })
      }).once('error', reject)
    })
  let left = 4000
  const lane = async (): Promise<void> => {
    while (left-- > 0) await ask()
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  agent.destroy()
  await new Promise(resolve => server.close(resolve))
  waits.sort((a, b) => a - b)
  return waits[Math.floor(waits.length * 0.99)] ?? Number.NaN
}

if (import.meta.main) await auditBench({ rounds: Number(process.argv[2] ?? 5) })
