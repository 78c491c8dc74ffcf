import type { Clock } from '../../kernel/clock.ts'

/** One mail, ready to go. `to` is canonical (see `canonicalEmail`), the rest is ours. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Stays the same when the mail is tried again, so that a receiver can drop the second copy. */
  readonly id: string
}

/** Something that sends mail. Rejects when it may be tried again later. */
export interface Mailer {
  readonly kind: string
  send(mail: Mail): Promise<void>
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
