import cluster from 'node:cluster'
import { url } from 'node:inspector'
import { getHeapStatistics } from 'node:v8'

/** What the process says of itself, read once at start. */
export interface Runtime {
  readonly nodeVersion: string
  readonly flags: readonly string[]
  readonly nodeEnv: string | undefined
  readonly chatty: readonly string[]
  readonly asRoot: boolean
  readonly inspectable: boolean
  readonly permitted?: readonly string[]
  readonly tlsRejectUnauthorized?: string
  readonly heapLimitBytes: number
  /** Threads of the pool that hashes share with files and names. */
  readonly threads: number
  /** One of several workers of a cluster. */
  readonly isWorker: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** Names of permissions that a service seldom needs. */
const SELDOM = ['child', 'wasi', 'inspector'] as const

/** Looks at this process; the environment is handed in. */
export function runtime(environment: Environment): Runtime {
  const tls = environment['NODE_TLS_REJECT_UNAUTHORIZED']
  const permitted = permissions()
  return {
    nodeVersion: process.versions.node,
    flags: [...process.execArgv, ...(environment['NODE_OPTIONS'] ?? '').split(/\s+/)],
    nodeEnv: environment['NODE_ENV'],
    chatty: ['NODE_DEBUG', 'NODE_DEBUG_NATIVE', 'DEBUG'].filter(name => environment[name]),
    asRoot: process.getuid?.() === 0,
    inspectable: url() !== undefined,
    ...(permitted !== undefined && { permitted }),
    ...(tls !== undefined && { tlsRejectUnauthorized: tls }),
    heapLimitBytes: getHeapStatistics().heap_size_limit,
    threads: Number(environment['UV_THREADPOOL_SIZE'] ?? 4),
    isWorker: cluster.isWorker,
  }
}

function permissions(): readonly string[] | undefined {
  const { permission } = process as { permission?: { has(scope: string, what?: string): boolean } }
  if (permission === undefined) return undefined
  const open: string[] = SELDOM.filter(scope => permission.has(scope))
  return permission.has('fs.write', '/') ? [...open, 'fs.write /'] : open
}
