import { aalOf, TRUSTED } from '../../access/assurance.ts'
import type { AuditEvent } from '../../audit/event.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import { cookieText, FLOW_COOKIE } from '../../session/cookies/cookies.ts'
import type { Account, AccountChange } from '../../store/port/accounts.ts'
import type { ProvenFactor, SessionRecord } from '../../store/port/sessions.ts'
import { isTrusted } from '../devices/trusted.ts'
import type { Ground, Visit } from '../ground.ts'
import { freshToken, keepToken } from '../tokens.ts'

/** How the client wants to be signed in: by cookie, or by tokens that the caller makes. */
export type Transport = 'cookie' | 'token'

/** What a sign-in came to. */
export type SignedIn =
  | {
      readonly kind: 'session'
      readonly account: Account
      readonly session: SessionRecord
      /** `Set-Cookie` texts. */
      readonly cookies: readonly string[]
    }
  | {
      /** All is proven; the caller issues refresh and access tokens for it. */
      readonly kind: 'proven'
      readonly account: Account
      readonly factors: readonly ProvenFactor[]
      readonly cookies: readonly string[]
    }
  | {
      readonly kind: 'factor'
      readonly account: Account
      /** What may be proven next: `totp`, `backup-code`, `passkey`. */
      readonly factors: readonly string[]
      /** The flow's bearer value, for clients without cookies; others get it as a cookie. */
      readonly flow: string
      readonly cookies: readonly string[]
    }

/** What a flow that waits for its second factor knows; `data` of the token `mfa-flow`. */
export interface WaitingFlow {
  readonly factors: readonly ProvenFactor[]
  readonly passwordChangedAt: number | undefined
  readonly transport: Transport
}

export interface Passage {
  readonly account: Account
  /** Proven in this sign-in, in order. */
  readonly factors: readonly ProvenFactor[]
  readonly transport: Transport
  /** Goes with the sign-in, such as a renewed hash. */
  readonly change?: AccountChange
  readonly event: AuditEvent
}

export const refusals = {
  /** The password or the account changed while the sign-in ran. */
  overtaken: { code: 'login.overtaken', says: 'login.failed', status: 401 },
} as const

const FLOW_MS = 300_000
const FLOW_ATTEMPTS = 5
const TRIES = 8

/**
 * The one gate behind every way to sign in: whoever has proven enough gets a session, whoever owes a
 * second factor gets a flow that waits for it. Nothing else in the library starts a session.
 *
 * The session is made by an update of the very account that was judged, so a password change or a
 * lock that happens meanwhile wins.
 */
export async function pass(
  ground: Ground,
  visit: Visit,
  passage: Passage,
): Promise<Outcome<SignedIn>> {
  const { account } = passage
  const owed = aalOf(passage.factors) === 'aal2' ? [] : await ground.secondFactors(account.id)
  const spared =
    owed.length > 0 && passage.transport === 'cookie' && (await isTrusted(ground, account, visit))
  if (owed.length > 0 && !spared) return waitForFactor(ground, visit, passage, owed)
  // Decision: a trusted browser is let in with what was proven and no more, and the session says that
  // its second factor is owed. Cost: the first change of the account asks for it.
  const factors = spared
    ? [...passage.factors, { factor: TRUSTED, at: ground.clock() }]
    : passage.factors
  const issued =
    passage.transport === 'cookie'
      ? ground.sessions.issue(account, {
          factors,
          address: visit.request.address,
          device: visit.request.device,
        })
      : undefined
  const along = {
    events: [
      ground.entry({ ...passage.event, actorId: account.id, request: visit.request }),
      ...(issued === undefined
        ? []
        : [
            ground.entry({
              code: 'session.started',
              outcome: 'success',
              actorId: account.id,
              targetId: issued.record.id,
              request: visit.request,
            } as const),
          ]),
    ],
    ...(issued && { startSession: issued.record }),
  }
  let current = account
  for (let tried = 0; tried < TRIES; tried++) {
    const change = current === account ? (passage.change ?? {}) : {}
    const answer = await ground.stores.accounts.update(account.id, current.version, change, along)
    if (answer === 'done') {
      if (issued === undefined) return granted({ kind: 'proven', account, factors, cookies: [] })
      await ground.sessions.trim(account.id)
      const cookies = [issued.cookie]
      return granted({ kind: 'session', account, session: issued.record, cookies })
    }
    const fresh = await ground.stores.accounts.byId(account.id)
    if (fresh === undefined || !isStillGood(account, fresh)) break
    // A second factor that came meanwhile is owed by this sign-in too.
    if (owed.length === 0 && aalOf(factors) !== 'aal2') {
      const since = await ground.secondFactors(account.id)
      if (since.length > 0) return waitForFactor(ground, visit, passage, since)
    }
    current = fresh
  }
  return refused(refusals.overtaken satisfies Refusal)
}

/** Whether what was proven against `before` holds for the account as it is `now`. */
function isStillGood(before: Account, now: Account): boolean {
  return (
    now.passwordChangedAt === before.passwordChangedAt &&
    now.disabledAt === before.disabledAt &&
    now.role === before.role &&
    now.emailVerifiedAt === before.emailVerifiedAt
  )
}

async function waitForFactor(
  ground: Ground,
  visit: Visit,
  { account, factors, transport }: Passage,
  owed: readonly string[],
): Promise<Outcome<SignedIn>> {
  const { token, hash } = freshToken(ground, 'mfa-flow')
  const data: WaitingFlow = { factors, transport, passwordChangedAt: account.passwordChangedAt }
  await keepToken(
    ground,
    hash,
    {
      purpose: 'mfa-flow',
      accountId: account.id,
      data: JSON.stringify(data),
      expiresAt: ground.clock() + FLOW_MS,
      attemptsLeft: FLOW_ATTEMPTS,
    },
    { only: false },
    {
      events: [
        ground.entry({
          code: 'login.factor_asked',
          outcome: 'success',
          actorId: account.id,
          request: visit.request,
        }),
      ],
    },
  )
  const attributes = { sameSite: 'Strict', maxAgeSeconds: FLOW_MS / 1000 } as const
  const cookies = transport === 'cookie' ? [cookieText(FLOW_COOKIE, token, attributes)] : []
  return granted({ kind: 'factor', account, factors: owed, flow: token, cookies })
}
