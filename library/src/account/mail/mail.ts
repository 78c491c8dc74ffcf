import type { Clock } from '../../kernel/clock.ts'
import type { Mailer } from './mailer.ts'
import type { SmtpOptions } from './smtp.ts'

export type { Catalogue, Letter, MailCode, MailValues } from './letter.ts'
export type { Mail, Mailer } from './mailer.ts'
export type { SmtpOptions } from './smtp.ts'

/**
 * Sends through an SMTP server by nodemailer, an optional peer that is loaded here and nowhere else.
 *
 * @throws {ConfigFault} when nodemailer is not installed or `mail.from` is no address
 * @see ASVS 12.3.1
 */
export async function smtpMailer(options: SmtpOptions): Promise<Mailer> {
  const { smtp } = await import('./smtp.ts')
  return smtp(options)
}

/** A mail as the development outbox shows it. */
export interface OutboxMail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly at: number
}

export interface Outbox extends Mailer {
  /** The newest last. */
  mails(): readonly OutboxMail[]
}

/** Keeps the last hundred mails in memory instead of sending them: for development and tests. */
export function developmentOutbox(clock: Clock, most = 100): Outbox {
  const kept: OutboxMail[] = []
  return {
    kind: 'outbox',
    async send({ to, subject, text }) {
      kept.push({ to, subject, text, at: clock() })
      if (kept.length > most) kept.shift()
    },
    mails: () => [...kept],
  }
}
