import type { Counters } from '../port/counters.ts'
import {
  type Failures,
  forgottenAt,
  judgeAttempts,
  judgeState,
  readyAt,
} from '../rules/backoffs.ts'
import { type Bucket, judgeHits } from '../rules/rates.ts'
import { maybeNumber, number, text } from '../sql/columns.ts'
import { marks, orNull, type Row, type SqlEngine, type Steps } from '../sql/engine.ts'

const BUCKET = 'SELECT level, at, empty_at FROM bulwark_buckets WHERE key = ?'
const SAVE_BUCKET =
  'INSERT INTO bulwark_buckets (key, level, at, empty_at) VALUES (?, ?, ?, ?) ' +
  'ON CONFLICT (key) DO UPDATE SET level = excluded.level, at = excluded.at, ' +
  'empty_at = excluded.empty_at'
const COLUMNS = 'key, failures, at, free, base_ms, cap_ms, forget_ms, shut_after'
const SAVE_FAILURES =
  `INSERT OR REPLACE INTO bulwark_failures (${COLUMNS}, ready_at, forgotten_at) ` +
  'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
const DELAYED =
  'SELECT key, failures, ready_at FROM bulwark_failures ' +
  'WHERE ready_at > ? AND substr(key, 1, ?) = ? ORDER BY ready_at DESC LIMIT ?'
const PRUNE_BUCKETS =
  'DELETE FROM bulwark_buckets WHERE key IN ' +
  '(SELECT key FROM bulwark_buckets WHERE empty_at <= ? LIMIT ?)'
const PRUNE_FAILURES =
  'DELETE FROM bulwark_failures WHERE key IN ' +
  '(SELECT key FROM bulwark_failures WHERE forgotten_at <= ? LIMIT ?)'

/** Counters by the rules in JavaScript, inside a transaction that holds the only write lock. */
export function sqliteCounters(engine: SqlEngine): Counters {
  return {
    hit: (hits, now) =>
      engine.transact('counters.hit', 'quick', function* () {
        const known = new Map<string, Bucket>()
        for (const { key } of hits) {
          const { rows } = yield { sql: BUCKET, params: [key] }
          const row = rows[0]
          if (row !== undefined) known.set(key, toBucket(row))
        }
        const { answers, charged } = judgeHits(hits, now, key => known.get(key))
        for (const [key, { level, at, emptyAt }] of charged) {
          yield { sql: SAVE_BUCKET, params: [key, level, at, emptyAt] }
        }
        return answers
      }),
    reserve: (reservations, now) =>
      engine.transact('counters.reserve', 'quick', function* () {
        const known = yield* readFailures(reservations.map(one => one.key))
        const { answers, charged } = judgeAttempts(reservations, now, key => known.get(key))
        for (const [key, state] of charged) yield* saveFailures(key, state)
        return answers
      }),
    forgive: (keys, how) =>
      engine.transact('counters.forgive', 'quick', function* () {
        if (how === 'all') {
          if (keys.length > 0) yield { sql: forget(keys.length), params: keys }
          return
        }
        for (const key of keys) {
          const state = (yield* readFailures([key])).get(key)
          const failures = (state?.failures ?? 0) - 1
          if (state === undefined || failures < 1) yield { sql: forget(1), params: [key] }
          else yield* saveFailures(key, { ...state, failures })
        }
      }),
    peek: (reservations, now) => {
      const keys = reservations.map(one => one.key)
      return engine.read('counters.peek', selectFailures(keys.length), keys, rows => {
        const known = new Map(rows.map(toFailures))
        return reservations.map(one => judgeState(known.get(one.key), one, now))
      })
    },
    delayed: (prefix, now, limit) =>
      engine.read('counters.delayed', DELAYED, [now, prefix.length, prefix, limit], rows =>
        rows.map(row => ({
          key: text(row, 0),
          failures: number(row, 1),
          resetAt: number(row, 2),
        })),
      ),
    prune: (now, limit) =>
      engine.transact('counters.prune', 'quick', function* () {
        const { changes } = yield { sql: PRUNE_BUCKETS, params: [now, limit] }
        const rest = yield { sql: PRUNE_FAILURES, params: [now, limit - changes] }
        return changes + rest.changes
      }),
  }
}

function toBucket(row: Row): Bucket {
  return { level: number(row, 0), at: number(row, 1), emptyAt: number(row, 2) }
}

function selectFailures(count: number): string {
  return `SELECT ${COLUMNS} FROM bulwark_failures WHERE key IN (${marks(count)})`
}

function forget(count: number): string {
  return `DELETE FROM bulwark_failures WHERE key IN (${marks(count)})`
}

function* readFailures(keys: readonly string[]): Steps<ReadonlyMap<string, Failures>> {
  const { rows } = yield { sql: selectFailures(keys.length), params: keys }
  return new Map(rows.map(toFailures))
}

function* saveFailures(key: string, state: Failures): Steps<void> {
  const { free, baseMs, capMs, forgetMs, shutAfter } = state.backoff
  const rule = [free, baseMs, capMs, forgetMs, orNull(shutAfter)]
  const params = [key, state.failures, state.at, ...rule, readyAt(state), forgottenAt(state)]
  yield { sql: SAVE_FAILURES, params }
}

function toFailures(row: Row): readonly [string, Failures] {
  const shutAfter = maybeNumber(row, 7)
  const backoff = {
    free: number(row, 3),
    baseMs: number(row, 4),
    capMs: number(row, 5),
    forgetMs: number(row, 6),
    ...(shutAfter === undefined ? {} : { shutAfter }),
  }
  return [text(row, 0), { failures: number(row, 1), at: number(row, 2), backoff }]
}
