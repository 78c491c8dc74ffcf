import type { Mailer } from 'bulwark/mail'

/** Prints mails. In production: `smtpMailer` of `bulwark/mail`. */
export const printed: Mailer = {
  kind: 'console',
  async send({ to, subject, text }) {
    process.stdout.write(`--- mail to ${to}: ${subject}\n${text}\n---\n`)
  },
}
