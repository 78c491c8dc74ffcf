import { StoreFault } from '../../kernel/fault.ts'
import type { Durability, SqlEngine } from '../sql/engine.ts'
import type { Connection } from './connection.ts'
import { isBusy } from './database.ts'

interface Pending {
  readonly verb: string
  readonly how: Durability
  /** Runs inside the transaction; may be run again after a rollback. */
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (fault: StoreFault) => void
  readonly since: number
}

type Committed =
  | { readonly state: 'done'; readonly answers: readonly unknown[] }
  | { readonly state: 'busy' }
  | { readonly state: 'failed'; readonly error: unknown }

/**
 * Writes that arrive in one turn of the event loop share one transaction (group commit), and so
 * one wait for the disk. When a verb fails, all are rolled back and each runs again on its own.
 *
 * Decision: one connection whose `synchronous` follows what the group needs, not one connection for
 * each: a second writer would throw away the page cache of the first at every commit.
 * Cost: a quick write that comes together with a durable one waits for its fsync.
 */
export function sqliteEngine(connection: Connection, deadlineMs: number): SqlEngine {
  let queue: Pending[] = []
  let scheduled = false
  let closed = false

  const flush = (): void => {
    scheduled = false
    const group = queue
    queue = []
    if (!settle(group) && group.length > 1) for (const pending of group) settle([pending])
  }

  /** Answers false when the group failed and should be tried one by one. */
  const settle = (group: readonly Pending[]): boolean => {
    const committed = commit(connection, group)
    if (committed.state === 'done') {
      for (const [index, pending] of group.entries()) pending.resolve(committed.answers[index])
      return true
    }
    if (committed.state === 'busy') {
      waitForLock(group)
      return true
    }
    const [only] = group
    if (group.length === 1) only?.reject(new StoreFault(only.verb, committed.error))
    return false
  }

  const waitForLock = (group: readonly Pending[]): void => {
    const now = performance.now()
    for (const pending of group) {
      if (now - pending.since < deadlineMs) queue.push(pending)
      else pending.reject(new StoreFault(pending.verb, new Error('another process holds the lock')))
    }
    if (scheduled || queue.length === 0) return
    scheduled = true
    setTimeout(flush, 1 + Math.random() * 8)
  }

  const submit = <T>(verb: string, how: Durability, run: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      if (closed) {
        reject(new StoreFault(verb, new Error('the store is closed')))
        return
      }
      const settled = resolve as (value: unknown) => void
      queue.push({ verb, how, run, resolve: settled, reject, since: performance.now() })
      if (scheduled) return
      scheduled = true
      setImmediate(flush)
    })

  const look: SqlEngine['look'] = (verb, sql, params, take) => {
    try {
      return take(connection.rows(sql, params))
    } catch (error) {
      // Another process recovers the file after a crash: wait for it like a write would.
      if (isBusy(error)) return submit(verb, 'quick', () => take(connection.rows(sql, params)))
      throw new StoreFault(verb, error)
    }
  }

  return {
    look,
    read: async (...asked) => look(...asked),
    write: (verb, how, sql, params, take) =>
      submit(verb, how, () => take(connection.run(sql, params))),
    transact: (verb, how, steps) => submit(verb, how, () => connection.walk(steps())),
    async ping() {
      await submit('ping', 'quick', () => connection.rows('SELECT 1', []))
    },
    async close() {
      if (closed) return
      while (queue.length > 0) await new Promise(resolve => setTimeout(resolve, 1))
      closed = true
      connection.close()
    },
  }
}

/** Runs all in one transaction: everything happened, or nothing did. */
function commit(connection: Connection, group: readonly Pending[]): Committed {
  try {
    connection.setDurability(group.some(({ how }) => how === 'durable') ? 'durable' : 'quick')
    connection.run('BEGIN IMMEDIATE', [])
  } catch (error) {
    return isBusy(error) ? { state: 'busy' } : { state: 'failed', error }
  }
  try {
    const answers = group.map(({ run }) => run())
    connection.run('COMMIT', [])
    return { state: 'done', answers }
  } catch (error) {
    rollBack(connection)
    return { state: 'failed', error }
  }
}

function rollBack(connection: Connection): void {
  try {
    connection.run('ROLLBACK', [])
  } catch {
    // SQLite has rolled back by itself (disk full, I/O error): there is nothing left to undo.
  }
}
