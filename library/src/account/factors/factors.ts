import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import { clearedCookie, FLOW_COOKIE, readCookie } from '../../session/cookies/cookies.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import type { Account } from '../../store/port/accounts.ts'
import type { OneTimeToken } from '../../store/port/one-time-tokens.ts'
import type { Fields } from '../../vault/fields/fields.ts'
import { BACKUP_CODE, type BackupCodes, backupCodes } from '../backup-codes/backup-codes.ts'
import { freshEnough } from '../fresh.ts'
import type { Ground, Visit } from '../ground.ts'
import { pass, type SignedIn, type WaitingFlow } from '../login/gate.ts'
import { refuse } from '../refuse.ts'
import { stepUp } from '../step-up/step-up.ts'
import { keptHash } from '../tokens.ts'
import { TOTP, type Totp, type TotpSetup, totp } from '../totp/totp.ts'

export const refusals = {
  unknownFlow: { code: 'login.unknown_flow', says: 'factor.flow_over', status: 401 },
  flowSpent: { code: 'login.flow_spent', says: 'factor.flow_over', status: 401 },
  flowOvertaken: { code: 'login.flow_overtaken', says: 'factor.flow_over', status: 401 },
  tooMany: { code: 'login.factor_locked', says: 'factor.slow_down', status: 429 },
  none: { code: 'totp.none', says: 'access.not_found', status: 404 },
} as const

/** A second factor that is proven by typing a code. */
export type TypedFactor = 'totp' | 'backup-code'

export interface FactorProof {
  readonly factor: TypedFactor
  readonly code: string
}

const HOUR_MS = 3_600_000
const PER_HOUR = 10
/** RFC 8176 names. */
const METHOD: Readonly<Record<TypedFactor, string>> = { totp: 'otp', 'backup-code': 'recovery' }
const EVENT = { totp: 'totp.refused', 'backup-code': 'backup_code.refused' } as const

/** Second factors of an account: which there are, and what was proven. */
export interface Factors {
  readonly totp: Totp
  readonly backupCodes: BackupCodes
  /** What an account must prove after its first factor; nothing when it has no second one. */
  owed(accountId: string): Promise<readonly string[]>
  /** Finishes a sign-in that waits for its second factor. */
  finish(
    visit: Visit,
    input: FactorProof & { readonly flow?: string | undefined },
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
  /** Gives the app and its codes up. */
  remove(visit: Visit, session: Session): Promise<Outcome<void>>
}

/**
 * @see ASVS 6.3.3, 6.5.1, 6.6.2, 6.6.3; NIST SP 800-63B-4 §3.1.4
 */
export function factors(ground: Ground, fields: Fields, service: string): Factors {
  const codes = totp(ground, fields.field('credentials', TOTP))
  const paper = backupCodes(ground)

  /** Ten tries an hour for one account, over all flows; a new flow brings no new ones. */
  const counted = async (accountId: string): Promise<Refusal | undefined> => {
    const rate = { limit: PER_HOUR, windowMs: HOUR_MS }
    const [first] = await ground.stores.counters.hit(
      [{ key: `factor:${accountId}`, rate }],
      ground.clock(),
    )
    if (first?.allowed !== false) return undefined
    const waitMs = first.resetAt - ground.clock()
    return { ...refusals.tooMany, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
  }
  const forgiven = async (accountId: string): Promise<void> => {
    const rate = { limit: PER_HOUR, windowMs: HOUR_MS }
    await ground.stores.counters.hit(
      [{ key: `factor:${accountId}`, rate, cost: -1 }],
      ground.clock(),
    )
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
      const event = {
        code: 'backup_code.used',
        outcome: 'success',
        request: visit.request,
      } as const
      const outcome = await paper.spend(account.id, code, {
        events: [ground.entry({ ...event, ...who })],
      })
      if (!outcome.ok) return refuse(ground, visit, EVENT[factor], outcome.refusal, who)
    }
    await forgiven(account.id)
    return granted(undefined)
  }

  const waiting = async (
    flow: string,
  ): Promise<
    Outcome<{ readonly hash: string; readonly token: OneTimeToken; readonly account: Account }>
  > => {
    const hash = await keptHash(ground, 'mfa-flow', flow)
    const token = await ground.stores.oneTimeTokens.attempt(hash, ground.clock())
    if (token?.accountId === undefined) return refused(refusals.unknownFlow)
    const account = await ground.stores.accounts.byId(token.accountId)
    const flowData = JSON.parse(token.data) as WaitingFlow
    if (account === undefined || account.disabledAt !== undefined) {
      return refused(refusals.flowOvertaken)
    }
    if (account.passwordChangedAt !== flowData.passwordChangedAt) {
      return refused(refusals.flowOvertaken)
    }
    return granted({ hash, token, account })
  }

  const changed = async (session: Session): Promise<void> => {
    // A session that knew only the password must not outlive the day a second factor came or went.
    await ground.sessions.endAll(session.accountId, session)
    await ground.stores.refreshTokens.revokeAll(session.accountId)
  }

  return {
    totp: codes,
    backupCodes: paper,
    async owed(accountId) {
      if (!(await codes.isOn(accountId))) return []
      return (await paper.remaining(accountId)) > 0 ? [TOTP, BACKUP_CODE] : [TOTP]
    },
    async finish(visit, input) {
      const flow = input.flow ?? readCookie(visit.cookies, FLOW_COOKIE) ?? ''
      const found = await waiting(flow)
      if (!found.ok) return refuse(ground, visit, 'login.refused', found.refusal)
      const { hash, token, account } = found.value
      const proven = await prove(visit, account, input)
      if (!proven.ok) return proven
      // The code is spent; now the flow, by whoever is first.
      const redeemed = await ground.stores.oneTimeTokens.redeem(hash, ground.clock())
      if (redeemed === undefined) {
        return refuse(ground, visit, 'login.refused', refusals.flowSpent, { actorId: account.id })
      }
      const data = JSON.parse(token.data) as WaitingFlow
      const passed = await pass(ground, visit, {
        account,
        factors: [...data.factors, { factor: METHOD[input.factor], at: ground.clock() }],
        transport: data.transport,
        event: { code: 'login.succeeded', outcome: 'success', detail: { factor: input.factor } },
      })
      if (!passed.ok) return passed
      const cookies = [...passed.value.cookies, clearedCookie(FLOW_COOKIE, { sameSite: 'Strict' })]
      return granted({ ...passed.value, cookies })
    },
    async stepUp(visit, session, proof) {
      const account = await ground.stores.accounts.byId(session.accountId)
      if (account === undefined) return refused(refusals.none)
      const proven = await prove(visit, account, proof)
      if (!proven.ok) return proven
      const at = ground.clock()
      return stepUp(ground, visit, session, { factor: METHOD[proof.factor], at })
    },
    async setUp(visit, session) {
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return refuse(ground, visit, 'totp.refused', stale)
      const account = await ground.stores.accounts.byId(session.accountId)
      if (account === undefined) return refused(refusals.none)
      return granted(await codes.setUp(account, service))
    },
    async confirm(visit, session, code) {
      const who = { actorId: session.accountId, targetId: session.accountId }
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return refuse(ground, visit, 'totp.refused', stale, who)
      const often = await counted(session.accountId)
      if (often !== undefined) return refuse(ground, visit, 'totp.refused', often, who)
      const request = visit.request
      const confirmed = await codes.confirm(session.accountId, code.replace(/\s/g, ''), {
        events: [ground.entry({ code: 'totp.enabled', outcome: 'success', request, ...who })],
      })
      if (!confirmed.ok) return refuse(ground, visit, 'totp.refused', confirmed.refusal, who)
      await forgiven(session.accountId)
      const issued = ground.entry({
        code: 'backup_code.issued',
        outcome: 'success',
        request,
        ...who,
      })
      const backup = await paper.issue(session.accountId, { events: [issued] })
      await changed(session)
      const at = ground.clock()
      const stepped = await stepUp(ground, visit, session, { factor: METHOD.totp, at })
      return stepped.ok ? granted({ backupCodes: backup, cookies: stepped.value }) : stepped
    },
    async newBackupCodes(visit, session) {
      const who = { actorId: session.accountId, targetId: session.accountId }
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return refuse(ground, visit, 'backup_code.refused', stale, who)
      if (!(await codes.isOn(session.accountId))) return refused(refusals.none)
      const request = visit.request
      const issued = ground.entry({
        code: 'backup_code.issued',
        outcome: 'success',
        request,
        ...who,
      })
      return granted(await paper.issue(session.accountId, { events: [issued] }))
    },
    async remove(visit, session) {
      const who = { actorId: session.accountId, targetId: session.accountId }
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return refuse(ground, visit, 'totp.refused', stale, who)
      const { request } = visit
      const removed = await ground.stores.credentials.removeKind(session.accountId, TOTP, {
        events: [ground.entry({ code: 'totp.disabled', outcome: 'success', request, ...who })],
      })
      await ground.stores.credentials.removeKind(session.accountId, BACKUP_CODE)
      if (removed === 0) return refused(refusals.none)
      await changed(session)
      return granted(undefined)
    },
  }
}
