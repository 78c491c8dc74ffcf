import type { Clock } from '../../kernel/clock.ts'
import type { Keys } from '../../kernel/keys.ts'
import type { Random } from '../../kernel/random.ts'
import type { NewJob } from '../../store/port/jobs.ts'
import type { MailCode, MailValues } from './letter.ts'
import { mailKey, sealMail } from './seal.ts'

export const MAIL_JOB = 'mail'

/** A mail as it waits in the queue. */
export type WaitingMail = {
  [Code in MailCode]: {
    readonly code: Code
    readonly to: string
    readonly values: MailValues[Code]
  }
}[MailCode]

/** Where flows leave their mails: as jobs for the transaction of their change. */
export interface MailQueue {
  /** A job that sends the mail. Without one, a job of the same looks that sends nothing. */
  job(mail: WaitingMail | undefined): NewJob
  /** Tells the worker that something may wait. Call it after the transaction, decoy or not. */
  wake(): void
}

/** The queue's near end; the far end is `mailWorker`. */
export function mailQueue(
  keys: Keys,
  clock: Clock,
  random: Random,
  wake: () => void = () => {},
): MailQueue {
  const key = mailKey(keys)
  return {
    job(mail) {
      const id = random.uuid()
      const payload = sealMail(key, random, id, JSON.stringify(mail ?? {}))
      return { id, kind: MAIL_JOB, payload, runAt: clock() }
    },
    wake,
  }
}
