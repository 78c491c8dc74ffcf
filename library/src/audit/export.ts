import type { AuditRow } from '../store/port/audit-log.ts'
import { jsonlOf } from './jsonl-file.ts'
import { jsonLine } from './line.ts'
import { ocsfOf } from './ocsf.ts'
import { type AuditRecord, recordOf } from './record.ts'

export type ExportFormat = 'jsonl' | 'csv' | 'ocsf'

/** Columns of the CSV, in order. */
const COLUMNS: readonly [string, (record: AuditRecord) => string][] = [
  ['sequence', record => String(record.sequence)],
  ['at', record => new Date(record.at).toISOString()],
  ['code', record => record.code],
  ['severity', record => record.severity],
  ['outcome', record => record.outcome],
  ['reason', record => record.reason ?? ''],
  ['actor', record => record.actorId ?? ''],
  ['on_behalf_of', record => record.onBehalfOf.join(' ')],
  ['target', record => record.targetId ?? ''],
  ['request', record => record.requestId ?? ''],
  ['method', record => record.method ?? ''],
  ['route', record => record.route ?? ''],
  ['address', record => record.personal['address'] ?? ''],
  ['device', record => record.personal['device'] ?? ''],
  ['detail', record => jsonLine(record.detail)],
  ['id', record => record.id],
]

/**
 * Writes rows for somebody else to read: `jsonl` (with links, so that it can be verified again),
 * `csv` (RFC 4180, safe to open in a spreadsheet) or `ocsf` (one event a line).
 */
export async function* exported(
  rows: AsyncIterable<AuditRow>,
  format: ExportFormat,
  how: { readonly personal: boolean },
): AsyncGenerator<string> {
  if (format === 'csv') yield `${COLUMNS.map(([name]) => name).join(',')}\r\n`
  for await (const row of rows) {
    if (format === 'jsonl') {
      yield jsonlOf(row, how.personal)
      continue
    }
    const record = recordOf(how.personal ? row : { ...row, personal: undefined })
    yield format === 'ocsf'
      ? `${jsonLine(ocsfOf(record))}\n`
      : `${COLUMNS.map(([, cell]) => csvCell(cell(record))).join(',')}\r\n`
  }
}

/**
 * Decision: a cell that a spreadsheet would run as a formula gets a quote in front, whoever typed it.
 * Cost: such cells are not byte for byte what they were; the JSONL is.
 *
 * @see ASVS 1.2.10
 */
function csvCell(text: string): string {
  const seen = jsonLine(text).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\')
  const safe = /^[\s]*[=+\-@\t\r]/.test(seen) ? `'${seen}` : seen
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
