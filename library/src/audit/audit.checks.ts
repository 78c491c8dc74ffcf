import type { Check } from '../kernel/check.ts'
import type { AuditOptions } from './settings.ts'

/** What the doctor knows about the log. */
export interface AuditFacts {
  /** `false` when it is switched off. */
  readonly options: AuditOptions | false
  readonly production: boolean
  /** Kind of the store that keeps it: `memory`, `sqlite` … */
  readonly storeKind: string
  readonly hasCheckpoints: boolean
  /** Days after which rows go; `undefined` when they stay for ever. */
  readonly retentionDays: number | undefined
  /** Events lost to a full queue since the start. */
  readonly lost: number
}

export const auditChecks: readonly Check<AuditFacts>[] = [
  {
    id: 'audit.off',
    severity: 'critical',
    what: 'Nothing is written down.',
    why: 'An attack leaves no trace, and nobody can tell what was taken.',
    fix: 'Take `audit: false` away.',
    found: ({ options, production }) => production && options === false,
  },
  {
    id: 'audit.in-memory',
    severity: 'critical',
    what: 'The log is kept in memory.',
    why: 'A restart erases every trace; an attacker who can crash the service can clean up.',
    fix: 'Pass stores that last: sqliteStores or postgresStores.',
    found: ({ options, production, storeKind }) =>
      production && options !== false && storeKind === 'memory',
  },
  {
    id: 'audit.no-checkpoints',
    severity: 'warning',
    what: 'No signed checkpoints are kept.',
    why: 'Who can write the database can cut off the newest rows and mend the count.',
    fix: 'Pass `checkpoints: checkpointFile(path)`, best on another disk or host.',
    found: ({ options, hasCheckpoints }) => options !== false && !hasCheckpoints,
  },
  {
    id: 'audit.lost-events',
    severity: 'warning',
    what: 'Events found no room in the queue and are lost.',
    why: 'A flood of events can hide one among them.',
    fix: 'Look at the store; raise audit.queueLimit if it is only slow.',
    found: ({ lost }) => (lost > 0 ? `${lost} lost since the start` : false),
  },
  {
    id: 'audit.nothing-fails-closed',
    severity: 'advice',
    what: 'No event stops what it belongs to when it cannot be written.',
    why: 'Who fills the disk first acts unseen afterwards.',
    fix: "Set audit.failClosed to ['admin.'] or to what must never happen unseen.",
    found: ({ options }) => options !== false && (options.failClosed ?? []).length === 0,
  },
  {
    id: 'audit.kept-for-ever',
    severity: 'advice',
    what: 'Rows, and the addresses beside them, are kept for ever.',
    why: 'Personal data without an end is a find for whoever breaks in, and not allowed in many places.',
    fix: 'Call retain(days) once a day.',
    found: ({ options, retentionDays }) => options !== false && retentionDays === undefined,
  },
]
