import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bulwark } from 'bulwark/fastify'
import { memoryStores } from 'bulwark/memory'
import { sqliteStores } from 'bulwark/sqlite'
import type { Stores } from 'bulwark/stores'
import Fastify from 'fastify'
import { freePort, serving } from '../contender.ts'
import { CALLBACK, CLIENT } from '../oauth-flow.ts'

/**
 * The authorization server, all defences on; arguments: `memory` or `sqlite`, `jwt` or `opaque`, and
 * `count` where the calls of the store are counted and the time is not.
 */
const [store, format, mode] = process.argv.slice(2)
let calls = 0

/** Counts the calls of every port but the log, whose writes are gathered. */
function counted(stores: Stores): Stores {
  const port = <T extends object>(of: T): T =>
    new Proxy(of, {
      get(target, name) {
        const verb = Reflect.get(target, name)
        if (typeof verb !== 'function') return verb
        return (...given: unknown[]) => {
          calls++
          return Reflect.apply(verb, target, given)
        }
      },
    })
  const { accounts, credentials, sessions, refreshTokens, oneTimeTokens, counters } = stores
  return {
    ...stores,
    accounts: port(accounts),
    credentials: port(credentials),
    sessions: port(sessions),
    refreshTokens: port(refreshTokens),
    oneTimeTokens: port(oneTimeTokens),
    counters: port(counters),
  }
}

const plain =
  store === 'sqlite'
    ? sqliteStores({ path: join(mkdtempSync(join(tmpdir(), 'bulwark-bench-')), 'store.db') })
    : memoryStores()
const stores = mode === 'count' ? counted(plain) : plain
const port = await freePort()
const app = Fastify()
await app.register(bulwark, {
  stores,
  mode: 'production',
  origin: `http://localhost:${port}`,
  rootKey: randomBytes(32),
  throttle: { default: false },
  account: {},
  refresh: { format: format === 'opaque' ? 'opaque' : 'jwt' },
  oauth: {
    clients: [{ clientId: CLIENT, name: 'Bench', redirectUris: [CALLBACK], firstParty: true }],
  },
  doctor: {
    accept: Object.fromEntries(
      ['store.memory', 'audit.in-memory', 'throttle.no-default', 'mail.nowhere'].map(id => [
        id,
        'a server that is measured, on loopback',
      ]),
    ),
  },
})
const { sessions, account } = app.bulwark
const visit = {
  request: { id: 'x', method: 'POST', route: '/', address: '127.0.0.1', device: 'bench' },
  cookies: undefined,
}
const made = await account?.createAccount(
  { visit, actorId: undefined },
  { email: 'ann@example.com', verified: true },
)
if (made?.ok !== true) throw new Error('no account')
const proof = { factors: [{ factor: 'pwd', at: Date.now() }], address: '', device: '' }
const issued = await sessions?.start(made.value, proof)
await app.listen({ host: '127.0.0.1', port })
serving(
  {
    port,
    told: {
      cookie: issued?.cookie.split(';')[0] ?? '',
      authorize: '/oauth/authorize',
      token: '/oauth/token',
    },
  },
  { trips: () => calls },
)
