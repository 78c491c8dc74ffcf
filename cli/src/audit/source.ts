import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { rowOfJsonl } from 'bulwark/audit'
import { deriveKeys, type Keys } from 'bulwark/keys'
import { previousRoots } from 'bulwark/secrets'
import type { Stores } from 'bulwark/stores'
import type { Terminal } from '../command.ts'
import type { Options } from './options.ts'

type AuditLog = Stores['auditLog']
type AuditRow = NonNullable<ReturnType<typeof rowOfJsonl>>

/** The log of a running or stopped service, opened for reading. */
export interface OpenLog {
  readonly log: AuditLog
  /** What was opened, for people. */
  readonly name: string
  close(): Promise<void>
}

/** Opens the store that the service uses: `DATABASE_URL`, unless `--data` names a folder. */
export async function openLog(options: Options, { env, cwd }: Terminal): Promise<OpenLog> {
  const url = secretOf('DATABASE_URL', env)
  if (options.data === undefined && url !== undefined) {
    const { postgresStores } = await import('bulwark/postgres')
    const stores = await postgresStores({ connectionString: url, migrate: 'refuse' })
    return { log: stores.auditLog, name: 'DATABASE_URL', close: () => stores.close() }
  }
  const path = join(dataFolder(options, { env, cwd }), 'bulwark.db')
  if (!existsSync(path)) {
    throw new Error(`there is no ${path}; name the data folder with --data, or set DATABASE_URL`)
  }
  const { sqliteStores } = await import('bulwark/sqlite')
  const stores = sqliteStores({ path, migrate: 'refuse' })
  return { log: stores.auditLog, name: path, close: () => stores.close() }
}

/** Where the service keeps its data. */
export function dataFolder(options: Options, { env, cwd }: Pick<Terminal, 'env' | 'cwd'>): string {
  return resolve(cwd, options.data ?? env['BULWARK_DATA'] ?? '.data')
}

/**
 * Today's root key and those before it, from where the service has them; of a development service
 * the one beside its data. Empty when there is none.
 */
export function knownKeys(options: Options, terminal: Terminal): readonly Keys[] {
  const { env } = terminal
  const beside = join(dataFolder(options, terminal), 'root.key')
  const root =
    secretOf('BULWARK_ROOT_KEY', env) ??
    (existsSync(beside) ? readFileSync(beside, 'utf8').trim() : undefined)
  if (root === undefined) return []
  const previous = previousRoots(secretOf('BULWARK_PREVIOUS_ROOT_KEYS', env) ?? '')
  return [root, ...previous.map(one => one.root)].map(one => deriveKeys(one))
}

/** The keys, without which nothing can be checked. */
export function keysOf(options: Options, terminal: Terminal): readonly Keys[] {
  const keys = knownKeys(options, terminal)
  if (keys.length > 0) return keys
  throw new Error('the chain is keyed: set BULWARK_ROOT_KEY or BULWARK_ROOT_KEY_FILE')
}

/** Reads the rows of a JSONL file; a line that is none is an error, since somebody wrote it. */
export async function* rowsOfFile(path: string): AsyncGenerator<AuditRow> {
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    number++
    const row = rowOfJsonl(line)
    if (row === undefined) throw new Error(`${path}:${number} is no audit row`)
    yield row
  }
}

/** A setting, or what stands in the file that NAME_FILE names. */
export function secretOf(name: string, env: Terminal['env']): string | undefined {
  const file = env[`${name}_FILE`]
  const text = file === undefined || file === '' ? env[name] : readFileSync(file, 'utf8')
  return text?.trim() === '' ? undefined : text?.trim()
}
