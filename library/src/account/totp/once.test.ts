import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { leftOut, testPostgres } from '../../store/conformance/engines.ts'
import { testRedis, testRedisCluster } from '../../store/conformance/redis-servers.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import type { Stores } from '../../store/port/stores.ts'
import { appCode, browser, equipped } from '../factors/equipped.test.kit.ts'
import { type Address, type Errand, openAddress, race, type Won } from './once.child.test.kit.ts'

const PROCESSES = 4
/** Of one process; in all fifty and a few. */
const TRIES = 13

const directory = mkdtempSync(join(tmpdir(), 'bulwark-once-'))
const [postgres, redis, cluster] = await Promise.all([
  testPostgres(),
  testRedis(),
  testRedisCluster(),
])
after(async () => {
  for (const engine of [postgres, redis, cluster]) if ('stop' in engine) await engine.stop()
  rmSync(directory, { recursive: true, force: true })
})

/** Somebody with an app, a code of it, and sign-ins that wait for one. */
async function prepared(
  stores: Stores,
  flows: number,
): Promise<Omit<Errand, 'address'> & { readonly flows: readonly string[] }> {
  const of = await equipped({}, { stores })
  const ann = await of.withApp(`${randomUUID()}@example.com`)
  const waiting = await Promise.all(
    Array.from({ length: flows }, () => of.enter(ann.email, browser(), 'token')),
  )
  return {
    at: of.clock(),
    accountId: ann.id,
    code: appCode(ann.secret, of.clock()),
    flows: waiting.map(one => (one.kind === 'factor' ? one.flow : '')),
    tries: 0,
  }
}

function child(errand: Errand): {
  readonly process: ChildProcess
  readonly lines: AsyncIterator<string>
} {
  const program = join(import.meta.dirname, 'once.child.test.kit.ts')
  const flags = ['--conditions=bulwark:source', program, JSON.stringify(errand)]
  const started = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'inherit'] })
  const kill = (): boolean => started.kill('SIGKILL')
  process.once('exit', kill)
  started.once('exit', () => process.off('exit', kill))
  const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]()
  return { process: started, lines }
}

const line = async (lines: AsyncIterator<string>): Promise<string> => {
  const { done, value } = await lines.next()
  if (done === true) throw new Error('the child ended too early')
  return value
}

const addresses: [string, Address | { readonly absent: string }][] = [
  ['sqlite', { durable: { sqlite: join(directory, 'once.db') } }],
]
if ('absent' in postgres) addresses.push(['postgres', postgres])
else {
  const durable = { postgres: postgres.url }
  addresses.push(['postgres', { durable }])
  for (const [name, engine] of [
    ['redis over postgres', redis],
    ['redis cluster over postgres', cluster],
  ] as const) {
    if ('absent' in engine) addresses.push([name, engine])
    else {
      const urls = 'urls' in engine ? engine.urls : [engine.url]
      addresses.push([name, { durable, redis: { urls, prefix: randomUUID() } }])
    }
  }
}

test('memory: one code in fifty requests at once is one session', async () => {
  const stores = memoryStores()
  const errand = { ...(await prepared(stores, 50)), address: { durable: { sqlite: '' } } }
  assert.deepEqual(await race(stores, errand), { finished: 1, verified: 0 })
})

for (const [driver, address] of addresses) {
  if ('absent' in address) {
    leftOut(`${driver}, one code at once`, address)
    continue
  }

  test(`${driver}: one code in fifty requests at once is one session`, async context => {
    const { stores, close } = await openAddress(address)
    context.after(close)
    const errand = { ...(await prepared(stores, 50)), address }
    assert.deepEqual(await race(stores, errand), { finished: 1, verified: 0 })
    const bare = { ...(await prepared(stores, 0)), address, tries: 50 }
    assert.deepEqual(await race(stores, bare), { finished: 0, verified: 1 })
  })

  test(`${driver}: one code in four processes at once is one session`, async context => {
    const { stores, close } = await openAddress(address)
    context.after(close)
    // The sign-ins meet the count of tries, which lets ten through; the bare tries do not.
    const all = await prepared(stores, 8)
    const errands = Array.from({ length: PROCESSES }, (_, index) => ({
      ...all,
      address,
      flows: all.flows.filter((__, flow) => flow % PROCESSES === index),
      tries: TRIES,
    }))
    const children = errands.map(child)
    for (const one of children) assert.equal(await line(one.lines), 'ready')
    for (const one of children) one.process.stdin?.write('go\n')
    const won = await Promise.all(
      children.map(async one => JSON.parse(await line(one.lines)) as Won),
    )
    const sum = won.reduce((count, one) => count + one.finished + one.verified, 0)
    assert.equal(sum, 1, JSON.stringify(won))
  })
}
