import { ConfigFault } from '../../kernel/fault.ts'
import type { Secret } from '../../kernel/secret.ts'
import { canonicalEmail } from './address.ts'
import type { Mailer } from './mailer.ts'

export interface SmtpOptions {
  readonly host: string
  /** 465 unless told. */
  readonly port?: number
  /** The address that mails come from. */
  readonly from: string
  /** Name beside the address. */
  readonly fromName?: string
  readonly user?: string
  readonly password?: Secret<string>
  /** `implicit` on 465 and `starttls` (required) elsewhere, unless told. */
  readonly tls?: 'implicit' | 'starttls' | 'dangerouslyNone'
}

/** What `smtpMailer` loads. */
export async function smtp(options: SmtpOptions): Promise<Mailer> {
  const from = canonicalEmail(options.from)
  if (from === undefined) throw new ConfigFault('mail.from', 'is not a plain address: name@host')
  const { createTransport } = await import('nodemailer').catch(() => {
    throw new ConfigFault('mail.host', 'needs nodemailer: npm install nodemailer')
  })
  const port = options.port ?? 465
  const tls = options.tls ?? (port === 465 ? 'implicit' : 'starttls')
  const transport = createTransport({
    host: options.host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'dangerouslyNone',
    disableFileAccess: true,
    disableUrlAccess: true,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    ...(options.user !== undefined && {
      auth: { user: options.user, pass: options.password?.reveal() ?? '' },
    }),
  })
  return {
    kind: 'smtp',
    async send(mail) {
      // Judged again here: a mailer reads `a@b, c@d` as two people and a newline as a header.
      const to = canonicalEmail(mail.to)
      if (to === undefined || to !== mail.to) throw new Error('not a canonical address')
      await transport.sendMail({
        from: { name: options.fromName ?? '', address: from },
        to: { name: '', address: to },
        envelope: { from, to: [to] },
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        messageId: `<${mail.id}@${from.slice(from.indexOf('@') + 1)}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      })
    },
  }
}
