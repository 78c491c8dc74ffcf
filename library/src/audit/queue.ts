import { StoreFault } from '../kernel/fault.ts'
import type { AuditEntry, AuditLog } from '../store/port/audit-log.ts'

/** What the queue tells its owner. */
export interface QueueEvents {
  /** After a failure, when entries that found no room can be accounted for. */
  overflowed(lost: number, since: number): AuditEntry
  /** Rows were written. */
  written(): void
}

/** Entries on their way to the log: in order, in groups, never in the way of a request. */
export interface Queue {
  /** Takes it and returns at once; false when the queue is full. */
  push(entry: AuditEntry): boolean
  /** Resolves when the disk has it and everything before it. @throws {StoreFault} */
  pushDurable(entry: AuditEntry): Promise<void>
  /** Resolves when everything taken so far is written. @throws {StoreFault} */
  flush(): Promise<void>
  /** Entries that wait now. */
  readonly waiting: number
  /** Entries that found no room since the start. */
  readonly lost: number
}

interface Waiter {
  readonly entry: AuditEntry
  readonly done: (() => void) | undefined
  readonly failed: ((fault: StoreFault) => void) | undefined
}

/** One transaction holds at most this many, so that no flush holds the log for long. */
const MOST_AT_ONCE = 1000
/** Under load, quick entries wait at most this long for company. */
const GATHER_MS = 10
const RETRY_MS = { first: 100, most: 5000 }

/**
 * Group commit: one flush at a time takes all that came meanwhile, and under load at most one begins
 * in ten milliseconds, unless somebody waits for the disk. When the log is out of reach, entries wait
 * up to `limit`; then they are counted, and the count itself is written when the log is back.
 */
export function queue(log: AuditLog, limit: number, on: QueueEvents): Queue {
  let waiting: Waiter[] = []
  let flushing: Promise<void> | undefined
  let scheduled = false
  let draining = false
  let urgent = 0
  let flushedAt = Number.NEGATIVE_INFINITY
  let gathering: NodeJS.Timeout | undefined
  let retry: NodeJS.Timeout | undefined
  let retryMs = RETRY_MS.first
  let unsure = false
  let lost = 0
  let lostUntold = 0
  let lostSince = 0

  /** After a failure nobody knows whether the last group arrived: what is there is not sent again. */
  async function missing(group: readonly Waiter[]): Promise<readonly Waiter[]> {
    const since = Math.min(...group.map(({ entry }) => entry.at))
    const there = new Set<string>()
    let rows = await log.read({ since, limit: MOST_AT_ONCE })
    while (rows.length > 0) {
      for (const { id } of rows) there.add(id)
      const last = rows.at(-1)
      if (last === undefined || rows.length < MOST_AT_ONCE) break
      rows = await log.read({ since, limit: MOST_AT_ONCE, beyond: last.sequence })
    }
    return group.filter(({ entry }) => !there.has(entry.id))
  }

  async function flushOnce(): Promise<void> {
    const group = waiting.slice(0, MOST_AT_ONCE)
    const told = lostUntold
    try {
      const fresh = unsure ? await missing(group) : group
      const list = fresh.map(({ entry }) => entry)
      if (told > 0) list.push(on.overflowed(told, lostSince))
      const durable = group.some(({ done }) => done !== undefined)
      if (list.length > 0) await log.append(list, durable ? 'durable' : 'quick')
    } catch (cause) {
      const fault = cause instanceof StoreFault ? cause : new StoreFault('auditLog.append', cause)
      // Who waits is told now and acts on it; a durable entry is not written behind their back later.
      waiting = waiting.filter(
        ({ failed }) => failed === undefined || !group.some(one => one.failed === failed),
      )
      unsure = true
      urgent = waiting.filter(({ done }) => done !== undefined).length
      for (const { failed } of group) failed?.(fault)
      throw fault
    }
    unsure = false
    retryMs = RETRY_MS.first
    lostUntold -= told
    waiting.splice(0, group.length)
    urgent -= group.filter(({ done }) => done !== undefined).length
    for (const { done } of group) done?.()
    on.written()
  }

  async function flushAll(): Promise<void> {
    while (lostUntold > 0 || waiting.length > 0) {
      await flushOnce()
      flushedAt = performance.now()
      // What came meanwhile and hurries nobody gathers for the next time.
      if (!draining && urgent === 0) return
    }
  }

  function start(): Promise<void> {
    cancelTimers()
    flushing ??= flushAll().then(
      () => {
        flushing = undefined
        draining = false
        // Whoever waited for this flush may have pushed on while it was ending.
        if (waiting.length > 0) schedule()
      },
      (fault: unknown) => {
        flushing = undefined
        draining = false
        later()
        throw fault
      },
    )
    return flushing
  }

  function cancelTimers(): void {
    clearTimeout(retry)
    retry = undefined
    clearTimeout(gathering)
    gathering = undefined
  }

  /** At once when it is quiet or somebody waits; under load a few milliseconds' events together. */
  function schedule(): void {
    if (scheduled || flushing !== undefined || retry !== undefined) return
    const rest = GATHER_MS - (performance.now() - flushedAt)
    if (urgent === 0 && rest > 0) {
      gathering ??= setTimeout(attempt, rest)
      return
    }
    scheduled = true
    setImmediate(attempt)
  }

  function attempt(): void {
    scheduled = false
    start().catch(() => {}) // tried again later; who waited was told
  }

  function later(): void {
    retry ??= setTimeout(attempt, retryMs).unref()
    retryMs = Math.min(retryMs * 2, RETRY_MS.most)
  }

  function take(waiter: Waiter): boolean {
    if (waiting.length >= limit) {
      if (lostUntold === 0) lostSince = waiter.entry.at
      lost++
      lostUntold++
      return false
    }
    waiting.push(waiter)
    if (waiter.done !== undefined) {
      urgent++
      cancelTimers()
    }
    schedule()
    return true
  }

  return {
    push: entry => take({ entry, done: undefined, failed: undefined }),
    pushDurable: entry =>
      new Promise((done, failed) => {
        if (!take({ entry, done, failed })) {
          failed(new StoreFault('auditLog.append', new Error(`${limit} events wait already`)))
        }
      }),
    flush() {
      draining = true
      return start()
    },
    get waiting() {
      return waiting.length
    },
    get lost() {
      return lost
    },
  }
}
