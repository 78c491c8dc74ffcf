import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

/** A server in a process of its own, on a core of its own where the system can pin. */
export interface Contender {
  readonly port: number
  /** What the server told when it was ready: cookies, tokens. */
  readonly told: Readonly<Record<string, string>>
  /** Microseconds of CPU that the server's main thread has used so far. */
  cpu(): Promise<number>
  /** Resident memory in bytes. */
  rss(): Promise<number>
  /** Microseconds of CPU of all its threads. */
  cpuOfAll(): Promise<number>
  /** What only this server can tell, by the name it gave it. */
  ask(what: string): Promise<number>
  stop(): Promise<void>
}

interface Ready {
  readonly port: number
  readonly told?: Readonly<Record<string, string>>
}

const canPin = existsSync('/usr/bin/taskset')

/** Starts `servers/NAME.ts`, or what was built of it, and waits until it listens. */
export async function contender(
  name: string,
  args: readonly string[] = [],
  { built = false, pinned = canPin }: { readonly built?: boolean; readonly pinned?: boolean } = {},
): Promise<Contender> {
  const path = built ? `../dist/servers/${name}.js` : `servers/${name}.ts`
  const conditions = built ? [] : ['--conditions=bulwark:source']
  const file = fileURLToPath(new URL(path, import.meta.url))
  const node = [...conditions, '--no-warnings', file, ...args]
  const [command, argv] = pinned
    ? ['taskset', ['-c', '0', process.execPath, ...node]]
    : [process.execPath, node]
  const child: ChildProcess = spawn(command as string, argv as string[], {
    // What a server says is not what is measured: only the runner writes to the page.
    stdio: ['ignore', 2, 2, 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [ready] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`))),
  ])) as [Ready]
  const ask = async (what: string): Promise<number> => {
    child.send(what)
    const [answer] = (await once(child, 'message')) as [number]
    return answer
  }
  return {
    port: ready.port,
    told: ready.told ?? {},
    cpu: () => ask('cpu'),
    rss: () => ask('rss'),
    cpuOfAll: () => ask('all'),
    ask,
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** A port that nobody listens on right now: a service must know its origin before it starts. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The server's side: answers the runner's questions, and those that only it can. */
export function serving(ready: Ready, own: Readonly<Record<string, () => number>> = {}): void {
  const sum = ({ user, system }: NodeJS.CpuUsage): number => user + system
  const answers: Readonly<Record<string, () => number>> = {
    cpu: () => sum(process.threadCpuUsage()),
    all: () => sum(process.cpuUsage()),
    rss: () => process.memoryUsage.rss(),
    ...own,
  }
  process.on('message', what => process.send?.(answers[String(what)]?.() ?? Number.NaN))
  // Whoever asks is gone, so nobody will stop it.
  process.once('disconnect', () => process.exit())
  process.send?.(ready)
}
