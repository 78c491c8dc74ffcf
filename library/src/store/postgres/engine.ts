import type { Pool, PoolClient } from 'pg'
import { StoreFault } from '../../kernel/fault.ts'
import type { Durability, SqlEngine, Steps } from '../sql/engine.ts'
import { held, isBroken, OurMistake, sqlState } from './held.ts'
import { asker } from './statements.ts'

export interface PostgresEngineOptions {
  /** How long a verb may take, waiting for a connection included. */
  readonly deadlineMs: number
  /** Verbs under way at once, those that wait for a connection included. */
  readonly maxPending: number
  /** Named statements, which some connection poolers cannot carry. */
  readonly prepare: boolean
}

/** Lost a race that the database noticed: serialization, deadlock, unique key, foreign key. */
const LOST_RACE: ReadonlySet<string> = new Set(['40001', '40P01', '23505', '23503'])
const ATTEMPTS = 16

/** The connection broke after COMMIT was sent: it may have happened, so it is never tried again. */
class UnknownOutcome extends Error {}

/** Verbs on a pool of connections: each one statement, or one transaction that is tried again when it lost a race. */
export function postgresEngine(pool: Pool, options: PostgresEngineOptions): SqlEngine {
  const { deadlineMs, maxPending } = options
  let pending = 0
  const ask = asker(options.prepare)
  const begin = beginnings(deadlineMs)

  const transaction = async <T>(
    client: PoolClient,
    how: Durability,
    steps: Steps<T>,
  ): Promise<T> => {
    await client.query(begin[how])
    let value: T
    try {
      let step = ours(() => steps.next())
      while (!step.done) {
        const answer = await ask(client, step.value)
        step = ours(() => steps.next(answer))
      }
      value = step.value
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined)
      throw error
    }
    try {
      await client.query('COMMIT')
    } catch (error) {
      throw sqlState(error) === undefined
        ? new UnknownOutcome('at COMMIT', { cause: error })
        : error
    }
    return value
  }

  /** `again` when a connection that breaks on the way leaves nothing behind. */
  const attempts = async <T>(
    verb: string,
    again: boolean,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<T> => {
    if (pending >= maxPending)
      throw new StoreFault(verb, new Error(`${pending} verbs wait already`))
    pending += 1
    const end = performance.now() + deadlineMs
    try {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await held(pool, Math.max(1, end - performance.now()), work)
        } catch (error) {
          const lost = LOST_RACE.has(sqlState(error) ?? '')
          // After a restart of the database every idle connection is dead, and each is met once.
          const broke = again && isBroken(error) && !(error instanceof UnknownOutcome)
          if (!(lost || broke) || attempt >= ATTEMPTS || performance.now() >= end) throw error
        }
      }
    } catch (error) {
      throw new StoreFault(verb, error instanceof OurMistake ? error.cause : error)
    } finally {
      pending -= 1
    }
  }

  const read: SqlEngine['read'] = (verb, sql, params, take) =>
    attempts(verb, true, async client => {
      const { rows } = await ask(client, { sql, params })
      return ours(() => take(rows))
    })

  return {
    read,
    look: read,
    write: (verb, _how, sql, params, take) =>
      attempts(verb, false, async client => {
        const answer = await ask(client, { sql, params })
        return ours(() => take(answer))
      }),
    transact: (verb, how, steps) =>
      attempts(verb, true, client => transaction(client, how, steps())),
    async ping() {
      await attempts('ping', true, client => client.query('SELECT 1'))
    },
    async close() {},
  }
}

/** Runs our own code inside the work: when it throws, the connection is not to blame. */
function ours<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new OurMistake('not the database', { cause: error })
  }
}

/**
 * How a transaction begins, in one message. A node that freezes inside it (or whose network does)
 * loses its locks when the database's own patience ends, so it cannot hold up the other nodes.
 */
function beginnings(deadlineMs: number): Readonly<Record<Durability, string>> {
  const begin =
    `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${deadlineMs}; ` +
    `SET LOCAL statement_timeout = ${deadlineMs}; ` +
    `SET LOCAL idle_in_transaction_session_timeout = ${deadlineMs}`
  return { durable: begin, kept: begin, quick: `${begin}; SET LOCAL synchronous_commit = off` }
}
