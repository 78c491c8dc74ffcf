import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Account } from '../../store/port/accounts.ts'
import type { Credential } from '../../store/port/credentials.ts'
import type { NewJob } from '../../store/port/jobs.ts'
import { changeAccount } from '../change.ts'
import { DEVICE } from '../devices/devices.ts'
import { TRUSTED_DEVICE } from '../devices/trusted.ts'
import type { Ground, Visit } from '../ground.ts'
import { refuse } from '../refuse.ts'
import { freshToken, keepToken, keptHash, LINK_PURPOSES, linkTo } from '../tokens.ts'
import { utcText } from '../utc.ts'
import { waitingFlow } from './flow.ts'
import { BACKUP_CODE, PASSKEY, TOTP } from './state.ts'
import { aboutFactor, tidings } from './tidings.ts'

/** The kind under which a recovery that runs stands among the credentials; one for an account. */
export const RECOVERY = 'recovery'
/** The jobs that remind of it, and that send the link when its time has come. */
export const RECOVERY_JOB = 'factor-recovery'

export const refusals = {
  unknownLink: { code: 'recovery.unknown_link', says: 'link.invalid', status: 400 },
  /** Called off, or the account has changed since. */
  over: { code: 'recovery.over', says: 'link.invalid', status: 400 },
  early: { code: 'recovery.too_early', says: 'link.invalid', status: 400 },
  none: { code: 'recovery.none', says: 'access.not_found', status: 404 },
  /** The account has no address of its own that was proven: the last mail would reach nobody. */
  noMailbox: { code: 'recovery.no_mailbox', says: 'recovery.no_mailbox', status: 409 },
  tooOften: { code: 'recovery.too_often', says: 'throttle.limited', status: 429 },
} as const

/** A recovery that runs. */
export interface PendingRecovery {
  readonly requestedAt: number
  readonly readyAt: number
}

/** What a recovery knows; `data` of its credential. */
interface Kept {
  readonly readyAt: number
  /** The account as it was when it was asked for: a new password or address ends the recovery. */
  readonly email: string
  readonly passwordChangedAt: number | null
}

/** `data` of the tokens `recovery` and `recovery-cancel`. */
interface Link {
  readonly recoveryId: string
}

interface Errand {
  readonly accountId: string
  readonly recoveryId: string
  readonly step: 'remind' | 'ready'
}

const DAY_MS = 86_400_000
/** How long the link of the last mail works. */
const LINK_MS = 3 * DAY_MS
const A_DAY = { limit: 3, windowMs: DAY_MS }
const LEASE_MS = 300_000
const BATCH = 10

/**
 * Beginning anew after all factors are lost. Two proofs, days apart: the first factor when it is asked
 * for (a sign-in that waits for its second), and the mailbox when the waiting is over. All that time
 * every address knows of it and can call it off by a link, and so does whoever signs in with a factor.
 *
 * @see ASVS 6.4.4, 6.3.7; NIST SP 800-63B-4 §4.2.2.2, §4.2.3
 */
export interface Recovery {
  /** For the sign-in whose flow this is. Who asks again is told of the one that runs. */
  request(
    visit: Visit,
    input: { readonly flow: string | undefined },
  ): Promise<Outcome<PendingRecovery>>
  /** By the link of any of its mails. */
  cancelByLink(visit: Visit, input: { readonly token: string }): Promise<Outcome<void>>
  /** By whoever is signed in. */
  cancel(visit: Visit, accountId: string): Promise<Outcome<void>>
  /** By whoever has just proven a factor: then not all are lost. Nothing when none runs. */
  callOff(visit: Visit, accountId: string): Promise<void>
  /** Takes all factors away by the link of the last mail. Signs nobody in. */
  complete(visit: Visit, input: { readonly token: string }): Promise<Outcome<void>>
  pending(accountId: string): Promise<PendingRecovery | undefined>
  /** Sends the reminders and links whose time has come; answers how many. */
  sweep(): Promise<number>
}

export function recovery(ground: Ground): Recovery {
  const { credentials, accounts, jobs, oneTimeTokens, counters } = ground.stores
  const kept = (row: Credential): Kept => JSON.parse(row.data) as Kept
  const runningOf = (accountId: string): Promise<Credential | undefined> =>
    credentials.byHandle(RECOVERY, accountId)

  const errand = (accountId: string, recoveryId: string, step: Errand['step'], runAt: number) =>
    ({
      id: ground.random.uuid(),
      kind: RECOVERY_JOB,
      payload: JSON.stringify({ accountId, recoveryId, step } satisfies Errand),
      runAt,
    }) satisfies NewJob

  const issue = async (
    purpose: 'recovery' | 'recovery-cancel',
    accountId: string,
    { recoveryId, expiresAt }: { readonly recoveryId: string; readonly expiresAt: number },
  ): Promise<string> => {
    const { token, hash } = freshToken(ground, purpose)
    const data = JSON.stringify({ recoveryId } satisfies Link)
    const how = { only: purpose === 'recovery' }
    await keepToken(ground, hash, { purpose, accountId, data, expiresAt }, how, {})
    return linkTo(ground, purpose === 'recovery' ? '/recover' : '/cancel-recovery', token)
  }

  const cancel = async (
    visit: Visit,
    accountId: string,
    by: { readonly recoveryId?: string; readonly hash?: string; readonly reason: string },
  ): Promise<Outcome<void>> => {
    const changed = await changeAccount(ground, accountId, async account => {
      const row = await runningOf(accountId)
      if (row === undefined) return refused(refusals.none)
      if (by.recoveryId !== undefined && by.recoveryId !== row.id) return refused(refusals.over)
      const request = visit.request
      const who = { actorId: accountId, targetId: accountId, request }
      const at = utcText(ground.clock())
      const link = `${ground.settings.origin}/account`
      return granted({
        change: {},
        along: {
          ...(by.hash !== undefined && { redeem: by.hash, now: ground.clock() }),
          voidTokens: ['recovery', 'recovery-cancel'],
          removeCredentials: [RECOVERY],
          events: [
            ground.entry({
              code: 'recovery.cancelled',
              outcome: 'success',
              reason: by.reason,
              ...who,
            }),
          ],
          jobs: await tidings(ground, account, {
            code: 'recovery.cancelled',
            values: { at, link },
          }),
        },
      })
    })
    ground.mail.wake()
    return changed.ok ? granted(undefined) : changed
  }

  /** Does what one job asks for; nothing when the recovery is over. */
  const carryOut = async ({ accountId, recoveryId, step }: Errand): Promise<void> => {
    const row = await runningOf(accountId)
    const account = await accounts.byId(accountId)
    if (account === undefined || row?.id !== recoveryId || !isSame(account, kept(row))) return
    const { readyAt } = kept(row)
    const expiresAt = readyAt + LINK_MS
    const cancelLink = await issue('recovery-cancel', accountId, { recoveryId, expiresAt })
    if (step === 'remind') {
      const values = { at: utcText(readyAt), link: cancelLink }
      await jobs.enqueue(await tidings(ground, account, { code: 'recovery.reminder', values }))
      return
    }
    const link = await issue('recovery', accountId, { recoveryId, expiresAt })
    const until = utcText(expiresAt)
    // The link goes to the account's own address; the others learn that it went.
    const own = { code: 'recovery.ready', to: account.email, values: { link, until } } as const
    const values = { at: until, link: cancelLink }
    const told = await tidings(ground, account, { code: 'recovery.reminder', values })
    await jobs.enqueue([ground.mail.job(own), ...told])
  }

  return {
    async request(visit, { flow }) {
      const found = await waitingFlow(ground, visit, flow, 'peek')
      if (!found.ok) return refuse(ground, visit, 'recovery.refused', found.refusal)
      const { account } = found.value
      const who = { actorId: account.id, targetId: account.id }
      if (account.emailVerifiedAt === undefined) {
        return refuse(ground, visit, 'recovery.refused', refusals.noMailbox, who)
      }
      const now = ground.clock()
      const running = await runningOf(account.id)
      if (running !== undefined) {
        if (isRunning(account, kept(running), now)) return granted(pendingOf(running))
        await credentials.remove(account.id, running.id)
      }
      const key = `recovery:${account.id}`
      const [often] = await counters.hit([{ key, rate: A_DAY }], now)
      if (often?.allowed === false) {
        const retryAfterSeconds = Math.max(1, Math.ceil((often.resetAt - now) / 1000))
        const refusal = { ...refusals.tooOften, retryAfterSeconds }
        return refuse(ground, visit, 'recovery.refused', refusal, who)
      }
      const { recoveryMs } = ground.settings.factors
      const readyAt = now + recoveryMs
      const id = ground.random.uuid()
      // The link before the mail that holds it, the mail together with what it tells of.
      const at = { recoveryId: id, expiresAt: readyAt + LINK_MS }
      const link = await issue('recovery-cancel', account.id, at)
      const data: Kept = {
        readyAt,
        email: account.email,
        passwordChangedAt: account.passwordChangedAt ?? null,
      }
      const row: Credential = {
        id,
        accountId: account.id,
        kind: RECOVERY,
        handle: account.id,
        data: JSON.stringify(data),
        mark: 0,
        confirmed: false,
        createdAt: now,
        lastUsedAt: undefined,
      }
      const { request } = visit
      const values = { at: utcText(readyAt), link }
      const added = await credentials.add(
        [row],
        {},
        {
          events: [
            ground.entry({ code: 'recovery.requested', outcome: 'success', request, ...who }),
          ],
          jobs: [
            ...(await tidings(ground, account, { code: 'recovery.requested', values })),
            errand(account.id, id, 'remind', readyAt - Math.min(recoveryMs / 2, DAY_MS)),
            errand(account.id, id, 'ready', readyAt),
          ],
        },
      )
      ground.mail.wake()
      if (added === 'done') return granted(pendingOf(row))
      const first = await runningOf(account.id)
      return first === undefined ? refused(refusals.over) : granted(pendingOf(first))
    },
    async cancelByLink(visit, { token }) {
      const hash = await keptHash(ground, 'recovery-cancel', token)
      const link = await oneTimeTokens.peek(hash, ground.clock())
      if (link?.accountId === undefined) {
        return refuse(ground, visit, 'recovery.refused', refusals.unknownLink)
      }
      const { recoveryId } = JSON.parse(link.data) as Link
      const outcome = await cancel(visit, link.accountId, { recoveryId, hash, reason: 'link' })
      if (outcome.ok) return outcome
      return refuse(ground, visit, 'recovery.refused', refusals.over, { targetId: link.accountId })
    },
    cancel: (visit, accountId) => cancel(visit, accountId, { reason: 'owner' }),
    async callOff(visit, accountId) {
      if ((await runningOf(accountId)) === undefined) return
      await cancel(visit, accountId, { reason: 'factor' })
    },
    async complete(visit, { token }) {
      const hash = await keptHash(ground, 'recovery', token)
      const link = await oneTimeTokens.peek(hash, ground.clock())
      if (link?.accountId === undefined) {
        return refuse(ground, visit, 'recovery.refused', refusals.unknownLink)
      }
      const { accountId } = link
      const { recoveryId } = JSON.parse(link.data) as Link
      const changed = await changeAccount(ground, accountId, async account => {
        const row = await runningOf(accountId)
        const now = ground.clock()
        if (row?.id !== recoveryId || !isSame(account, kept(row))) return refused(refusals.over)
        if (now < kept(row).readyAt) return refused(refusals.early)
        const who = { actorId: accountId, targetId: accountId, request: visit.request }
        const values = aboutFactor(ground, 'every second factor')
        return granted({
          change: {},
          along: {
            redeem: hash,
            now,
            endSessions: 'all',
            endRefreshTokens: true,
            voidTokens: [...LINK_PURPOSES, 'recovery-cancel'],
            removeCredentials: [TOTP, PASSKEY, BACKUP_CODE, DEVICE, TRUSTED_DEVICE, RECOVERY],
            events: [ground.entry({ code: 'recovery.completed', outcome: 'success', ...who })],
            jobs: await tidings(ground, account, { code: 'factor.removed', values }),
          },
        })
      })
      if (!changed.ok) {
        return refuse(ground, visit, 'recovery.refused', changed.refusal, { targetId: accountId })
      }
      ground.mail.wake()
      return granted(undefined)
    },
    async pending(accountId) {
      const row = await runningOf(accountId)
      if (row === undefined) return undefined
      const account = await accounts.byId(accountId)
      const runs = account !== undefined && isRunning(account, kept(row), ground.clock())
      return runs ? pendingOf(row) : undefined
    },
    async sweep() {
      const lease = ground.random.uuid()
      const due = await jobs.claim(RECOVERY_JOB, ground.clock(), LEASE_MS, lease, BATCH)
      for (const job of due) {
        await carryOut(JSON.parse(job.payload) as Errand)
        await jobs.finish(job.id, job.lease)
      }
      if (due.length > 0) ground.mail.wake()
      return due.length
    },
  }

  function pendingOf(row: Credential): PendingRecovery {
    return { requestedAt: row.createdAt, readyAt: kept(row).readyAt }
  }
}

function isRunning(account: Account, recovery: Kept, now: number): boolean {
  return isSame(account, recovery) && now < recovery.readyAt + LINK_MS
}

/** Whether the account is the one that asked: whoever gained its mailbox since then begins anew. */
function isSame(account: Account, then: Kept): boolean {
  return (
    account.disabledAt === undefined &&
    account.email === then.email &&
    (account.passwordChangedAt ?? null) === then.passwordChangedAt
  )
}
