import type { Ground } from '../ground.ts'
import { utcText } from '../utc.ts'
import { DELETION_JOB } from './delete.ts'

const LEASE_MS = 300_000
const BATCH = 10
const RETRY_MS = 3_600_000

/** What the application does with its own rows before an account goes. Rejects to try again later. */
export type OnDelete = (accountId: string) => Promise<void>

/**
 * Ends the accounts whose grace is over: first the application's rows, then the account with all that
 * is ours, then what the audit log knows about the person. Answers how many.
 *
 * The log keeps the events and loses the personal data; its chain stays whole.
 */
export async function sweepDeleted(
  ground: Ground,
  forget: (accountId: string) => Promise<unknown>,
  onDelete: OnDelete = async () => {},
): Promise<number> {
  const { jobs, accounts } = ground.stores
  const lease = ground.random.uuid()
  const claimed = await jobs.claim(DELETION_JOB, ground.clock(), LEASE_MS, lease, BATCH)
  let ended = 0
  for (const job of claimed) {
    const { accountId }: { accountId: string } = JSON.parse(job.payload)
    const account = await accounts.byId(accountId)
    const now = ground.clock()
    if (account?.deleteAfter === undefined || account.deleteAfter > now) {
      await jobs.finish(job.id, job.lease) // called off, or put off by a later wish with its own job
      continue
    }
    try {
      await onDelete(accountId)
      const mail = ground.mail.job({
        code: 'account.deleted',
        to: account.email,
        values: { at: utcText(now) },
      })
      const event = ground.entry({
        code: 'account.deleted',
        outcome: 'success',
        targetId: accountId,
      })
      const along = { events: [event], jobs: [mail] }
      if ((await accounts.remove(accountId, account.version, along)) === 'stale') continue
      await forget(accountId)
      ended++
      await jobs.finish(job.id, job.lease)
    } catch {
      await jobs.postpone(job.id, job.lease, now + RETRY_MS)
    }
  }
  if (ended > 0) ground.mail.wake()
  return ended
}
