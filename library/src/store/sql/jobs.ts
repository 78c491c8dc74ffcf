import type { Job, Jobs } from '../port/jobs.ts'
import { addJobs } from './along.ts'
import { maybeNumber, number, text } from './columns.ts'
import type { Row, SqlEngine } from './engine.ts'

const CLAIM =
  'UPDATE bulwark_jobs SET attempts = attempts + 1, lease = ?, lease_until = ? WHERE id IN (' +
  'SELECT id FROM bulwark_jobs WHERE kind = ? AND run_at <= ? AND lease_until <= ? ' +
  'ORDER BY run_at LIMIT ? FOR UPDATE SKIP LOCKED) RETURNING id, kind, payload, run_at, attempts, lease'
const FINISH = 'DELETE FROM bulwark_jobs WHERE id = ? AND lease = ?'
const POSTPONE =
  'UPDATE bulwark_jobs SET run_at = ?, lease = NULL, lease_until = 0 WHERE id = ? AND lease = ?'
const BACKLOG = 'SELECT COUNT(*), MIN(run_at) FROM bulwark_jobs WHERE kind = ?'

export function sqlJobs(engine: SqlEngine): Jobs {
  return {
    enqueue: jobs => engine.transact('jobs.enqueue', 'durable', () => addJobs(jobs)),
    claim: (kind, now, leaseMs, lease, limit) =>
      engine.write(
        'jobs.claim',
        'quick',
        CLAIM,
        [lease, now + leaseMs, kind, now, now, limit],
        ({ rows }) => rows.map(toJob).sort((a, b) => a.runAt - b.runAt),
      ),
    finish: (id, lease) =>
      engine.write('jobs.finish', 'durable', FINISH, [id, lease], ({ changes }) => changes > 0),
    postpone: (id, lease, runAt) =>
      engine.write('jobs.postpone', 'durable', POSTPONE, [runAt, id, lease], a => a.changes > 0),
    backlog: kind =>
      engine.read('jobs.backlog', BACKLOG, [kind], ([row]) => ({
        waiting: row === undefined ? 0 : number(row, 0),
        oldestRunAt: row === undefined ? undefined : maybeNumber(row, 1),
      })),
  }
}

function toJob(row: Row): Job {
  return {
    id: text(row, 0),
    kind: text(row, 1),
    payload: text(row, 2),
    runAt: number(row, 3),
    attempts: number(row, 4),
    lease: text(row, 5),
  }
}
