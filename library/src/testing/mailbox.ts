import type { Mail, Mailer } from '../account/mail/mailer.ts'

/** A mailer whose mails a test reads instead of sending them. */
export interface Mailbox extends Mailer {
  /** Every mail so far, the newest last. */
  mails(): readonly Mail[]
  /**
   * The oldest mail to this address that nobody has taken yet; waits for one. Mails go out after the
   * answer that caused them, so a test need not know how long that takes.
   *
   * @throws {Error} when none has come within `withinMs`, 5,000 unless told
   */
  take(to: string, withinMs?: number): Promise<Mail>
  /** Takes the next mail to this address that holds a link, and answers the token in it. */
  takeToken(to: string): Promise<string>
}

interface Waiting {
  readonly to: string
  readonly resolve: (mail: Mail) => void
}

/** The token in a link of ours: it stands behind `#token=`, where no server sees it. */
export function tokenIn(mail: Mail): string | undefined {
  return /#token=([\w-]+)/.exec(mail.text)?.[1]
}

/** An empty mailbox, to hand in as `account.mailer`. */
export function testMailbox(): Mailbox {
  const all: Mail[] = []
  const untaken: Mail[] = []
  const waiting: Waiting[] = []

  const take = (to: string, withinMs = 5000): Promise<Mail> => {
    const at = untaken.findIndex(mail => mail.to === to)
    const [there] = at === -1 ? [] : untaken.splice(at, 1)
    if (there !== undefined) return Promise.resolve(there)
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        to,
        resolve(mail) {
          clearTimeout(timer)
          resolve(mail)
        },
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(one), 1)
        reject(new Error(`no mail to ${to} within ${withinMs} ms`))
      }, withinMs)
      waiting.push(one)
    })
  }

  return {
    kind: 'mailbox',
    async send(mail) {
      all.push(mail)
      const at = waiting.findIndex(({ to }) => to === mail.to)
      const [first] = at === -1 ? [] : waiting.splice(at, 1)
      if (first === undefined) untaken.push(mail)
      else first.resolve(mail)
    },
    mails: () => [...all],
    take,
    async takeToken(to) {
      for (;;) {
        const token = tokenIn(await take(to))
        if (token !== undefined) return token
      }
    },
  }
}
