import { ConfigFault } from '../kernel/fault.ts'
import { onlyKnown } from '../kernel/options.ts'
import type { EntrySettings, Keeping } from './entry.ts'
import { eventKind, type Severity } from './events.ts'

/** How events are kept. Every member may be left out. */
export interface AuditOptions {
  /** The client's address: as it is, as a keyed hash, or not at all. `plain` unless told. */
  readonly address?: Keeping
  /** The user agent, likewise. */
  readonly device?: Keeping
  /** How many events may wait for a slow log before more are counted instead of kept; 10,000. */
  readonly queueLimit?: number
  /**
   * Codes (`admin.viewed`) or words (`admin.`) for which `recordByPolicy` waits for the disk and
   * fails when the log does: better nothing happens than something unseen. None unless told.
   */
  readonly failClosed?: readonly string[]
  /** Severities of the application's own `app.` codes; `info` unless told. */
  readonly own?: Readonly<Record<`app.${string}`, Severity>>
  /** Names this process in every row, where several write one log. */
  readonly node?: string
  /** At most this long after a row a checkpoint signs it, when there is a shelf; 60. */
  readonly checkpointSeconds?: number
  /** Rows older than that are dropped, once a day, as soon as every sink has them; never unless told. */
  readonly retentionDays?: number
}

/** Options as judged, with what was left out filled in. */
export interface AuditSettings extends EntrySettings {
  readonly queueLimit: number
  readonly checkpointMs: number
  /** 0 keeps all. */
  readonly retentionDays: number
  /** Whether an event of this code waits for the disk. */
  mustWait(code: string): boolean
}

const OPTIONS: readonly (keyof AuditOptions)[] = [
  'address',
  'device',
  'queueLimit',
  'failClosed',
  'own',
  'node',
  'checkpointSeconds',
  'retentionDays',
]
const KEEPINGS: readonly Keeping[] = ['plain', 'hash', 'none']

/** @throws {ConfigFault} when an option is not what its type says, or `failClosed` names no code */
export function settingsOf(options: AuditOptions): AuditSettings {
  onlyKnown('audit', options, OPTIONS)
  for (const name of ['address', 'device'] as const) {
    const keeping = options[name]
    if (keeping !== undefined && !KEEPINGS.includes(keeping)) {
      throw new ConfigFault(`audit.${name}`, `write 'plain', 'hash' or 'none'`)
    }
  }
  for (const name of ['queueLimit', 'checkpointSeconds', 'retentionDays'] as const) {
    const value = options[name]
    if (value === undefined) continue
    if (!Number.isSafeInteger(value) || value < 1 || value > 1_000_000) {
      throw new ConfigFault(`audit.${name}`, 'write a whole number from 1 to 1,000,000')
    }
  }
  const closed = options.failClosed ?? []
  for (const code of closed) {
    if (code.endsWith('.') || eventKind(code) !== undefined) continue
    throw new ConfigFault(
      'audit.failClosed',
      `knows no event ${JSON.stringify(code)}; write a code of the catalogue, or a word with a dot such as 'admin.'`,
    )
  }
  return {
    address: options.address ?? 'plain',
    device: options.device ?? 'plain',
    node: options.node,
    own: options.own ?? {},
    queueLimit: options.queueLimit ?? 10_000,
    checkpointMs: (options.checkpointSeconds ?? 60) * 1000,
    retentionDays: options.retentionDays ?? 0,
    mustWait: code => closed.some(one => (one.endsWith('.') ? code.startsWith(one) : code === one)),
  }
}
