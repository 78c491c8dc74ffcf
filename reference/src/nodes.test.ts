import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Client } from './testing/browserless.ts'
import { type ServiceProcess, startedProcess } from './testing/process.ts'
import { PASSWORD } from './testing/running.ts'

interface Engine {
  readonly url: string
  stop(): Promise<void>
}
interface Absent {
  readonly absent: string
}
interface Engines {
  readonly REDIS_KINDS: readonly ('redis' | 'valkey')[]
  leftOut(what: string, why: Absent): void
  testPostgres(own: 'own'): Promise<Engine | Absent>
  testRedis(own: 'own', more: readonly string[], wanted: object): Promise<Engine | Absent>
}

/** The library's own test engines; no published face of it, so they are not imported by a name. */
const conformance = async (file: string): Promise<Engines> =>
  import(new URL(`../../library/src/store/conformance/${file}`, import.meta.url).href)

const { leftOut, testPostgres } = await conformance('engines.ts')
const { REDIS_KINDS, testRedis } = await conformance('redis-servers.ts')

for (const kind of REDIS_KINDS) {
  const postgres = await testPostgres('own')
  const redis = await testRedis('own', [], { kind })
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-nodes-'))
  const nodes: ServiceProcess[] = []

  after(async () => {
    for (const { child } of nodes) child.kill('SIGKILL')
    if ('stop' in postgres) await postgres.stop()
    if ('stop' in redis) await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  for (const engine of [postgres, redis]) {
    if ('absent' in engine) leftOut(`two nodes on PostgreSQL and ${kind}`, engine)
  }
  if ('absent' in postgres || 'absent' in redis) continue
  const seed = join(folder, 'seed.json')
  const users = ['ann', 'bob', 'tim', 'root'].map(name => ({
    email: `${name}@example.com`,
    password: PASSWORD,
    role: name === 'root' ? 'admin' : 'user',
  }))
  writeFileSync(seed, JSON.stringify({ users }))
  const environment = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    BULWARK_SEED: seed,
    BULWARK_ROOT_KEY: Buffer.from(
      Array.from({ length: 32 }, (_, at) => (at * 37 + 11) & 255),
    ).toString('base64url'),
  }
  // Both at once, on a database that is empty: one of them makes the tables.
  nodes.push(
    ...(await Promise.all([
      startedProcess(folder, environment),
      startedProcess(folder, environment),
    ])),
  )
  const [first, second] = nodes as [ServiceProcess, ServiceProcess]

  /** The same browser at another node: what a balancer does between two requests. */
  const moved = (person: Client, to: ServiceProcess): Client => person.at(to.origin)

  test(`${kind}: a session of one node is one of the other, and ended there it ends here within a second`, async () => {
    const ann = new Client(first.origin)
    await ann.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
    assert.equal((await ann.get('/auth/me')).status, 200)
    const elsewhere = moved(ann, second)
    assert.equal((await elsewhere.get('/auth/me')).json.user.email, 'ann@example.com')
    assert.equal((await elsewhere.post('/api/orders', { item: 'a kite', quantity: 1 })).status, 201)
    assert.equal((await ann.get('/api/orders')).json.length, 1)
    assert.equal((await elsewhere.post('/auth/logout')).status, 204)
    // The one wait of this suite: it is the promise itself that is tested, at two real processes.
    await setTimeout(1100)
    assert.equal((await ann.get('/auth/me')).status, 401)
  })

  test(`${kind}: guesses at two nodes are counted together`, async () => {
    const guesses = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        new Client((index % 2 === 0 ? first : second).origin).post('/auth/login', {
          email: 'tim@example.com',
          password: `wrong password ${index}`,
        }),
      ),
    )
    assert.ok(guesses.every(({ status }) => status === 401 || status === 429))
    const root = new Client(second.origin)
    await root.post('/auth/login', { email: 'root@example.com', password: PASSWORD })
    const { json } = await root.get('/admin/audit?limit=1000&code=login.refused')
    const tried = (json as { reason: string }[]).filter(
      ({ reason }) => reason === 'login.wrong_password',
    )
    // Five are free. Counted apart they would be ten; a slow machine lets a delay or two run out.
    assert.ok(tried.length < 10, `${tried.length} passwords were hashed`)
  })

  test(`${kind}: a node that is killed takes nothing along`, async () => {
    const bob = new Client(second.origin)
    await bob.post('/auth/login', { email: 'bob@example.com', password: PASSWORD })
    const ordered: string[] = []
    const ordering = Array.from({ length: 4 }, async () => {
      for (;;) {
        const answer = await bob
          .post('/api/orders', { item: 'x', quantity: 1 })
          .catch(() => undefined)
        if (answer?.status !== 201) return
        ordered.push(answer.json.id)
        if (ordered.length === 60) second.child.kill('SIGKILL')
      }
    })
    await Promise.all(ordering)
    const survivor = moved(bob, first)
    for (const id of ordered) {
      assert.equal((await survivor.get(`/api/orders/${id}`)).status, 200, 'acknowledged, and gone')
    }
  })
}
