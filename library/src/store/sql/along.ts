import type { Along } from '../port/along.ts'
import type { AuditEntry } from '../port/audit-log.ts'
import type { NewJob } from '../port/jobs.ts'
import { number, text } from './columns.ts'
import { orNull, type Param, type Steps } from './engine.ts'

const LOCK_HEAD = 'SELECT sequence, link FROM bulwark_audit_head WHERE id = 1 FOR UPDATE'
const MOVE_HEAD = 'UPDATE bulwark_audit_head SET sequence = ?, link = ? WHERE id = 1'
const ROWS_AT_ONCE = 50

/** Writes what goes along with a change. The log's head is locked last and so for the shortest time. */
export function* writeAlong(along: Along | undefined): Steps<void> {
  if (along?.jobs !== undefined) yield* addJobs(along.jobs)
  if (along?.events !== undefined) yield* appendEntries(along.events)
}

/**
 * Links entries to the log. The head stands in a row of its own, which every writer locks first:
 * so there is one order, whoever writes, and pruning the log leaves the chain's end known.
 */
export function* appendEntries(entries: readonly AuditEntry[]): Steps<void> {
  if (entries.length === 0) return
  const { rows } = yield { sql: LOCK_HEAD, params: [] }
  const head = rows[0]
  if (head === undefined) throw new Error('the audit log has lost its head row')
  let sequence = number(head, 0)
  let link = text(head, 1)
  for (let from = 0; from < entries.length; from += ROWS_AT_ONCE) {
    const params: Param[] = []
    const some = entries.slice(from, from + ROWS_AT_ONCE)
    for (const entry of some) {
      sequence += 1
      link = entry.link(sequence, link)
      params.push(sequence, entry.id, entry.at, entry.code, orNull(entry.actorId))
      params.push(orNull(entry.targetId), entry.text, orNull(entry.personal), link)
    }
    yield { sql: insertEntries(some.length), params }
  }
  yield { sql: MOVE_HEAD, params: [sequence, link] }
}

export function* addJobs(jobs: readonly NewJob[]): Steps<void> {
  for (const { id, kind, payload, runAt } of jobs) {
    yield { sql: INSERT_JOB, params: [id, kind, payload, runAt] }
  }
}

const INSERT_JOB =
  'INSERT INTO bulwark_jobs (id, kind, payload, run_at, attempts, lease, lease_until) ' +
  'VALUES (?, ?, ?, ?, 0, NULL, 0) ON CONFLICT (id) DO NOTHING'

const inserts = new Map<number, string>()

/** One constant text for each number of rows, so that prepared statements are found again. */
function insertEntries(count: number): string {
  let sql = inserts.get(count)
  if (sql === undefined) {
    const rows = Array.from({ length: count }, () => '(?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ')
    sql =
      'INSERT INTO bulwark_audit_log ' +
      `(sequence, id, at, code, actor_id, target_id, text, personal, link) VALUES ${rows}`
    inserts.set(count, sql)
  }
  return sql
}
