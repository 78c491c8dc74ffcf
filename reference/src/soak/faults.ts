import { setTimeout as pause } from 'node:timers/promises'
import type { Server } from './engines.ts'
import { childrenOf, type Node } from './nodes.ts'

/** A bad moment; resolves when what was broken is there again. */
export interface Fault {
  readonly name: string
  inject(): Promise<void>
}

const HANG_MS = 3_000
const AWAY_MS = 1_000

/** All that is broken in turn. */
export function faults(
  postgres: Server,
  redis: Server,
  nodes: readonly [Node, Node],
): readonly Fault[] {
  let turn = 0
  const away = async (server: Server, signal: NodeJS.Signals): Promise<void> => {
    server.signal(signal)
    await server.stopped()
    await pause(AWAY_MS)
    await server.start()
  }
  const hang = async (pids: readonly number[]): Promise<void> => {
    signalAll(pids, 'SIGSTOP')
    await pause(HANG_MS)
    signalAll(pids, 'SIGCONT')
  }
  return [
    {
      name: 'kill -9 of one worker of four',
      async inject() {
        const [victim] = nodes[turn++ % 2 === 0 ? 0 : 1].workers()
        if (victim !== undefined) process.kill(victim, 'SIGKILL')
      },
    },
    { name: 'Redis hangs for 3 s (SIGSTOP)', inject: () => hang([redis.pid]) },
    { name: 'Redis is killed, away for 1 s', inject: () => away(redis, 'SIGKILL') },
    { name: 'PostgreSQL restarts (fast), away for 1 s', inject: () => away(postgres, 'SIGINT') },
    {
      name: 'PostgreSQL hangs for 3 s (SIGSTOP)',
      inject: () => hang([postgres.pid, ...childrenOf(postgres.pid)]),
    },
    {
      name: 'one node of two ends (SIGTERM) and its successor starts',
      async inject() {
        const leaving = nodes[turn++ % 2 === 0 ? 0 : 1]
        await leaving.stop()
        await leaving.start()
      },
    },
    {
      name: 'PostgreSQL crashes (immediate), away for 1 s',
      inject: () => away(postgres, 'SIGQUIT'),
    },
  ]
}

function signalAll(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {
      // A connection's process that ended meanwhile.
    }
  }
}
