import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import pg from 'pg'
import { StoreFault } from '../../kernel/fault.ts'
import { assertAcknowledged, raceProcesses, startChild } from '../conformance/children.ts'
import { leftOut, testPostgres } from '../conformance/engines.ts'
import {
  account,
  entry,
  fresh,
  NOW,
  refreshToken,
  session,
  together,
  token,
} from '../conformance/examples.ts'
import type { TestServer } from '../conformance/servers.ts'
import { postgresStores } from './postgres.ts'

const DEADLINE_MS = 700

const engine = await testPostgres('own')
if ('absent' in engine || engine.server === undefined) {
  leftOut('postgres, bad days', 'absent' in engine ? engine : { absent: 'no server of our own' })
} else {
  const { url: connectionString, server } = engine
  const pool = new pg.Pool({ connectionString, max: 10 })
  pool.on('error', () => {})
  const stores = await postgresStores({ pool, migrate: 'apply', deadlineMs: DEADLINE_MS })
  const patient = await postgresStores({ pool, deadlineMs: 20_000 })
  after(async () => {
    await pool.end()
    await engine.stop()
  })

  const inTime = async (work: () => Promise<unknown>): Promise<void> => {
    const since = performance.now()
    await assert.rejects(work(), StoreFault)
    const took = performance.now() - since
    assert.ok(took < DEADLINE_MS * 4, `failed after ${took} ms`)
  }
  const recovers = async (): Promise<void> => {
    const end = performance.now() + 10_000
    while (
      !(await stores.ping().then(
        () => true,
        () => false,
      ))
    ) {
      assert.ok(performance.now() < end, 'it did not recover')
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  test('of four processes on one database, each thing goes to one', async () => {
    await raceProcesses(patient, { kind: 'postgres', url: connectionString })
  })

  test('a database that hangs fails every verb in time, and serves again when it wakes', async () => {
    const record = session()
    await stores.sessions.create(record)
    signalAll(server, 'SIGSTOP')
    await inTime(async () => stores.sessions.find(record.idHash))
    await inTime(() => stores.accounts.create(account(), { events: [entry()] }))
    await inTime(() => together(30, async () => stores.sessions.find(record.idHash)))
    signalAll(server, 'SIGCONT')
    await recovers()
    assert.deepEqual(await stores.sessions.find(record.idHash), record)
  })

  test('when too many wait for a database that hangs, the rest fail at once', async () => {
    const narrow = await postgresStores({ pool, deadlineMs: DEADLINE_MS, maxPending: 20 })
    signalAll(server, 'SIGSTOP')
    let atOnce = 0
    const since = performance.now()
    await together(100, () =>
      Promise.resolve(narrow.sessions.find('x')).catch(() => {
        if (performance.now() - since < DEADLINE_MS / 2) atOnce += 1
      }),
    )
    signalAll(server, 'SIGCONT')
    assert.equal(atOnce, 80)
    await recovers()
  })

  test('connections that the database cuts are replaced without anybody noticing', async () => {
    await together(10, () => stores.ping())
    const other = new pg.Client({ connectionString })
    await other.connect()
    const cut =
      'SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity ' +
      "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    for (let round = 0; round < 3; round += 1) {
      await other.query(cut)
      const made = account()
      assert.equal(await stores.accounts.create(made), 'done')
      assert.deepEqual(await stores.accounts.byId(made.id), made)
    }
    await other.end()
  })

  test('a node that freezes inside a transaction holds the others up for the deadline only', async () => {
    const frozen = new pg.Client({ connectionString })
    frozen.on('error', () => {})
    await frozen.connect()
    await frozen.query(
      `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${DEADLINE_MS * 5}; ` +
        'SELECT * FROM bulwark_audit_head FOR UPDATE',
    )
    await inTime(() => stores.auditLog.append([entry()]))
    await inTime(() => stores.sessions.create(session(), { events: [entry()] }))
    await stores.sessions.create(session())
    await patient.auditLog.append([entry()])
    await frozen.end()
  })

  test('spent tokens of one family that come back together end it, and do not wait for one another', async () => {
    // A deadlock would be noticed after a second, which is later than these stores wait.
    for (let family = 0; family < 12; family += 1) {
      const first = refreshToken()
      await patient.refreshTokens.issue(first)
      const hashes = [first.hash]
      const next = () => ({ hash: fresh('refresh'), expiresAt: first.expiresAt })
      for (let turn = 0; turn < 6; turn += 1) {
        const successor = next()
        await patient.refreshTokens.rotate(hashes.at(-1) ?? '', undefined, successor, NOW)
        hashes.push(successor.hash)
      }
      const answers = await together(12, index =>
        stores.refreshTokens.rotate(hashes[index % 6] ?? '', undefined, next(), NOW),
      )
      assert.equal(answers.filter(({ state }) => state === 'reused').length, 1)
      assert.equal(answers.filter(({ state }) => state === 'unknown').length, 11)
    }
  })

  test('a crash in the middle of redemptions: nobody redeems twice, nothing acknowledged is lost', async () => {
    const hashes = Array.from({ length: 60 }, () => fresh('token'))
    for (const hash of hashes) await patient.oneTimeTokens.issue(hash, token())
    const won = new Map<string, number>()
    let answered = 0
    const redeem = async (index: number): Promise<void> => {
      const hash = hashes[index % hashes.length] ?? ''
      const got = await stores.oneTimeTokens.redeem(hash, NOW).catch(() => undefined)
      answered += 1
      if (got !== undefined) won.set(hash, (won.get(hash) ?? 0) + 1)
      if (answered === 100) server.signal('SIGQUIT')
    }
    await together(600, redeem)
    await server.stopped()
    await server.start()
    await recovers()
    for (const hash of won.keys()) {
      assert.equal(await patient.oneTimeTokens.peek(hash, NOW), undefined)
    }
    await together(300, redeem)
    assert.ok([...won.values()].every(times => times === 1))
    assert.ok(won.size > 0)
  })

  test('a database that is gone fails verbs at once, and serves again after its restart', async () => {
    const made = account()
    await stores.accounts.create(made)
    server.signal('SIGINT')
    await server.stopped()
    await inTime(() => stores.accounts.byId(made.id))
    await inTime(async () =>
      stores.counters.hit([{ key: 'a', rate: { limit: 1, windowMs: 1 } }], NOW),
    )
    await server.start()
    await recovers()
    assert.deepEqual(await stores.accounts.byId(made.id), made)
  })

  test('kill -9 of one of two processes loses nothing and does not hold up the other', async () => {
    const store = { kind: 'postgres', url: connectionString } as const
    const before = (await patient.auditLog.head())?.sequence ?? 0
    await patient.auditLog.prune(before)
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
    await assertAcknowledged(patient, [...victim.lines, ...survivor.lines])
  })
}

/** The server's processes are many; a hang means all of them. */
function signalAll(server: TestServer, name: NodeJS.Signals): void {
  for (const pid of [server.pid, ...childrenOf(server.pid)]) {
    try {
      process.kill(pid, name)
    } catch {
      // A connection's process that ended meanwhile.
    }
  }
}

function childrenOf(parent: number): readonly number[] {
  if (!existsSync('/proc/self/stat')) {
    const lines = execFileSync('ps', ['-Ao', 'pid=,ppid=']).toString().trim().split('\n')
    const pairs = lines.map(line => line.trim().split(/\s+/).map(Number))
    return pairs.flatMap(([pid, of]) => (pid !== undefined && of === parent ? [pid] : []))
  }
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
      } catch {
        return false
      }
    })
    .map(Number)
}
