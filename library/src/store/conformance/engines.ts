import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, chownSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import {
  findProgram,
  HERE,
  humbleUser,
  type Place,
  postgresDirectories,
  startServer,
  type TestServer,
} from './servers.ts'

/** A database of a test's own. */
export interface TestPostgres {
  readonly url: string
  /** What answers there: `PostgreSQL 15.14`. */
  readonly engine: string
  /** The server, when the test started it and may do as it likes with it. */
  readonly server: TestServer | undefined
  stop(): Promise<void>
}

/** Why an engine cannot be used on this machine. */
export interface Absent {
  readonly absent: string
}

/** Says in the report that an engine was left out; where nothing may be skipped, fails. */
export function leftOut(driver: string, { absent }: Absent): void {
  const must = process.env['CI'] === 'true'
  test(`${driver}: all promises`, must ? {} : { skip: absent }, () => {
    throw new Error(`${absent}, and with CI=true no engine may be missing`)
  })
}

/**
 * PostgreSQL for one test file: a new database on the server of BULWARK_TEST_POSTGRES_URL, or a
 * server of its own. With `own` only the latter will do; `more` then follows its own arguments.
 * It stands on loopback, or in a `place` behind a network.
 */
export async function testPostgres(
  own?: 'own',
  more: readonly string[] = [],
  place?: Place,
): Promise<TestPostgres | Absent> {
  const given = process.env['BULWARK_TEST_POSTGRES_URL']
  if (given !== undefined && given !== '' && own === undefined) return databaseOn(given)
  const program = postgresProgram()
  if (program === undefined) return { absent: 'no `postgres` and `initdb` on this machine' }
  const user = humbleUser()
  const { address } = place ?? HERE
  const server = await startServer({
    program,
    place,
    ...user,
    prepare(directory) {
      if (user !== undefined) chownSync(directory, user.uid, user.gid)
      const made = ['-D', join(directory, 'data'), '-U', 'bulwark', '-A', 'trust', '-E', 'UTF8']
      const options = { ...user, cwd: directory, stdio: 'ignore' as const }
      execFileSync(join(dirname(program), 'initdb'), [...made, '--no-sync', '--locale=C'], options)
      if (place === undefined) return
      const rule = 'host all all 10.213.0.0/16 trust\n'
      appendFileSync(join(directory, 'data', 'pg_hba.conf'), rule)
    },
    arguments: (port, directory) =>
      ['-D', join(directory, 'data'), '-p', `${port}`, '-h', address, '-k', directory].concat(
        ['fsync=off', 'max_connections=150', 'shared_buffers=32MB'].flatMap(set => ['-c', set]),
        more,
      ),
    answers: port => query(`postgres://bulwark@${address}:${port}/postgres`, 'SELECT 1'),
    farewell: 'SIGINT',
  })
  const url = `postgres://bulwark@${address}:${server.port}/postgres`
  return { url, engine: await engineAt(url), server, stop: () => server.stop() }
}

function postgresProgram(): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':'), ...postgresDirectories()]
  for (const directory of directories) {
    const program = findProgram([join(directory, 'postgres')], ['/'])
    if (program !== undefined && findProgram([join(directory, 'initdb')], ['/'])) return program
  }
  return undefined
}

async function databaseOn(url: string): Promise<TestPostgres> {
  const name = `bulwark_test_${randomUUID().replaceAll('-', '')}`
  await query(url, `CREATE DATABASE ${name}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return {
    url: own.href,
    engine: await engineAt(url),
    server: undefined,
    async stop() {
      await query(url, `DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}

async function engineAt(connectionString: string): Promise<string> {
  const [row] = await query(connectionString, 'SHOW server_version')
  // "15.14 (Debian 15.14-0+deb12u1)"
  return `PostgreSQL ${String(row?.['server_version']).split(' ')[0]}`
}

export async function query(
  connectionString: string,
  sql: string,
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query(sql)
    return rows
  } finally {
    await client.end()
  }
}
