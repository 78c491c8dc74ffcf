import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigFault } from 'bulwark/fault'
import { Secret } from 'bulwark/secret'
import { type PreviousRoot, previousRoots } from 'bulwark/secrets'

/** Everything the service is told from outside, judged once. */
export interface Settings {
  readonly mode: 'development' | 'production'
  readonly host: string
  readonly port: number
  readonly origin: string
  readonly rootKey: Secret<string>
  /** The root key lies in the data folder, because nobody gave one. */
  readonly keyBesideData: boolean
  /** Root keys before it, each until its date. */
  readonly previousRootKeys: readonly PreviousRoot[]
  /** Where data lies when it lies on disk. */
  readonly dataFolder: string
  readonly databaseUrl: Secret<string> | undefined
  readonly redisUrls: Secret<readonly string[]> | undefined
  readonly trustedProxies: readonly string[]
  readonly smtpUrl: Secret<string> | undefined
  readonly seedFile: string | undefined
  readonly socialFile: string | undefined
  readonly workers: number
  /** Special addresses that webhooks may reach all the same, as CIDRs; for development. */
  readonly outboundAllow: readonly string[]
  readonly outboundPorts: readonly number[]
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings. Every secret may come as NAME or as the path in NAME_FILE.
 *
 * @throws {ConfigFault} naming the variable and what to write instead
 */
export function settings(environment: Environment, cwd: string): Settings {
  const text = (name: string): string | undefined => {
    const value = environment[name]?.trim()
    return value === '' ? undefined : value
  }
  const secret = (name: string): string | undefined => {
    const file = text(`${name}_FILE`)
    if (file === undefined) return text(name)
    if (text(name) !== undefined)
      throw new ConfigFault(name, `is set twice; drop it or ${name}_FILE`)
    try {
      return readFileSync(file, 'utf8').trim()
    } catch (cause) {
      throw new ConfigFault(`${name}_FILE`, `cannot be read (${(cause as Error).message})`)
    }
  }
  const whole = (name: string, usual: number, least: number, most: number): number => {
    const given = text(name)
    if (given === undefined) return usual
    const value = Number(given)
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new ConfigFault(name, `is not a whole number from ${least} to ${most}`)
    }
    return value
  }

  const list = (name: string): readonly string[] =>
    (text(name) ?? '').split(/[\s,]+/).filter(Boolean)

  const mode = text('NODE_ENV') === 'production' ? 'production' : 'development'
  const port = whole('PORT', 3000, 0, 65_535)
  const dataFolder = text('BULWARK_DATA') ?? join(cwd, '.data')
  const origin = text('BULWARK_ORIGIN')
  if (mode === 'production') {
    if (origin === undefined) {
      throw new ConfigFault(
        'BULWARK_ORIGIN',
        'is missing; write the public origin, such as https://app.example',
      )
    }
    for (const name of ['BULWARK_SEED', 'BULWARK_SEED_FILE']) {
      if (text(name) !== undefined) throw new ConfigFault(name, 'is for development; unset it')
    }
  }
  const givenKey = secret('BULWARK_ROOT_KEY')
  const rootKey = givenKey ?? developmentKey(mode, dataFolder)
  const ports = list('BULWARK_OUTBOUND_PORTS').map(Number)
  const redis = secret('REDIS_URL')
  const database = secret('DATABASE_URL')
  const smtp = secret('BULWARK_SMTP_URL')
  return {
    mode,
    host: text('HOST') ?? (mode === 'production' ? '0.0.0.0' : '127.0.0.1'),
    port,
    origin: origin ?? `http://localhost:${port}`,
    rootKey: new Secret(rootKey),
    keyBesideData: givenKey === undefined,
    previousRootKeys: previousRoots(secret('BULWARK_PREVIOUS_ROOT_KEYS') ?? '').map(
      ({ root, until }) => ({ root: new Secret(String(root)), until }),
    ),
    dataFolder,
    databaseUrl: database === undefined ? undefined : new Secret(database),
    redisUrls:
      redis === undefined ? undefined : new Secret(redis.split(',').map(address => address.trim())),
    trustedProxies: list('BULWARK_TRUSTED_PROXIES'),
    smtpUrl: smtp === undefined ? undefined : new Secret(smtp),
    seedFile: text('BULWARK_SEED'),
    socialFile: text('BULWARK_SOCIAL'),
    workers: whole('WORKERS', 1, 1, 64),
    outboundAllow: list('BULWARK_OUTBOUND_ALLOW'),
    outboundPorts: ports.length > 0 ? ports : [80, 443],
  }
}

/**
 * Decision: development makes its own root key once and keeps it beside its data, so that a restart
 * signs nobody out and opens what was sealed. Cost: a copied data folder carries its key along;
 * production never reads it.
 */
function developmentKey(mode: string, dataFolder: string): string {
  if (mode === 'production') {
    throw new ConfigFault(
      'BULWARK_ROOT_KEY',
      'is missing; set it (or BULWARK_ROOT_KEY_FILE) to what `npx bulwark keys new` prints',
    )
  }
  const file = join(dataFolder, 'root.key')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const key = randomBytes(32).toString('base64url')
  writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx' })
  chmodSync(file, 0o600)
  return key
}
