import type { Clock } from '../../kernel/clock.ts'
import type { Keys } from '../../kernel/keys.ts'
import type { Random } from '../../kernel/random.ts'
import type { Job, Jobs } from '../../store/port/jobs.ts'
import { english } from './english.ts'
import { type Catalogue, htmlText, type Letter, plainText, subjectLine } from './letter.ts'
import type { Mailer } from './mailer.ts'
import { MAIL_JOB, type WaitingMail } from './queue.ts'
import { mailKey, openMail } from './seal.ts'

export interface MailWorkerGround {
  readonly jobs: Jobs
  readonly keys: Keys
  readonly previousKeys?: readonly Keys[]
  readonly mailer: Mailer
  readonly clock: Clock
  readonly random: Random
  /** How the service calls itself. */
  readonly service: string
  readonly catalogue?: Catalogue
  /** Told of a mail that is given up: its job, and the name of the last error. */
  readonly gaveUp?: (jobId: string, why: string) => void
}

export interface MailWorker {
  /** Takes what is due and sends it; answers how many jobs it ended. For tests and serverless. */
  runOnce(): Promise<number>
  /** Looks again soon. */
  wake(): void
  /** Begins to look every second. */
  start(): void
  /** Looks no more; resolves when the mail in hand is sent. */
  stop(): Promise<void>
}

const LEASE_MS = 120_000
const BATCH = 10
const POLL_MS = 1_000
const FIRST_RETRY_MS = 10_000
const LONGEST_RETRY_MS = 3_600_000
const ATTEMPTS = 12

/**
 * Sends waiting mails, each at least once, one worker at a time: tried again with growing, jittered
 * pauses for about six hours, then given up with an event.
 */
export function mailWorker(ground: MailWorkerGround): MailWorker {
  const { jobs, clock, random, mailer, service } = ground
  const keys = [ground.keys, ...(ground.previousKeys ?? [])].map(mailKey)
  const catalogue = ground.catalogue ?? english
  let timer: NodeJS.Timeout | undefined
  let working: Promise<number> | undefined
  let again = false
  let open = false

  const deliver = async (job: Job): Promise<void> => {
    const mail = readMail(openMail(keys, job.id, job.payload))
    if (mail === 'unreadable') {
      ground.gaveUp?.(job.id, 'unreadable')
    } else if (mail !== 'decoy') {
      const letter = letterOf(catalogue, mail, service)
      await mailer.send({
        to: mail.to,
        subject: subjectLine(letter),
        text: plainText(letter),
        html: htmlText(letter),
        id: job.id,
      })
    }
    await jobs.finish(job.id, job.lease)
  }
  const postpone = async (job: Job, error: unknown): Promise<void> => {
    if (job.attempts >= ATTEMPTS) {
      ground.gaveUp?.(job.id, error instanceof Error ? error.name : 'unknown')
      await jobs.finish(job.id, job.lease)
      return
    }
    const pause = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (job.attempts - 1))
    const jitter = 0.5 + random.bytes(1).readUInt8() / 255
    await jobs.postpone(job.id, job.lease, clock() + Math.round(pause * jitter))
  }
  const round = async (): Promise<number> => {
    let ended = 0
    for (;;) {
      const claimed = await jobs.claim(MAIL_JOB, clock(), LEASE_MS, random.uuid(), BATCH)
      for (const job of claimed) {
        await deliver(job).then(
          () => ended++,
          error => postpone(job, error),
        )
      }
      if (claimed.length < BATCH) return ended
    }
  }
  const run = (): Promise<number> => {
    working ??= round().finally(() => {
      working = undefined
    })
    return working
  }
  const look = (): void => {
    if (working !== undefined) {
      again = true
      return
    }
    again = false
    // A store that fails now is asked again at the next look.
    run()
      .catch(() => 0)
      .finally(() => open && again && look())
  }

  return {
    runOnce: run,
    wake: () => void (open && setImmediate(look)),
    start() {
      open = true
      timer ??= setInterval(look, POLL_MS).unref()
    },
    async stop() {
      open = false
      clearInterval(timer)
      timer = undefined
      await working?.catch(() => 0)
    },
  }
}

function readMail(text: string | undefined): WaitingMail | 'decoy' | 'unreadable' {
  if (text === undefined) return 'unreadable'
  const mail: Partial<WaitingMail> = JSON.parse(text)
  return mail.code === undefined ? 'decoy' : (mail as WaitingMail)
}

function letterOf(catalogue: Catalogue, mail: WaitingMail, service: string): Letter {
  const write = catalogue[mail.code] as (values: object) => Letter
  return write({ ...mail.values, service })
}
