import cluster, { type Worker } from 'node:cluster'
import { ConfigFault } from '../../kernel/fault.ts'

/** What happened to a worker, for the log. */
export type WorkerEvent =
  | { readonly what: 'started' | 'retired' | 'overdue'; readonly pid: number }
  | { readonly what: 'died'; readonly pid: number; readonly why: string }

export interface WorkersOptions {
  /** How many serve at once. */
  readonly count: number
  /** How long one that retires may finish what is open: 30. */
  readonly graceSeconds?: number
  readonly onEvent?: (event: WorkerEvent) => void
}

/** The processes that serve, seen from the one that watches them. */
export interface Workers {
  /** Lets all finish what is open and go; resolves when the last is gone. */
  stop(): Promise<void>
  readonly serving: number
}

const RETIRE = 'bulwark:retire'
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
const HEALTHY_MS = 10_000

/**
 * Keeps so many workers serving on one port. One that retires (see `retire`) goes only after its
 * successor listens, so that capacity never dips; one that dies is replaced, at growing intervals
 * while they die young, so that a fault at start does not become a fork bomb.
 *
 * To be called in the primary process; workers run the same program and find `cluster.isWorker`.
 *
 * @throws {ConfigFault} when the count is no whole number from 1 to 256
 */
export function superviseWorkers(options: WorkersOptions): Workers {
  const { count, graceSeconds = 30, onEvent = () => undefined } = options
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw new ConfigFault('workers.count', 'must be a whole number from 1 to 256')
  }
  const leaving = new Set<Worker>()
  const alive = new Set<Worker>()
  let stopping = false
  let pause = FIRST_PAUSE_MS
  let gone: () => void = () => undefined

  const dismiss = (worker: Worker): void => {
    if (leaving.has(worker)) return
    leaving.add(worker)
    worker.disconnect()
    const timer = setTimeout(() => {
      onEvent({ what: 'overdue', pid: worker.process.pid ?? 0 })
      worker.process.kill('SIGKILL')
    }, graceSeconds * 1000)
    worker.once('exit', () => clearTimeout(timer))
  }

  const start = (): Worker => {
    const worker = cluster.fork()
    const startedAt = performance.now()
    const pid = worker.process.pid ?? 0
    alive.add(worker)
    onEvent({ what: 'started', pid })
    worker.on('message', message => {
      if (message === RETIRE && !stopping && !leaving.has(worker)) {
        start().once('listening', () => dismiss(worker))
      }
    })
    worker.once('exit', (code, signal) => {
      alive.delete(worker)
      if (stopping && alive.size === 0) gone()
      if (leaving.delete(worker)) {
        onEvent({ what: 'retired', pid })
        return
      }
      onEvent({ what: 'died', pid, why: signal ?? `status ${code}` })
      if (stopping) return
      const youthful = performance.now() - startedAt < HEALTHY_MS
      pause = youthful ? Math.min(pause * 2, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS
      setTimeout(() => stopping || start(), youthful ? pause / 2 : 0).unref()
    })
    return worker
  }
  for (let at = 0; at < count; at++) start()

  return {
    stop() {
      stopping = true
      return new Promise(resolve => {
        gone = resolve
        if (alive.size === 0) resolve()
        for (const worker of alive) dismiss(worker)
      })
    },
    get serving() {
      return alive.size - leaving.size
    },
  }
}

/**
 * In a worker: asks for a successor, and to be let go once it serves. Without a primary (a single
 * process) it answers false, and whoever runs the process has to replace it.
 */
export function retire(): boolean {
  return cluster.worker?.send(RETIRE) ?? false
}

/**
 * In a worker: told when it is let go. Its servers take no more connections by then; `finish` closes
 * what else is open (stores, timers), and afterwards the process ends.
 */
export function whenLetGo(finish: () => Promise<void>): void {
  cluster.worker?.once('disconnect', () => {
    finish().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
}
