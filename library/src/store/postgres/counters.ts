import type { Counted, Counters, Reservation } from '../port/counters.ts'
import { type Failures, judgeAttempts, judgeState } from '../rules/backoffs.ts'
import { type Bucket, judgeHits } from '../rules/rates.ts'
import { number, text } from '../sql/columns.ts'
import type { Answer, Param, Row, SqlEngine } from '../sql/engine.ts'

const HIT = 'SELECT charged::int, levels, ats FROM bulwark_hit(?, ?, ?, ?, ?)'
const RESERVE =
  'SELECT charged::int, known_failures, known_ats FROM bulwark_reserve(?, ?, ?, ?, ?, ?, ?)'
const FORGIVE = 'SELECT bulwark_forgive(?, ?)'
const PEEK = 'SELECT key, failures, at FROM bulwark_failures WHERE key = ANY(?) AND failures > 0'
const DELAYED =
  'SELECT key, failures, ready_at FROM bulwark_failures ' +
  'WHERE ready_at > ? AND starts_with(key, ?) ORDER BY ready_at DESC LIMIT ?'
const PRUNE =
  'WITH old AS (DELETE FROM bulwark_buckets WHERE key IN ' +
  '(SELECT key FROM bulwark_buckets WHERE empty_at <= ? LIMIT ?) RETURNING 1), ' +
  'forgotten AS (DELETE FROM bulwark_failures WHERE key IN ' +
  '(SELECT key FROM bulwark_failures WHERE forgotten_at <= ? LIMIT ?) RETURNING 1) ' +
  'SELECT (SELECT count(*) FROM old) + (SELECT count(*) FROM forgotten)'

/** Counters by functions in the database: one round trip a call, whatever the number of keys. */
export function postgresCounters(engine: SqlEngine): Counters {
  return {
    hit: (hits, now) => {
      const params = [
        array(hits.map(hit => hit.key)),
        array(hits.map(hit => hit.rate.limit)),
        array(hits.map(hit => hit.rate.windowMs)),
        array(hits.map(hit => hit.cost ?? 1)),
        now,
      ]
      return engine.write('counters.hit', 'quick', HIT, params, answer => {
        const { charged, first, second } = toVerdict(answer)
        const known = new Map<string, Bucket>()
        for (const [index, { key }] of hits.entries()) {
          known.set(key, { level: first[index] ?? 0, at: second[index] ?? 0, emptyAt: 0 })
        }
        return agreed(judgeHits(hits, now, key => known.get(key)).answers, charged)
      })
    },
    reserve: (reservations, now) => {
      const rules = reservations.map(one => one.backoff)
      const params = [
        array(reservations.map(one => one.key)),
        array(rules.map(rule => rule.free)),
        array(rules.map(rule => rule.baseMs)),
        array(rules.map(rule => rule.capMs)),
        array(rules.map(rule => rule.forgetMs)),
        array(rules.map(rule => rule.shutAfter ?? null)),
        now,
      ]
      return engine.write('counters.reserve', 'quick', RESERVE, params, answer => {
        const { charged, first, second } = toVerdict(answer)
        const known = new Map<string, Failures>()
        for (const [index, { key, backoff }] of reservations.entries()) {
          const failures = first[index] ?? 0
          if (failures > 0) known.set(key, { failures, at: second[index] ?? 0, backoff })
        }
        return agreed(judgeAttempts(reservations, now, key => known.get(key)).answers, charged)
      })
    },
    forgive: (keys, how) =>
      engine.write('counters.forgive', 'quick', FORGIVE, [array(keys), how], () => undefined),
    peek: (reservations, now) => {
      const keys = reservations.map(one => one.key)
      return engine.read('counters.peek', PEEK, [array(keys)], rows =>
        peeked(reservations, rows, now),
      )
    },
    delayed: (prefix, now, limit) =>
      engine.read('counters.delayed', DELAYED, [now, prefix, limit], rows =>
        rows.map(row => ({
          key: text(row, 0),
          failures: number(row, 1),
          resetAt: number(row, 2),
        })),
      ),
    prune: (now, limit) => {
      const half = Math.ceil(limit / 2)
      const params = [now, half, now, half]
      return engine.write('counters.prune', 'quick', PRUNE, params, ({ rows }) =>
        rows[0] === undefined ? 0 : number(rows[0], 0),
      )
    },
  }
}

function peeked(
  reservations: readonly Reservation[],
  rows: readonly Row[],
  now: number,
): readonly Counted[] {
  const known = new Map(rows.map(row => [text(row, 0), row] as const))
  return reservations.map(one => {
    const row = known.get(one.key)
    const { backoff } = one
    const state = row && { failures: number(row, 1), at: number(row, 2), backoff }
    return judgeState(state, one, now)
  })
}

interface Verdict {
  readonly charged: boolean
  readonly first: readonly number[]
  readonly second: readonly number[]
}

function toVerdict({ rows: [row] }: Answer): Verdict {
  if (row === undefined) throw new Error('the counting function answered no row')
  return {
    charged: number(row, 0) === 1,
    first: numbers(text(row, 1)),
    second: numbers(text(row, 2)),
  }
}

/** What the database decided and what the rules say must be the same, or nobody gets in. */
function agreed(answers: readonly Counted[], charged: boolean): readonly Counted[] {
  if (answers.every(({ allowed }) => allowed) === charged) return answers
  throw new Error('the counting function and the rules disagree')
}

/** An array as PostgreSQL reads it. */
function array(values: readonly Param[]): string {
  const items = values.map(value =>
    typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : (value ?? 'NULL'),
  )
  return `{${items.join(',')}}`
}

function numbers(list: string): readonly number[] {
  const inner = list.slice(1, -1)
  return inner === '' ? [] : inner.split(',').map(Number)
}
