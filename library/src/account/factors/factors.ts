import type { Principal } from '../../access/access.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import type { Soon } from '../../kernel/soon.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import type { Account } from '../../store/port/accounts.ts'
import type { Fields } from '../../vault/fields/fields.ts'
import { type BackupCodes, backupCodes } from '../backup-codes/backup-codes.ts'
import { changeAccount } from '../change.ts'
import { freshEnough } from '../fresh.ts'
import type { Ground, Visit } from '../ground.ts'
import type { SignedIn } from '../login/gate.ts'
import { refuse } from '../refuse.ts'
import { stepUp } from '../step-up/step-up.ts'
import { type Totp, type TotpSetup, totp } from '../totp/totp.ts'
import { type Enrolment, enrolmentDue, enrolmentOverdue, isRequired } from './enrolment.ts'
import { finishFlow, waitingFlow } from './flow.ts'
import { type PendingRecovery, type Recovery, recovery } from './recovery.ts'
import { BACKUP_CODE, factorState, isEnrolled, owedFactors, TOTP } from './state.ts'
import { aboutFactor, ending, endOthers, hadFactor, tidings } from './tidings.ts'

export type { FactorOptions } from './settings.ts'

export const refusals = {
  tooMany: { code: 'login.factor_locked', says: 'factor.slow_down', status: 429 },
  none: { code: 'totp.none', says: 'access.not_found', status: 404 },
  /** The role must have a second factor, and this is the last one. */
  lastRequired: { code: 'factor.last_required', says: 'factor.last_required', status: 409 },
} as const

/** A second factor that is proven by typing a code. */
export type TypedFactor = 'totp' | 'backup-code'

export interface FactorProof {
  readonly factor: TypedFactor
  readonly code: string
}

const HOUR_MS = 3_600_000
const PER_HOUR = 10
/** With so many left, and at none, the owner is told. */
const LOW = 3
/** RFC 8176 names. */
const METHOD: Readonly<Record<TypedFactor, string>> = { totp: 'otp', 'backup-code': 'recovery' }
const EVENT = { totp: 'totp.refused', 'backup-code': 'backup_code.refused' } as const

/** What an account has, and what is asked of it. */
export interface FactorView {
  readonly totp: boolean
  readonly passkeys: number
  readonly backupCodes: number
  /** Whether codes on paper are running out. */
  readonly lowOnCodes: boolean
  /** Whether its role must have an app or a passkey. */
  readonly required: boolean
  /** What is still to be set up, and by when. */
  readonly enrolment: Enrolment | undefined
  readonly recovery: PendingRecovery | undefined
}

/** Second factors of an account: which there are, and what was proven. */
export interface Factors {
  readonly totp: Totp
  readonly backupCodes: BackupCodes
  /** Beginning anew after all factors are lost. */
  readonly recovery: Recovery
  /** What an account must prove after its first factor; nothing when it has no second one. */
  owed(accountId: string): Promise<readonly string[]>
  /** What a sign-in that waits may prove; `undefined` when there is none. */
  asked(visit: Visit, flow?: string): Promise<readonly string[] | undefined>
  view(who: Pick<Principal, 'accountId' | 'role' | 'factors'>): Promise<FactorView>
  /** What a session's person still has to set up; `undefined` when nothing. */
  enrolment(who: Pick<Principal, 'accountId' | 'role' | 'factors'>): Promise<Enrolment | undefined>
  /** `factor.enrolment_required` for whoever should have set one up long ago; mostly at once. */
  overdue(who: Pick<Principal, 'accountId' | 'role' | 'factors'>): Soon<Refusal | undefined>
  /** Finishes a sign-in that waits for its second factor. */
  finish(
    visit: Visit,
    input: FactorProof & {
      readonly flow?: string | undefined
      /** Spare this browser the second factor for `trustDays`. */
      readonly remember?: boolean | undefined
    },
  ): Promise<Outcome<SignedIn>>
  /** Proves a second factor again for a session that has one already. */
  stepUp(visit: Visit, session: Session, proof: FactorProof): Promise<Outcome<readonly string[]>>
  setUp(visit: Visit, session: Session): Promise<Outcome<TotpSetup>>
  /** The first code: from now on it is asked for. Answers backup codes and `Set-Cookie` texts. */
  confirm(
    visit: Visit,
    session: Session,
    code: string,
  ): Promise<
    Outcome<{ readonly backupCodes: readonly string[]; readonly cookies: readonly string[] }>
  >
  newBackupCodes(visit: Visit, session: Session): Promise<Outcome<readonly string[]>>
  /** Gives the app up, and its codes when no passkey is left for them to stand in for. */
  remove(visit: Visit, session: Session): Promise<Outcome<void>>
}

/**
 * @see ASVS 6.3.3, 6.3.7, 6.5.1, 6.6.2, 6.6.3; NIST SP 800-63B-4 §3.1.4, §4.1.2.1
 */
export function factors(ground: Ground, fields: Fields, service: string): Factors {
  const { credentials, accounts, counters, jobs } = ground.stores
  const { totpAlgorithm } = ground.settings.factors
  const codes = totp(ground, fields.field('credentials', TOTP), totpAlgorithm)
  const paper = backupCodes(ground)
  const anew = recovery(ground)

  /** Ten tries an hour for one account, over all flows; a new flow brings no new ones. */
  const counted = async (accountId: string): Promise<Refusal | undefined> => {
    const rate = { limit: PER_HOUR, windowMs: HOUR_MS }
    const [first] = await counters.hit([{ key: `factor:${accountId}`, rate }], ground.clock())
    if (first?.allowed !== false) return undefined
    const waitMs = first.resetAt - ground.clock()
    return { ...refusals.tooMany, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
  }
  const forgiven = async (accountId: string): Promise<void> => {
    const rate = { limit: PER_HOUR, windowMs: HOUR_MS }
    await counters.hit([{ key: `factor:${accountId}`, rate, cost: -1 }], ground.clock())
  }

  const spend = async (visit: Visit, account: Account, code: string): Promise<Outcome<void>> => {
    const who = { actorId: account.id, targetId: account.id }
    const event = { code: 'backup_code.used', outcome: 'success', request: visit.request } as const
    const outcome = await paper.spend(account.id, code, {
      events: [ground.entry({ ...event, ...who })],
    })
    if (!outcome.ok) return refuse(ground, visit, EVENT['backup-code'], outcome.refusal, who)
    const left = outcome.value
    if (left <= LOW) {
      const values = { left: `${left}`, link: `${ground.settings.origin}/account/two-step` }
      await jobs.enqueue(await tidings(ground, account, { code: 'backup_codes.low', values }))
      ground.mail.wake()
    }
    return granted(undefined)
  }

  /** Counts first, judges then: parallel guesses gain nothing. */
  const prove = async (
    visit: Visit,
    account: Account,
    { factor, code }: FactorProof,
  ): Promise<Outcome<void>> => {
    const who = { actorId: account.id, targetId: account.id }
    const often = await counted(account.id)
    if (often !== undefined) return refuse(ground, visit, EVENT[factor], often, who)
    if (factor === 'totp') {
      const outcome = await codes.verify(account.id, code.replace(/\s/g, ''))
      if (!outcome.ok) return refuse(ground, visit, EVENT.totp, outcome.refusal, who)
    } else {
      const outcome = await spend(visit, account, code)
      if (!outcome.ok) return outcome
    }
    await forgiven(account.id)
    return granted(undefined)
  }

  return {
    totp: codes,
    backupCodes: paper,
    recovery: anew,
    owed: async accountId => owedFactors(await factorState(credentials, accountId)),
    async asked(visit, flow) {
      const found = await waitingFlow(ground, visit, flow, 'peek')
      return found.ok
        ? owedFactors(await factorState(credentials, found.value.account.id))
        : undefined
    },
    enrolment: who => enrolmentDue(ground, who),
    overdue: who => enrolmentOverdue(ground, who),
    async view(who) {
      const [state, enrolment, pending] = await Promise.all([
        factorState(credentials, who.accountId),
        enrolmentDue(ground, who),
        anew.pending(who.accountId),
      ])
      const { epoch: _, ...counts } = state
      return {
        ...counts,
        lowOnCodes: isEnrolled(state) && state.backupCodes <= LOW,
        required: isRequired(ground, who.role),
        enrolment,
        recovery: pending,
      }
    },
    async finish(visit, input) {
      const found = await waitingFlow(ground, visit, input.flow, 'attempt')
      if (!found.ok) return refuse(ground, visit, 'login.refused', found.refusal)
      const { account } = found.value
      const proven = await prove(visit, account, input)
      if (!proven.ok) return proven
      // The code is spent; now the flow, by whoever is first.
      const finished = await finishFlow(ground, visit, found.value, {
        factors: [{ factor: METHOD[input.factor], at: ground.clock() }],
        name: input.factor,
        remember: input.remember === true,
      })
      if (finished.ok) await anew.callOff(visit, account.id)
      return finished
    },
    async stepUp(visit, session, proof) {
      const account = await accounts.byId(session.accountId)
      if (account === undefined) return refused(refusals.none)
      const proven = await prove(visit, account, proof)
      if (!proven.ok) return proven
      const at = ground.clock()
      const stepped = await stepUp(ground, visit, session, [{ factor: METHOD[proof.factor], at }])
      if (stepped.ok) await anew.callOff(visit, account.id)
      return stepped
    },
    async setUp(visit, session) {
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return refuse(ground, visit, 'totp.refused', stale)
      const account = await accounts.byId(session.accountId)
      if (account === undefined) return refused(refusals.none)
      return granted(await codes.setUp(account, service))
    },
    async confirm(visit, session, code) {
      const who = { actorId: session.accountId, targetId: session.accountId }
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return refuse(ground, visit, 'totp.refused', stale, who)
      const often = await counted(session.accountId)
      if (often !== undefined) return refuse(ground, visit, 'totp.refused', often, who)
      const account = await accounts.byId(session.accountId)
      if (account === undefined) return refused(refusals.none)
      const first = !(await hadFactor(ground, account.id))
      const { request } = visit
      const values = aboutFactor(ground, 'an authenticator app')
      const confirmed = await codes.confirm(account.id, code.replace(/\s/g, ''), {
        events: [ground.entry({ code: 'totp.enabled', outcome: 'success', request, ...who })],
        jobs: await tidings(ground, account, { code: 'factor.added', values }),
      })
      if (!confirmed.ok) return refuse(ground, visit, 'totp.refused', confirmed.refusal, who)
      ground.mail.wake()
      await forgiven(account.id)
      const issued = ground.entry({
        code: 'backup_code.issued',
        outcome: 'success',
        request,
        ...who,
      })
      const backup = await paper.issue(account.id, { events: [issued] })
      await endOthers(ground, session, { first })
      const at = ground.clock()
      const stepped = await stepUp(ground, visit, session, [{ factor: METHOD.totp, at }])
      return stepped.ok ? granted({ backupCodes: backup, cookies: stepped.value }) : stepped
    },
    async newBackupCodes(visit, session) {
      const who = { actorId: session.accountId, targetId: session.accountId }
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return refuse(ground, visit, 'backup_code.refused', stale, who)
      const account = await accounts.byId(session.accountId)
      const had = await hadFactor(ground, session.accountId)
      if (account === undefined || !had) return refused(refusals.none)
      const { request } = visit
      const issued = ground.entry({
        code: 'backup_code.issued',
        outcome: 'success',
        request,
        ...who,
      })
      const values = aboutFactor(ground, 'a new set of backup codes')
      const along = {
        events: [issued],
        jobs: await tidings(ground, account, { code: 'factor.added', values }),
      }
      const made = await paper.issue(account.id, along)
      ground.mail.wake()
      return granted(made)
    },
    async remove(visit, session) {
      const who = { actorId: session.accountId, targetId: session.accountId }
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return refuse(ground, visit, 'totp.refused', stale, who)
      const { request } = visit
      // On the account's version: of two who take the last two factors at once, the second sees it.
      const changed = await changeAccount(ground, session.accountId, async account => {
        const state = await factorState(credentials, account.id)
        if (!state.totp) return refused(refusals.none)
        const last = state.passkeys === 0
        if (last && isRequired(ground, account.role)) return refused(refusals.lastRequired)
        const values = aboutFactor(ground, 'the authenticator app')
        return granted({
          change: {},
          along: {
            ...ending(ground, session, { first: false }),
            removeCredentials: last ? [TOTP, BACKUP_CODE] : [TOTP],
            events: [ground.entry({ code: 'totp.disabled', outcome: 'success', request, ...who })],
            jobs: await tidings(ground, account, { code: 'factor.removed', values }),
          },
        })
      })
      if (!changed.ok) return refuse(ground, visit, 'totp.refused', changed.refusal, who)
      ground.mail.wake()
      return granted(undefined)
    },
  }
}
