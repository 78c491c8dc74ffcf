import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** `bench/peers`, from the sources as from what was built of them: both lie one folder below. */
const FOLDER = fileURLToPath(new URL('../peers/', import.meta.url))
const peers = createRequire(join(FOLDER, 'package.json'))

/**
 * The folder in which the peers stand that are no dependencies of ours, installed exactly as its
 * lock says when they are not yet: the first run needs the registry.
 */
export function installedPeers(): string {
  const lock = join(FOLDER, 'package-lock.json')
  const done = join(FOLDER, 'node_modules', '.bench-lock.json')
  if (existsSync(done) && readFileSync(done, 'utf8') === readFileSync(lock, 'utf8')) return FOLDER
  // What npm tells its scripts of itself would make it install the workspace that we are in.
  const env = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  const script = 'npm ci --ignore-scripts --no-audit --no-fund 1>&2 && cp package-lock.json "$0"'
  const { status } = spawnSync('sh', ['-c', script, done], {
    cwd: dirname(lock),
    env: Object.fromEntries(env),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`the peers in ${FOLDER} could not be installed: ${status}`)
  return FOLDER
}

/** A peer as `T`, of which only what the bench uses is written down. */
export async function peer<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(peers.resolve(name)).href)) as T
}
