import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** A server that a test started and may pause, kill and start again. */
export interface TestServer {
  readonly port: number
  /** Its own directory, removed in the end. */
  readonly directory: string
  readonly pid: number
  signal(name: NodeJS.Signals): void
  /** Waits until the process has gone. */
  stopped(): Promise<void>
  /** Starts it again, on the same port and data. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Where a server stands: on loopback, or behind a network. */
export interface Place {
  readonly address: string
  /** The words that come before its program. */
  readonly prefix: readonly string[]
}

export const HERE: Place = { address: '127.0.0.1', prefix: [] }

interface Recipe {
  readonly program: string
  readonly place?: Place | undefined
  arguments(port: number, directory: string): readonly string[]
  /** Prepares the directory before the first start. */
  prepare?(directory: string): void
  /** Rejects until the server answers. */
  answers(port: number): Promise<unknown>
  readonly uid?: number
  readonly gid?: number
  /** How it is asked to end. */
  readonly farewell: NodeJS.Signals
}

const PATIENCE_MS = 20_000

export async function startServer(recipe: Recipe): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'bulwark-server-'))
  chmodSync(directory, 0o777)
  const port = await freePort()
  recipe.prepare?.(directory)
  let child: ChildProcess
  let gone: Promise<void>
  const start = async (): Promise<void> => {
    const [program = '', ...rest] = words(recipe)
    const { uid, gid } = recipe.place === undefined ? recipe : {}
    const as = uid === undefined || gid === undefined ? {} : { uid, gid }
    child = spawn(program, [...rest, ...recipe.arguments(port, directory)], {
      stdio: 'ignore',
      ...as,
    })
    gone = new Promise(resolve => child.once('exit', () => resolve()))
    await untilAnswering(recipe, port, child)
  }
  const lastResort = (): void => {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  process.once('exit', lastResort)
  await start()
  return {
    port,
    directory,
    get pid() {
      return child.pid ?? 0
    },
    signal: name => {
      child.kill(name)
    },
    stopped: () => gone,
    start,
    async stop() {
      child.kill('SIGCONT')
      child.kill(recipe.farewell)
      const hurry = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await gone
      clearTimeout(hurry)
      process.off('exit', lastResort)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Elsewhere it takes root to get there, and only then another user. */
function words({ place, program, uid, gid }: Recipe): readonly string[] {
  if (place === undefined) return [program]
  const as =
    uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
  return [...place.prefix, ...as, program]
}

async function untilAnswering(recipe: Recipe, port: number, child: ChildProcess): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      await recipe.answers(port)
      return
    } catch (error) {
      if (performance.now() > end || child.exitCode !== null) throw error
      await new Promise(resolve => setTimeout(resolve, 25))
    }
  }
}

/** A port of loopback that nobody uses now, with room for one 10,000 above it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    await new Promise(resolve => server.close(resolve))
    if (address !== null && typeof address === 'object') return address.port
  }
}

/** A program on the path or in one of these directories. */
export function findProgram(
  names: readonly string[],
  more: readonly string[] = [],
): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter)
  for (const directory of [...path, ...more]) {
    for (const name of names) {
      const program = join(directory, name)
      if (existsSync(program)) return program
    }
  }
  return undefined
}

/** Directories of Debian's PostgreSQL versions, newest first. */
export function postgresDirectories(): readonly string[] {
  const base = '/usr/lib/postgresql'
  if (!existsSync(base)) return []
  const versions = readdirSync(base).toSorted((a, b) => Number(b) - Number(a))
  return versions.map(version => join(base, version, 'bin'))
}

/** PostgreSQL refuses to run as root: then some other user of the machine runs it. */
export function humbleUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number => Number(execFileSync('id', [flag, name]).toString())
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      // No such user: the next one.
    }
  }
  return undefined
}
