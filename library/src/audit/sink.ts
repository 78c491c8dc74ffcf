import type { AuditLog, AuditRow } from '../store/port/audit-log.ts'

/** A second place for the log: a file, a collector. It learns of rows after they are written. */
export interface AuditSink {
  readonly name: string
  /** The sequence of the last row it has for good; 0 when none. Asked at start and after failures. */
  position(): Promise<number>
  /** Takes rows that follow the last, in order. Resolves when they are safe; all or none. */
  write(rows: readonly AuditRow[]): Promise<void>
  close(): Promise<void>
}

/** Carries rows from the log to the sinks. */
export interface Forwarding {
  /** Wakes all sinks: there are new rows. Returns at once. */
  wake(): void
  /** Resolves when every sink has all rows, or has failed to take them. */
  settled(): Promise<void>
  /** The last row that every sink has. */
  takenThrough(): Promise<number>
  close(): Promise<void>
}

/** What its owner hears of. */
export interface ForwardingEvents {
  failed(sink: string, error: unknown): void
  recovered(sink: string): void
}

const ROWS_AT_ONCE = 500
const RETRY_MS = { first: 500, most: 60_000 }

/**
 * The log itself is the outbox: each sink knows how far it has come, so a sink that is dead, slow or
 * hangs loses nothing, and holds up neither a request nor another sink.
 */
export function forwarding(
  log: AuditLog,
  sinks: readonly AuditSink[],
  on: ForwardingEvents,
): Forwarding {
  const lanes = sinks.map(sink => lane(log, sink, on))
  return {
    wake() {
      for (const one of lanes) one.wake()
    },
    async settled() {
      await Promise.all(lanes.map(one => one.settled()))
    },
    async takenThrough() {
      const taken = await Promise.all(sinks.map(sink => sink.position()))
      return Math.min(Number.MAX_SAFE_INTEGER, ...taken)
    },
    async close() {
      await Promise.all(lanes.map(one => one.close()))
    },
  }
}

interface Lane {
  wake(): void
  settled(): Promise<void>
  close(): Promise<void>
}

function lane(log: AuditLog, sink: AuditSink, on: ForwardingEvents): Lane {
  let running: Promise<void> | undefined
  let again = false
  let failing = false
  let closed = false
  let retry: NodeJS.Timeout | undefined
  let retryMs = RETRY_MS.first
  let position: number | undefined

  async function drain(): Promise<void> {
    do {
      again = false
      for (;;) {
        position ??= await sink.position()
        const rows = await log.read({ oldestFirst: true, beyond: position, limit: ROWS_AT_ONCE })
        const last = rows.at(-1)
        if (last === undefined) break
        await sink.write(rows)
        position = last.sequence
      }
    } while (again && !closed)
    if (failing) on.recovered(sink.name)
    failing = false
    retryMs = RETRY_MS.first
  }

  function fail(error: unknown): void {
    position = undefined // what arrived is the sink's to say
    if (!failing) on.failed(sink.name, error)
    failing = true
    if (closed) return
    retry ??= setTimeout(() => {
      retry = undefined
      wake()
    }, retryMs).unref()
    retryMs = Math.min(retryMs * 2, RETRY_MS.most)
  }

  function wake(): void {
    if (closed || retry !== undefined) return
    if (running !== undefined) {
      again = true
      return
    }
    running = drain()
      .catch(fail)
      .finally(() => {
        running = undefined
      })
  }

  return {
    wake,
    async settled() {
      clearTimeout(retry)
      retry = undefined
      wake()
      await running
    },
    async close() {
      closed = true
      clearTimeout(retry)
      await running
      await sink.close()
    },
  }
}
