import { join } from 'node:path'
import type { DoctorOptions } from 'bulwark/doctor'
import { ConfigFault } from 'bulwark/fault'
import type { Mailer } from 'bulwark/mail'
import { Secret } from 'bulwark/secret'
import { sqliteStores } from 'bulwark/sqlite'
import type { Stores } from 'bulwark/stores'
import type { Settings } from '../settings.ts'
import { type Database, postgresDatabase, sqliteDatabase } from './database.ts'

/** Everything the service remembers in, and how to let go of it. */
export interface Opened {
  readonly stores: Stores
  readonly database: Database
  readonly mailer: Mailer | undefined
  /** What the doctor cannot see of the stores by itself. */
  readonly told: StoresTold
  close(): Promise<void>
}

/** Facts about stores that only who opens them knows. */
export type StoresTold = Pick<DoctorOptions, 'plainStores' | 'redis'>

/** A session that another node ended is seen here within this time. */
const CACHE_MS = 1000

/**
 * Opens what the settings name: SQLite files, or PostgreSQL, with Redis for what is short-lived.
 * Drivers are loaded only when they are used.
 *
 * @throws {ConfigFault} when a schema is not the one this version knows
 */
export async function open(settings: Settings): Promise<Opened> {
  const ground =
    settings.databaseUrl === undefined
      ? await onSqlite(settings.dataFolder)
      : await onPostgres(settings.databaseUrl.reveal(), settings.mode)
  const fast =
    settings.redisUrls === undefined
      ? undefined
      : await onRedis(settings.redisUrls.reveal(), ground.stores)
  const mailer =
    settings.smtpUrl === undefined ? undefined : await mailerAt(settings.smtpUrl.reveal())
  return {
    stores: fast?.stores ?? ground.stores,
    database: ground.database,
    mailer,
    told: {
      plainStores: plainAddresses([
        ...(settings.databaseUrl === undefined ? [] : [settings.databaseUrl.reveal()]),
        ...(settings.redisUrls?.reveal() ?? []),
      ]),
      ...(fast?.redis !== undefined && { redis: fast.redis }),
    },
    async close() {
      await fast?.close()
      await ground.close()
    },
  }
}

type Ground = Omit<Opened, 'mailer' | 'told'>

async function onSqlite(folder: string): Promise<Ground> {
  const stores = await sqliteStores({ path: join(folder, 'bulwark.db') })
  const database = sqliteDatabase(join(folder, 'orders.db'))
  return {
    stores,
    database,
    async close() {
      await stores.close()
      await database.close()
    },
  }
}

async function onPostgres(connectionString: string, mode: Settings['mode']): Promise<Ground> {
  const { default: pg } = await import('pg')
  const { postgresStores } = await import('bulwark/postgres')
  const pool = new pg.Pool({ connectionString, max: 16, connectionTimeoutMillis: 3_000 })
  // A connection that breaks while idle is replaced; the next query tells if none can be had.
  pool.on('error', () => {})
  const migrate = mode === 'production' ? 'refuse' : 'apply'
  const stores = await postgresStores({ pool, migrate })
  return {
    stores,
    database: postgresDatabase(pool),
    async close() {
      await stores.close()
      await pool.end()
    },
  }
}

async function onRedis(
  urls: readonly string[],
  durable: Stores,
): Promise<Pick<Ground, 'stores' | 'close'> & Pick<StoresTold, 'redis'>> {
  const { createClient, createCluster } = await import('redis')
  const { redisStores } = await import('bulwark/redis')
  const [url = '', ...others] = urls
  // A connection whose network was cut says nothing for ever: silence is given up, and asked anew.
  const patience = {
    disableOfflineQueue: true,
    pingInterval: 2_000,
    socket: { connectTimeout: 2_000, socketTimeout: 5_000 },
  } as const
  const client =
    others.length === 0
      ? createClient({ ...patience, url })
      : createCluster({ rootNodes: urls.map(one => ({ url: one })), defaults: patience })
  // Told by the commands that fail; without a listener the process would end.
  client.on('error', () => {})
  await client.connect()
  const stores = redisStores({ client, durable, cacheMs: CACHE_MS })
  return {
    stores,
    ...('configGet' in client && { redis: await redisSettings(client) }),
    async close() {
      await stores.close()
      await client.close()
    },
  }
}

/** Two settings of one server; empty where it does not tell, as hosted ones do not. */
async function redisSettings(client: {
  configGet(name: string): Promise<unknown>
}): Promise<NonNullable<StoresTold['redis']>> {
  const asked = async (name: string): Promise<string | undefined> => {
    const answer = (await client.configGet(name).catch(() => ({}))) as Record<string, string>
    return answer[name]
  }
  const eviction = await asked('maxmemory-policy')
  const appendOnly = await asked('appendonly')
  return {
    ...(eviction !== undefined && { eviction }),
    ...(appendOnly !== undefined && { appendOnly: appendOnly === 'yes' }),
  }
}

const LOCAL = /^(?:|localhost|127\.[\d.]+|\[::1\])$/

/** Which of these cross a network without TLS: scheme and host, nothing that is secret. */
export function plainAddresses(addresses: readonly string[]): readonly string[] {
  return addresses.flatMap(address => {
    const url = URL.parse(address)
    if (url === null || LOCAL.test(url.hostname) || url.protocol === 'rediss:') return []
    const mode = url.searchParams.get('sslmode')
    const isGuarded = url.protocol !== 'redis:' && (mode === 'verify-full' || mode === 'verify-ca')
    return isGuarded ? [] : [`${url.protocol}//${url.host}`]
  })
}

/** `smtps://user:password@host:465?from=no-reply@app.example`; `smtp:` demands STARTTLS. */
async function mailerAt(text: string): Promise<Mailer> {
  const { smtp } = await import('bulwark/smtp')
  const url = new URL(text)
  const from = url.searchParams.get('from')
  if (from === null) {
    throw new ConfigFault(
      'BULWARK_SMTP_URL',
      'names no sender; end it with ?from=no-reply@app.example',
    )
  }
  return smtp({
    host: url.hostname,
    from,
    tls: url.protocol === 'smtps:' ? 'implicit' : 'starttls',
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(url.username !== '' && { user: decodeURIComponent(url.username) }),
    ...(url.password !== '' && { password: new Secret(decodeURIComponent(url.password)) }),
  })
}
