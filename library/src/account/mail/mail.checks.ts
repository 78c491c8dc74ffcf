import type { Check } from '../../kernel/check.ts'
import type { SmtpOptions } from './smtp.ts'

/** What the doctor knows about mail. */
export interface MailFacts {
  /** `kind` of the mailer, or nothing when there is none. */
  readonly mailerKind: string | undefined
  readonly smtp?: Pick<SmtpOptions, 'tls' | 'host'>
  readonly production: boolean
  readonly backlog: { readonly waiting: number; readonly oldestRunAt: number | undefined }
  readonly now: number
}

const QUARTER_HOUR_MS = 900_000

export const mailChecks: readonly Check<MailFacts>[] = [
  {
    id: 'mail.nowhere',
    severity: 'critical',
    what: 'Mails go to nobody: there is no mailer, or the development outbox is one.',
    why: 'Nobody can verify an address or reset a password, and links lie in memory.',
    fix: 'Give account.mailer an smtpMailer or one of your own.',
    found: ({ mailerKind, production }) =>
      production && (mailerKind === undefined || mailerKind === 'outbox'),
  },
  {
    id: 'mail.plain-smtp',
    severity: 'critical',
    what: 'Mails leave this machine without TLS.',
    why: 'Whoever is on the way reads reset links and uses them first.',
    fix: "Take tls: 'dangerouslyNone' away, or send to a relay on this machine.",
    found: ({ smtp }) =>
      smtp?.tls === 'dangerouslyNone' && !['localhost', '127.0.0.1', '::1'].includes(smtp.host),
  },
  {
    id: 'mail.stuck',
    severity: 'warning',
    what: 'A mail has waited for more than a quarter of an hour.',
    why: 'Reset links end after that; people ask again and again.',
    fix: 'Look at the mail server, and whether the worker runs.',
    found: ({ backlog, now }) =>
      backlog.oldestRunAt !== undefined &&
      now - backlog.oldestRunAt > QUARTER_HOUR_MS &&
      `${backlog.waiting} waiting`,
  },
]
