import type { AuditRow } from '../store/port/audit-log.ts'
import type { AuditLine } from './entry.ts'
import { eventKind, type Severity } from './events.ts'

/** A row of the log as a person or a console reads it. */
export interface AuditRecord {
  readonly sequence: number
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly code: string
  readonly severity: Severity
  /** The catalogue's sentence about the code. */
  readonly what: string
  readonly outcome: 'success' | 'failure'
  readonly reason: string | undefined
  readonly actorId: string | undefined
  readonly onBehalfOf: readonly string[]
  readonly targetId: string | undefined
  readonly requestId: string | undefined
  readonly method: string | undefined
  readonly route: string | undefined
  readonly node: string | undefined
  readonly detail: Readonly<Record<string, string | number | boolean | null>>
  /** Address, device and other personal data; empty when erased or never kept. */
  readonly personal: Readonly<Record<string, string>>
  /** True when the row had personal data that is no longer there. */
  readonly erased: boolean
}

/** Reads a row. A line that no longer parses (somebody changed it) is shown as far as it goes. */
export function recordOf(row: AuditRow): AuditRecord {
  const line = lineOf(row.text) ?? {}
  const { salt: _, ...personal } = parsed(row.personal) ?? {}
  return {
    sequence: row.sequence,
    id: row.id,
    at: row.at,
    code: row.code,
    severity: line.severity ?? 'info',
    what: eventKind(row.code)?.what ?? 'An event of another version.',
    outcome: line.outcome === 'success' ? 'success' : 'failure',
    reason: line.reason,
    actorId: row.actorId,
    onBehalfOf: line.behalf ?? [],
    targetId: row.targetId,
    requestId: line.request,
    method: line.method,
    route: line.route,
    node: line.node,
    detail: line.detail ?? {},
    personal: personal as Record<string, string>,
    erased: line.personal !== undefined && row.personal === undefined,
  }
}

/** The members of a chained line, or `undefined` when it is not one. */
export function lineOf(text: string): Partial<AuditLine> | undefined {
  return parsed(text)
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
