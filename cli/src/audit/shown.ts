import { styleText } from 'node:util'
import type { AuditRecord, Severity } from 'bulwark/audit'

const COLOURS = { info: 'dim', notice: 'cyan', warning: 'yellow', critical: 'red' } as const

/**
 * One line for a person. What people typed is shown with every character visible, so that no event
 * can move the cursor, recolour the screen or turn the reading direction.
 */
export function shown(record: AuditRecord, colour: boolean): string {
  const { sequence, at, severity, code, reason, actorId, targetId, route, method } = record
  const who = actorId === undefined ? '' : ` ${plain(actorId)}`
  const whom = targetId === undefined || targetId === actorId ? '' : ` → ${plain(targetId)}`
  const why = reason === undefined ? '' : ` (${plain(reason)})`
  const where = route === undefined ? '' : `  ${plain(`${method} ${route}`)}`
  const from = record.personal['address']
  const detail = Object.entries(record.detail).map(
    ([name, value]) => ` ${plain(`${name}=${value}`)}`,
  )
  return [
    `${String(sequence).padStart(8)}  ${new Date(at).toISOString()}  `,
    painted(severity, code.padEnd(28), colour),
    `${who}${whom}${why}${where}`,
    from === undefined ? '' : `  ${plain(from)}`,
    detail.join(''),
  ].join('')
}

/** Escapes everything that does not show. */
export function plain(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, hidden =>
    hidden
      .split('')
      .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

function painted(severity: Severity, text: string, colour: boolean): string {
  return colour ? styleText(COLOURS[severity], text, { validateStream: false }) : text
}
