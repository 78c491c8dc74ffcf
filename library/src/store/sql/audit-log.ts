import type { AuditLog, AuditQuery, AuditRow } from '../port/audit-log.ts'
import { appendEntries } from './along.ts'
import { maybeText, number, text } from './columns.ts'
import type { Ask, Param, Row, SqlEngine } from './engine.ts'

const COLUMNS = 'sequence, id, at, code, actor_id, target_id, text, personal, link'
const HEAD = 'SELECT sequence, link FROM bulwark_audit_head WHERE id = 1'
const ERASE =
  'UPDATE bulwark_audit_log SET personal = NULL ' +
  'WHERE (actor_id = ? OR target_id = ?) AND personal IS NOT NULL'
const PRUNE = 'DELETE FROM bulwark_audit_log WHERE sequence <= ?'

export function sqlAuditLog(engine: SqlEngine): AuditLog {
  return {
    append: (entries, how = 'quick') =>
      engine.transact('auditLog.append', how, () => appendEntries(entries)),
    read: query => {
      const { sql, params } = select(query)
      return engine.read('auditLog.read', sql, params, rows => rows.map(toRow))
    },
    head: () => engine.read('auditLog.head', HEAD, [], toHead),
    erase: accountId =>
      engine.write('auditLog.erase', 'durable', ERASE, [accountId, accountId], a => a.changes),
    prune: sequence => engine.write('auditLog.prune', 'durable', PRUNE, [sequence], a => a.changes),
  }
}

function select(query: AuditQuery): Ask {
  const conditions: string[] = []
  const params: Param[] = []
  const narrow = (condition: string, ...values: readonly Param[]): void => {
    conditions.push(condition)
    params.push(...values)
  }
  const { beyond, oldestFirst = false, code, actorId, targetId, since, until, contains } = query
  if (beyond !== undefined) narrow(oldestFirst ? 'sequence > ?' : 'sequence < ?', beyond)
  // `login.` up to `login/`: the character after the dot ends the range of its codes.
  if (code?.endsWith('.')) narrow('code >= ? AND code < ?', code, `${code.slice(0, -1)}/`)
  else if (code !== undefined) narrow('code = ?', code)
  if (actorId !== undefined) narrow('actor_id = ?', actorId)
  if (targetId !== undefined) narrow('target_id = ?', targetId)
  if (since !== undefined) narrow('at >= ?', since)
  if (until !== undefined) narrow('at <= ?', until)
  if (contains !== undefined) narrow('instr(text, ?) > 0', contains)
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  const order = oldestFirst ? 'ASC' : 'DESC'
  params.push(query.limit)
  const sql = `SELECT ${COLUMNS} FROM bulwark_audit_log${where} ORDER BY sequence ${order} LIMIT ?`
  return { sql, params }
}

function toHead(rows: readonly Row[]): { sequence: number; link: string } | undefined {
  const row = rows[0]
  if (row === undefined || number(row, 0) === 0) return undefined
  return { sequence: number(row, 0), link: text(row, 1) }
}

function toRow(row: Row): AuditRow {
  return {
    sequence: number(row, 0),
    id: text(row, 1),
    at: number(row, 2),
    code: text(row, 3),
    actorId: maybeText(row, 4),
    targetId: maybeText(row, 5),
    text: text(row, 6),
    personal: maybeText(row, 7),
    link: text(row, 8),
  }
}
