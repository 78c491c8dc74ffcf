/** A database server of our own. */
export interface Server {
  readonly pid: number
  signal(name: NodeJS.Signals): void
  stopped(): Promise<void>
  start(): Promise<void>
}

export interface Engine {
  readonly url: string
  readonly server: Server
  stop(): Promise<void>
}

type Started = Promise<Partial<Engine> & { readonly absent?: string }>

/** The library's own test engines; no published face of it, so they are not imported by a name. */
const from = async (file: string): Promise<unknown> =>
  import(new URL(`../../../library/src/${file}`, import.meta.url).href)

/** PostgreSQL that waits for the disk, and Redis with an append-only file, as they are in production. */
export async function engines(): Promise<{ readonly postgres: Engine; readonly redis: Engine }> {
  const { testPostgres } = (await from('store/conformance/engines.ts')) as {
    testPostgres(own: 'own', more: readonly string[]): Started
  }
  const { testRedis } = (await from('store/conformance/redis-servers.ts')) as {
    testRedis(own: 'own', more: readonly string[]): Started
  }
  const postgres = present(await testPostgres('own', ['-c', 'fsync=on']))
  const redis = present(
    await testRedis('own', ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction']),
  )
  return { postgres, redis }
}

/** A certificate for `localhost` that signs itself. */
export async function ownCertificate(): Promise<{ readonly key: string; readonly cert: string }> {
  const { certificate } = (await from('outbound/certificate.test.kit.ts')) as {
    certificate(subject: string, names: readonly string[]): { key: string; cert: string }
  }
  return certificate('localhost', ['localhost'])
}

function present(engine: Awaited<Started>): Engine {
  const { url, server, stop, absent } = engine
  if (url === undefined || server === undefined || stop === undefined) {
    throw new Error(absent ?? 'no server of our own')
  }
  return { url, server, stop }
}
