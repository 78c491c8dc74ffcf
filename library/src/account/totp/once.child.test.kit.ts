// A process of "a code is accepted once": joins its siblings on one store, and says how often it won.
import { connect, connectCluster } from '../../store/conformance/redis-servers.ts'
import type { Stores } from '../../store/port/stores.ts'
import { postgresStores } from '../../store/postgres/postgres.ts'
import { redisStores } from '../../store/redis/redis.ts'
import { sqliteStores } from '../../store/sqlite/sqlite.ts'
import { equipped } from '../factors/equipped.test.kit.ts'
import { visit } from '../house.test.kit.ts'

/** A store that several processes open. */
export interface Address {
  readonly durable: { readonly sqlite: string } | { readonly postgres: string }
  /** Redis before it; more than one address is a cluster. */
  readonly redis?: { readonly urls: readonly string[]; readonly prefix: string }
}

/** What a child is told, as JSON in its first argument. */
export interface Errand {
  readonly address: Address
  readonly at: number
  readonly accountId: string
  readonly code: string
  /** Sign-ins that wait for their second factor. */
  readonly flows: readonly string[]
  /** How often the code is tried besides, past the count of tries. */
  readonly tries: number
}

export interface Won {
  readonly finished: number
  readonly verified: number
}

const deadlineMs = 20_000

/** Opens it; answers what lets go of it as well. */
export async function openAddress({ durable, redis }: Address): Promise<{
  readonly stores: Stores
  close(): Promise<void>
}> {
  const under =
    'sqlite' in durable
      ? sqliteStores({ path: durable.sqlite, deadlineMs })
      : await postgresStores({
          connectionString: durable.postgres,
          maxConnections: 8,
          migrate: 'apply',
          deadlineMs,
        })
  if (redis === undefined) return { stores: under, close: () => under.close() }
  const { urls, prefix } = redis
  const client = urls.length > 1 ? await connectCluster(urls) : await connect(urls[0] ?? '')
  const over = { client, durable: under, prefix, deadlineMs, sweepEveryMs: 0 }
  const stores = redisStores(over)
  return {
    stores,
    async close() {
      await stores.close()
      client.destroy()
    },
  }
}

/** Everything at once, all with one code. */
export async function race(stores: Stores, errand: Errand): Promise<Won> {
  const of = await equipped({}, { stores })
  of.clock.set(errand.at)
  const { accountId, code } = errand
  const [finished, verified] = await Promise.all([
    Promise.all(
      errand.flows.map(flow => of.factors.finish(visit(), { factor: 'totp', code, flow })),
    ),
    Promise.all(
      Array.from({ length: errand.tries }, () => of.factors.totp.verify(accountId, code)),
    ),
  ])
  const won = (all: readonly { readonly ok: boolean }[]): number =>
    all.filter(({ ok }) => ok).length
  return { finished: won(finished), verified: won(verified) }
}

if (process.argv[1] === import.meta.filename) {
  const errand = JSON.parse(process.argv[2] ?? '') as Errand
  const { stores, close } = await openAddress(errand.address)
  await stores.ping()
  process.stdout.write('ready\n')
  process.stdin.once('data', async () => {
    const won = await race(stores, errand)
    process.stdout.write(`${JSON.stringify(won)}\n`)
    await close()
    process.exit(0)
  })
}
