import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `WORKERS` processes of the reference service under one that watches them, on one port. */
export interface Node {
  readonly origin: string
  /** Those that serve now. */
  workers(): readonly number[]
  /** Resolves when it has gone, having finished what was open. */
  stop(): Promise<void>
  /** Starts it again on the same port, or the first time; resolves when it is ready. */
  start(): Promise<void>
  kill(): void
  /** What it has printed that was not asked for. */
  printed(): string
}

const MAIN = join(import.meta.dirname, '../main.ts')

export function node(port: number, environment: Readonly<Record<string, string>>): Node {
  const origin = `http://localhost:${port}`
  let child: ChildProcess | undefined
  let printed = ''
  return {
    origin,
    workers: () => childrenOf(child?.pid ?? 0),
    async stop() {
      const gone = new Promise<void>(resolve => child?.once('exit', () => resolve()))
      child?.kill('SIGTERM')
      await gone
    },
    async start() {
      child = spawn(process.execPath, ['--conditions=bulwark:source', MAIN], {
        env: { ...process.env, NODE_ENV: '', ...environment, PORT: String(port) },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', chunk => {
          printed = `${printed}${chunk}`.slice(-20_000)
        })
      }
      const end = performance.now() + 60_000
      for (;;) {
        const ready = await fetch(`${origin}/readyz`).catch(() => undefined)
        await ready?.arrayBuffer()
        if (ready?.status === 200) return
        if (performance.now() > end || child.exitCode !== null) throw new Error(printed)
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    },
    kill: () => void child?.kill('SIGKILL'),
    printed: () => printed,
  }
}

/** Processes that this one started. Linux keeps the list. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return list.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
